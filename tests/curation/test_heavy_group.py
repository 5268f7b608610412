import pandas as pd
import pytest

from tumourflow.curation.heavy_group import tell_heavy_group


def tell(groups: str) -> str | None:
    """One image a letter, each of a patient called as its group; the first group is tested."""
    cases = pd.DataFrame({"case_id": map(str, range(len(groups))), "patient": list(groups), "group": list(groups)})
    return tell_heavy_group(cases, cases.assign(split=["test" if group == groups[0] else "train" for group in groups]))


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ("aaabcdefg", "a holds 3 of 9 images. All of these are in test, which has 3: shares count groups."),
        ("aabcdefg", None),
        ("aaaaabc", None),
    ],
    ids=["a third", "less", "three groups"],
)
def test_a_group_with_a_third_of_all_images_is_told(groups, told) -> None:
    assert tell(groups) == told
