from dataclasses import replace
from pathlib import Path

import pytest

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.curation.names import judge_names, refuse_names, show_name
from tumourflow.errors import UserError

CASE = Case("anna", "anna", "", 0, "", Path("anna.png"), (), lambda: None)


@pytest.mark.parametrize("name", ["a\nb", "a\x00b", "a\x7fb", "a..b", "../b", "a\udcffb", "a\u2028b"])
def test_names_unfit_for_files_are_told(name):
    assert judge_names(replace(CASE, case_id=name)).startswith("a name holds")
    assert judge_names(replace(CASE, patient=name)).startswith("a name holds")
    assert judge_names(replace(CASE, image=Path(f"{name}.png"))).startswith("a name holds")
    assert judge_names(replace(CASE, masks=(Path(f"{name}.png"),))).startswith("a name holds")


@pytest.mark.parametrize("name", ["benign (4)", "Zoë", "患者", "shot 3.04\u202fpm", "a.b", "x y"])
def test_unusual_names_are_fit(name):
    assert judge_names(replace(CASE, case_id=name)) == ""
    assert show_name(name) == name


def test_cases_with_unfit_names_are_rejected_with_their_files(tmp_path):
    odd = replace(CASE, case_id="b", image=Path("b.png"), further=(Path("b\n.png"),), masks=(Path("b_mask.png"),))
    index = refuse_names(CohortIndex(tmp_path, (CASE, odd)))
    assert index.cases == (CASE,)
    assert [(rejected.file, rejected.finding) for rejected in index.rejected] == [
        (Path("b.png"), "unsafe_name"),
        (Path("b\n.png"), "unsafe_name"),
        (Path("b_mask.png"), "unsafe_name"),
    ]


def test_a_cohort_of_nothing_but_unfit_names_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"No case of .* has a usable name"):
        refuse_names(CohortIndex(tmp_path, (replace(CASE, image=Path("b\n.png")),)))


def test_two_names_are_never_written_alike():
    assert show_name("a\nb\\n") == "a\\nb\\\\n"
    assert "\n" not in show_name("a\nb")
    show_name("a\udcffb").encode()
