import pytest

from tumourflow.curation.families import name_families


def test_ids_that_differ_by_a_last_letter_are_a_family():
    ids = ["MR040240", "MR040240B", "MR040240C", "MR1C", "MR1E", "MR7B", "100360", "100361"]
    assert name_families(ids) == {"MR040240": "MR040240", "MR040240B": "MR040240", "MR040240C": "MR040240", "MR1C": "MR1", "MR1E": "MR1"}


def test_ids_that_differ_by_capitals_are_a_family():
    assert name_families(["Anna", "anna", "mr1b", "MR1"]) == {"Anna": "Anna", "anna": "Anna", "MR1": "MR1", "mr1b": "MR1"}
    assert name_families(["MR1B", "mr1"]) == {"mr1": "mr1", "MR1B": "mr1"}
    assert name_families(["Stra\u00dfe", "STRASSE"]).keys() == {"Stra\u00dfe", "STRASSE"}


def test_ids_that_differ_by_the_name_of_a_sequence_are_a_family():
    """Volumes of one person lie in one folder as anna_t1 and anna_flair, or are cohorts of their own."""
    assert name_families(["anna_T1", "anna_flair", "bert-t1ce", "carl_t2"]) == {"anna_T1": "anna", "anna_flair": "anna"}
    assert name_families(["BraTS-GLI-00001-000-t1n", "BraTS-GLI-00001-000-t2f", "BraTS-GLI-00002-000-t1n"]).keys() == {
        "BraTS-GLI-00001-000-t1n",
        "BraTS-GLI-00001-000-t2f",
    }
    assert name_families(["MR7B_t1", "MR7_t2"]) == {"MR7B_t1": "MR7", "MR7_t2": "MR7"}
    assert name_families(["anna t1", "anna.t2", "anna-pd", "anna_swi"]).keys() == {"anna t1", "anna.t2", "anna-pd", "anna_swi"}


@pytest.mark.parametrize("sequence", ["t1", "t1w", "t1n", "t1c", "t1ce", "t1gd", "t2", "t2w", "t2f", "flair", "pd", "dwi", "adc", "swi"])
def test_these_are_names_of_sequences(sequence):
    assert name_families([f"anna_{sequence}", "anna"]) == {"anna": "anna", f"anna_{sequence}": "anna"}


def test_an_id_may_hold_the_end_of_a_line():
    assert name_families(["an\nna1C", "an\nna1B"]) == {"an\nna1C": "an\nna1", "an\nna1B": "an\nna1"}
    assert name_families(["an\nna_t1", "an\nna_t2"]) == {"an\nna_t1": "an\nna", "an\nna_t2": "an\nna"}


@pytest.mark.parametrize(
    "ids",
    [
        ["t1", "t2"],
        ["a_t1", "b_t1"],
        ["a_t1", "a_t12"],
        ["flair", "_flair"],
        ["_t1", "_t2"],
        ["a1", "a1"],
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
    assert name_families(["MR1", "\uff2d\uff32\uff11"]).keys() == {"MR1", "\uff2d\uff32\uff11"}, "letters of full width"
