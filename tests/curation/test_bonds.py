from dataclasses import replace
from pathlib import Path

import pytest

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.cohorts.persons import hash_person
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.curation.bonds import report_bonds, resolve_bonds
from tumourflow.curation.decisions import conceal_decisions, resolve_decisions
from tumourflow.errors import UserError
from tumourflow.imaging.dicom_person import Person


def case(case_id, patient, file, family=""):
    return Case(case_id, patient, "", 1, "", Path(file), (), lambda: None, family=family)


CASES = (
    case("1", "MR1", "1.mat", "MR1"),
    case("2", "MR1B", "2.mat", "MR1"),
    case("3", "anna", "volume.nii"),
    case("4", "anna", "volume.nii"),
    case("bert", "bert", "bert.png"),
)
INDEX = CohortIndex(Path("root"), CASES, strays=(Path("x.txt"),))


def resolve(**decisions):
    (bond,) = resolve_bonds(INDEX, decisions)
    return bond


def test_a_file_that_tells_a_person_is_meant_by_either_name_and_told_by_one():
    index = replace(INDEX, persons=hash_person(Person(names=("Bert",))))
    for name in ("bert.png", f"{make_pseudonym('bert')}.png"):
        (bond,) = resolve_bonds(index, conceal_decisions({name: "apart: looked at"}, index.persons))
        assert bond.cases == ["bert"]
        (bond,) = resolve_bonds(index, conceal_decisions({"MR1": f"with {name}: one person"}, index.persons))
        assert (bond.others, bond.evidence) == (["bert"], f"with {make_pseudonym('bert')}.png: one person")


def test_a_patient_leaves_a_family_and_an_image_its_copies():
    assert resolve(MR1B="apart: born in another year")[:5] == ("MR1B", ["2"], "", [], True)
    assert resolve(bert="apart: looked at")[:5] == ("bert", ["bert"], "", [], False)
    assert resolve(**{"volume.nii": "apart: looked at"})[:5] == ("volume.nii", ["3", "4"], "", [], False)


def test_two_patients_are_joined_as_one_person_and_two_images_as_images():
    assert resolve(bert="with anna: one person")[:5] == ("bert", ["bert"], "anna", ["3", "4"], True)
    assert resolve(**{"1": "with volume.nii: the same scan"})[:5] == ("1", ["1"], "volume.nii", ["3", "4"], False)


def test_where_the_layout_knows_no_patients_images_are_joined():
    index = CohortIndex(Path("root"), tuple(case(name, name, f"{name}.png") for name in "ab"), has_patients=False)
    assert not resolve_bonds(index, {"a": "with b: one lesion"})[0].patients


def test_a_name_that_a_patient_and_a_case_of_another_share_is_the_case():
    index = CohortIndex(Path("root"), (case("7", "8", "a.png"), case("9", "7", "b.png"), case("bert", "bert", "c.png")))
    (bond,) = resolve_bonds(index, {"7": "with bert: the same scan"})
    assert (bond.cases, bond.patients) == (["7"], False)


@pytest.mark.parametrize(
    "line", [{"bert": "with 3: the same scan"}, {"3": "with bert: the same scan"}, {"volume.nii": "with bert: the same"}]
)
def test_an_image_that_is_kept_apart_and_joined_is_a_sentence(line):
    with pytest.raises(UserError, match=r"keeps `3` apart from its copies, but joins `.*` with `.*`: remove one of the two lines"):
        resolve_bonds(INDEX, {"3": "apart: looked at"} | line) if "3" not in line else resolve_bonds(
            INDEX, {"volume.nii": "apart: x"} | line
        )


def test_the_only_one_of_a_family_cannot_leave_it():
    index = CohortIndex(Path("root"), (case("1", "MR9", "1.mat", "MR9"), case("2", "anna", "2.mat")))
    with pytest.raises(UserError, match="keeps `MR9` apart, but no rule joins it with another"):
        resolve_bonds(index, {"MR9": "apart: looked at"})


def test_a_patient_may_leave_one_family_for_another():
    bonds = resolve_bonds(INDEX, {"MR1B": "apart: another person than MR1", "bert": "with MR1B: one person"})
    assert [bond.other for bond in bonds] == ["", "MR1B"]


def test_each_decision_has_a_row_with_the_words_of_the_person():
    bonds = resolve_bonds(INDEX, {"MR1B": "apart: born  in\nanother year", "volume.nii": "with bert: one scan", "1": "kept: seen"})
    rows = list(report_bonds({case.case_id: case for case in CASES}, bonds))
    assert rows == [
        ("MR1B", (Path("2.mat"),), "decision", "apart: born in another year", "kept"),
        ("3", (Path("volume.nii"),), "decision", "with bert: one scan", "grouped"),
    ]


def test_other_decisions_are_left_to_others():
    assert resolve_bonds(INDEX, {"1": "kept: seen", "x.txt": "excluded: notes"}) == []
    decisions = resolve_decisions(INDEX, {"anna": "with bert: one person", "MR1": "apart: seen", "1": "kept: seen"})
    assert (list(decisions.cases), decisions.files) == (["1"], {})


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("MR1C", "apart: seen", r"names `MR1C`, which is neither a patient nor a case of this cohort. Did you mean `MR1B?`\?"),
        ("anna", "with zzzz: seen", "names `zzzz`, which is neither .* Take a `patient` or a `case_id` from the table of cases"),
        ("x.txt", "apart: seen", "names `x.txt`, which is neither a patient nor a case"),
        ("anna", "apart: seen", "keeps `anna` apart, but no rule joins it with another: remove the line, or name"),
        ("anna", "with 4: seen", "joins `anna` with `4`, but both are of patient anna: remove the line"),
    ],
)
def test_what_is_not_there_is_a_sentence(name, text, sentence):
    with pytest.raises(UserError, match=sentence):
        resolve(**{name: text})
