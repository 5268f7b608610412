import pytest

from tumourflow.curation.families import name_families


def test_ids_that_differ_by_a_last_letter_are_a_family():
    ids = ["MR040240", "MR040240B", "MR040240C", "MR1C", "MR1E", "MR7B", "100360", "100361"]
    assert name_families(ids) == {"MR040240": "MR040240", "MR040240B": "MR040240", "MR040240C": "MR040240", "MR1C": "MR1", "MR1E": "MR1"}


def test_ids_that_differ_by_capitals_are_a_family():
    assert name_families(["Anna", "anna", "mr1b", "MR1"]) == {"Anna": "Anna", "anna": "Anna", "MR1": "MR1", "mr1b": "MR1"}


def test_ids_that_differ_by_the_name_of_a_sequence_are_a_family():
    """Volumes of one person lie in one folder as anna_t1 and anna_flair, or are cohorts of their own."""
    assert name_families(["anna_T1", "anna_flair", "bert-t1ce", "carl_t2"]) == {"anna_T1": "anna", "anna_flair": "anna"}
    assert name_families(["BraTS-GLI-00001-000-t1n", "BraTS-GLI-00001-000-t2f", "BraTS-GLI-00002-000-t1n"]).keys() == {
        "BraTS-GLI-00001-000-t1n",
        "BraTS-GLI-00001-000-t2f",
    }
    assert name_families(["MR7B_t1", "MR7_t2"]) == {"MR7B_t1": "MR7", "MR7_t2": "MR7"}


@pytest.mark.parametrize(
    "ids",
    [
        ["t1", "t2"],
        ["a_t1", "b_t1"],
        ["a_t1", "a_t12"],
        ["flair", "_flair"],
        ["ann", "anna"],
        ["a1", "a11"],
        ["a1", "a1bc"],
        ["a1", "a1-"],
        [],
    ],
)
def test_ids_that_differ_by_more_are_none(ids):
    assert name_families(ids) == {}


def test_ids_that_differ_by_blanks_or_the_form_of_letters_are_a_family():
    assert set(name_families(["Jos\u00e9 1", "Jose\u0301  1", "Jos\u00e9\u00a01B", "Jose 1"])) == {
        "Jos\u00e9 1",
        "Jose\u0301  1",
        "Jos\u00e9\u00a01B",
    }
