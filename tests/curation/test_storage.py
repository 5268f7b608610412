import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tumourflow.curation.cases import curate, tabulate_facts
from tumourflow.curation.integrity import inspect_case
from tumourflow.curation.storage import stream_pixels
from tumourflow.errors import UserError
from tumourflow.imaging.content import content_key
from tumourflow.options import CurationOptions, IngestionOptions


def tabulate(index) -> pd.DataFrame:
    facts = tabulate_facts(map(inspect_case, index.cases))
    return curate(index, facts, IngestionOptions(reader="paired"), CurationOptions(max_excluded_fraction=1)).cases


def test_each_content_comes_once_under_its_key(write_case, make_index, tissue, square):
    index = make_index(write_case("a", tissue, square), write_case("b", tissue + 1, square // 255), write_case("c", b"", square))
    cases = tabulate(index)
    stored = list(stream_pixels(index, cases, "synchronous"))
    assert sorted(key for key, _ in stored) == sorted({*cases["image"], *cases["mask"]})
    assert all(content_key(pixels) == key for key, pixels in stored)
    np.testing.assert_array_equal(dict(stored)[cases["mask"].iloc[0]], square)


def test_a_file_that_changed_after_its_inspection_stops_the_run(write_case, make_index, tmp_path, tissue, square):
    index = make_index(write_case("a", tissue, square))
    cases = tabulate(index)
    Image.fromarray(tissue + 1).save(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"a.png changed after it was inspected"):
        list(stream_pixels(index, cases, "synchronous"))
