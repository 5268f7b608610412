from dataclasses import replace
from pathlib import Path

import pytest

from tumourflow.cohorts.case import Case, CohortIndex, Rejected
from tumourflow.cohorts.persons import hash_person
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.curation.decisions import Decision, Decisions, conceal_decisions, overrule, report_decisions, resolve_decisions
from tumourflow.curation.findings import Finding, report_case
from tumourflow.errors import UserError
from tumourflow.imaging.dicom_person import Person

ANNA = Case("anna/1", "anna", "", 1, "", Path("anna_1.png"), (Path("anna_1_mask.png"),), lambda: None, further=(Path("anna_1_t1.png"),))
BERT = Case("bert/1", "bert", "", 1, "", Path("volume.nii"), (), lambda: None)
SECOND = Case("bert/2", "bert", "", 2, "", Path("volume.nii"), (), lambda: None)
INDEX = CohortIndex(Path("root"), (ANNA, BERT, SECOND), strays=(Path("x.txt"),), rejected=(Rejected(Path("1.mat"), "undecodable", "x"),))


def list_cases(decisions: Decisions, action: str) -> set[str]:
    return {case_id for case_id, decision in decisions.cases.items() if decision.action == action}


def test_a_case_is_named_by_its_id_or_by_any_of_its_files():
    for name in ("anna/1", "anna_1.png", "anna_1_t1.png", "anna_1_mask.png"):
        assert list_cases(resolve_decisions(INDEX, {name: "excluded: blurred"}), "excluded") == {"anna/1"}


def test_a_file_of_several_cases_stands_for_all_of_them():
    assert list_cases(resolve_decisions(INDEX, {"volume.nii": "kept: seen"}), "kept") == {"bert/1", "bert/2"}


def test_a_file_that_tells_a_person_is_named_as_it_is_or_as_the_ledger_calls_it(caplog):
    index = replace(INDEX, persons=hash_person(Person(names=("Anna",))))
    for name in ("anna_1.png", f"{make_pseudonym('anna_1')}.png"):
        written = conceal_decisions({name: "excluded: as anna_1_t1.png is, or Anna"}, index.persons)
        decisions = resolve_decisions(index, written)
        assert list_cases(decisions, "excluded") == {"anna/1"}
        assert decisions.cases["anna/1"].reason == f"as {make_pseudonym('anna_1_t1')}.png is, or {make_pseudonym('Anna')}"
    assert caplog.text.count("names that tell a patient") == 1
    assert "anna" not in caplog.text.lower()
    with pytest.raises(UserError, match=rf"Did you mean `{make_pseudonym('anna_1_mask')}\.png`\?"):
        resolve_decisions(index, {f"{make_pseudonym('anna_1_mask')}.pn": "excluded: blurred"})
    decisions = resolve_decisions(index, conceal_decisions({"anna_1.png": "kept: seen"}, index.persons))
    with pytest.raises(UserError, match=rf"keeps `{make_pseudonym('anna_1')}\.png`, but no later room can use it"):
        overrule(
            [Finding("", (Path("anna_1.png"),), "empty", "0 bytes", "excluded")],
            replace(decisions, files={Path("anna_1.png"): Decision("kept", "seen")}),
        )


def test_a_patient_stands_for_all_its_cases():
    assert list_cases(resolve_decisions(INDEX, {"bert": "excluded: withdrew consent"}), "excluded") == {"bert/1", "bert/2"}
    with pytest.raises(UserError, match="both keeps and excludes the case bert/2"):
        resolve_decisions(INDEX, {"bert": "excluded: withdrew consent", "bert/2": "kept: seen"})


def test_a_case_goes_before_a_patient_of_its_name():
    index = CohortIndex(Path("root"), (Case("bert", "anna", "", 1, "", Path("a.png"), (), lambda: None), BERT))
    assert list_cases(resolve_decisions(index, {"bert": "kept: seen"}), "kept") == {"bert"}


def test_an_unknown_case_is_a_sentence_with_the_nearest():
    with pytest.raises(UserError, match=r"names `anna/2`, which is neither a case, a patient nor a file .* Did you mean `anna/1`\?"):
        resolve_decisions(INDEX, {"anna/2": "kept: seen"})
    with pytest.raises(UserError, match=r"names `zzzzzz`, .* from the ledger or the table of cases"):
        resolve_decisions(INDEX, {"zzzzzz": "kept: seen"})


def test_contradicting_decisions_are_a_sentence():
    with pytest.raises(UserError, match="both keeps and excludes the case anna/1"):
        resolve_decisions(INDEX, {"anna/1": "kept: seen", "anna_1.png": "excluded: blurred"})


def test_an_exclusion_takes_the_place_of_the_rules_own():
    decisions = resolve_decisions(INDEX, {"anna/1": "excluded: blurred", "x.txt": "excluded: notes"})
    found = [report_case(ANNA, "constant", "all pixels are 0"), Finding("", (Path("x.txt"),), "stray", "x", "excluded")]
    assert overrule(found, decisions) == []
    rows = list(report_decisions({case.case_id: case for case in INDEX.cases}, decisions))
    assert rows[0] == Finding("anna/1", ANNA.files, "decision", "blurred", "excluded")
    assert rows[1] == Finding("", (Path("x.txt"),), "decision", "notes", "excluded")


def test_a_case_brought_back_keeps_the_rules_row_as_kept():
    decisions = resolve_decisions(INDEX, {"anna/1": "kept: seen"})
    assert overrule([report_case(ANNA, "constant", "all pixels are 0")], decisions) == [
        Finding("anna/1", (ANNA.image,), "constant", "all pixels are 0", "kept")
    ]


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("anna/1", report_case(ANNA, "undecodable", "truncated")),
        ("x.txt", Finding("", (Path("x.txt"),), "stray", "truncated", "excluded")),
        ("1.mat", Finding("", (Path("1.mat"),), "label_out_of_range", "truncated", "excluded")),
    ],
)
def test_what_has_no_pixels_cannot_be_brought_back(name, finding):
    with pytest.raises(UserError, match=rf"keeps `{name}`, but no later room can use it: {finding.finding} \(truncated\)"):
        overrule([finding], resolve_decisions(INDEX, {name: "kept: seen"}))
