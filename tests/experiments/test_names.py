from pathlib import Path

import pandas as pd

from tumourflow.experiments.names import name_member
from tumourflow.options import TrainingOptions

INDEX = pd.DataFrame({"case_id": ["a/1"], "split": ["train"]})


def test_a_member_is_named_by_the_content_of_its_weights_wherever_they_lie(tmp_path: Path) -> None:
    """What is fetched lies in another folder each time, and at one address there may be another network tomorrow."""
    names = []
    for folder, content in (("a", b"one"), ("b", b"one"), ("b", b"two")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "segmenter.keras").write_bytes(content)
        options = TrainingOptions(weights=str(tmp_path / folder / "segmenter.keras"))
        names.append(name_member(INDEX, options, 7))
    assert names[0] == names[1] != names[2]
