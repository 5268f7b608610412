from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tumourflow.curation.bonds import Bond
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import curate
from tumourflow.curation.glance import glance_at_case
from tumourflow.curation.integrity import inspect_case
from tumourflow.curation.kinship import join_families, require_copies, separate
from tumourflow.curation.leakage import inspect_leakage
from tumourflow.curation.splits import split_three_ways
from tumourflow.errors import UserError
from tumourflow.options import CurationOptions, IngestionOptions, SplittingOptions

OPTIONS = IngestionOptions(reader="paired", near_black=0)


@pytest.fixture
def index(write_case, make_index, square):
    """Six patients of one image: `c` and `d` are one picture, `b` is like `a`, `e` and `eb` are a family of ids."""
    noise = np.random.default_rng(0).integers(0, 200, (4, 64, 64), dtype=np.uint8)
    mask = np.kron(square, np.ones((8, 8), np.uint8))
    images = {"a": noise[0], "b": noise[0] // 2 + 20, "c": noise[1], "d": noise[1], "e": noise[2], "eb": noise[3]}
    cases = [replace(write_case(name, image, mask), family="e" if name[0] == "e" else "") for name, image in images.items()]
    return make_index(*cases)


def run(index, look=inspect_case, **decisions):
    names = {name.replace("_", "/"): text for name, text in decisions.items()}
    options = CurationOptions(max_excluded_fraction=1, decisions=names)
    return curate(index, tabulate_facts(map(look, index.cases)), OPTIONS, options)


def groups(curated):
    return dict(zip(curated.cases["patient"], curated.cases["group"], strict=True))


def families(curated):
    return dict(zip(curated.cases["patient"], curated.cases["family"], strict=True))


def rows(curated):
    return curated.ledger[["case_id", "finding", "action", "evidence"]].to_numpy().tolist()


ALONE = {name: name for name in ("a", "b", "c", "d", "e", "eb")}


def test_rules_alone_join_copies_and_families(index):
    curated = run(index)
    assert groups(curated) == ALONE | {"d": "c", "eb": "e"}
    assert families(curated) == ALONE | {"eb": "e"}
    assert not curated.cases["apart"].any()


@pytest.mark.parametrize("name", ["e", "eb"])
def test_a_patient_is_kept_apart_from_a_family(index, name):
    """Also the one after whom the family is named."""
    curated = run(index, **{name: "apart: another person"})
    assert groups(curated) == ALONE | {"d": "c"}
    assert families(curated) == ALONE
    assert "id_family" not in set(curated.ledger["finding"])
    assert [name, "decision", "kept", "apart: another person"] in rows(curated)


def test_those_who_stay_are_a_family_still(index):
    third = replace(index.cases[0], case_id="ec/a", patient="ec", family="e")
    curated = run(replace(index, cases=(*index.cases[1:], third)), e="apart: another person")
    assert (families(curated)["e"], families(curated)["eb"], families(curated)["ec"]) == ("e", "eb", "eb")
    assert ["eb", "id_family", "grouped", "eb, ec: 2 images"] in rows(curated)
    curated = run(replace(index, cases=(*index.cases[1:], third)), eb="apart: another person")
    assert (families(curated)["e"], families(curated)["eb"], families(curated)["ec"]) == ("e", "eb", "e")


@pytest.mark.parametrize("name", ["c", "d"])
def test_an_image_is_kept_apart_from_its_copy(index, name):
    curated = run(index, **{f"{name}_{name}": "apart: one phantom, scanned twice"})
    assert groups(curated) == ALONE | {"eb": "e"}
    assert curated.cases.set_index("patient")["apart"].to_dict() == dict.fromkeys(ALONE, False) | {name: True}
    assert [row[:3] for row in rows(curated) if row[1] == "exact_duplicate"] == [
        ["c/c", "exact_duplicate", "kept"],
        ["d/d", "exact_duplicate", "kept"],
    ]


def test_of_three_copies_two_stay_together(index):
    third = replace(index.cases[2], case_id="f/c", patient="f")
    curated = run(replace(index, cases=(*index.cases, third)), d_d="apart: looked at")
    assert (groups(curated)["c"], groups(curated)["d"], groups(curated)["f"]) == ("c", "d", "c")
    assert [row[2] for row in rows(curated) if row[1] == "exact_duplicate"] == ["grouped", "grouped", "kept"]


def test_without_patients_a_near_copy_is_kept_apart(index):
    pictures = replace(index, has_patients=False)
    assert groups(run(pictures))["b"] == "a"
    curated = run(pictures, b_b="apart: another lesion")
    assert groups(curated)["b"] == "b"
    assert {row[2] for row in rows(curated) if row[1] == "near_duplicate"} == {"kept"}


def test_two_patients_are_joined_as_one_person(index):
    curated = run(index, d="with a: one person under two names")
    assert groups(curated) == ALONE | {"c": "a", "d": "a", "eb": "e"}, "with the one who has the same picture"
    assert families(curated) == ALONE | {"d": "a", "eb": "e"}
    assert ["d", "decision", "grouped", "with a: one person under two names"] in rows(curated)
    assert "d" not in {row[0] for row in rows(curated) if row[1] == "id_family"}


def test_two_pairs_of_patients_are_two_families():
    cases = pd.DataFrame({"case_id": ["1", "2", "3", "4"], "family": ["a", "b", "c", "d"]})
    pairs = pd.DataFrame({"first": ["1", "4"], "second": ["2", "3"]})
    assert join_families(cases, pairs).tolist() == ["a", "a", "c", "c"]


def test_a_reported_near_copy_is_joined(index):
    curated = run(index, b_b="with a/a: one scan, stored twice")
    assert groups(curated) == ALONE | {"b": "a", "d": "c", "eb": "e"}
    assert families(curated) == ALONE | {"eb": "e"}
    assert [row[:3] for row in rows(curated) if row[0] in ("a/a", "b/b")] == [
        ["a/a", "near_duplicate", "grouped"],
        ["b/b", "decision", "grouped"],
        ["b/b", "near_duplicate", "grouped"],
    ]


def test_who_is_apart_and_joined_anew_stays_in_the_new_family(index):
    curated = run(index, eb="apart: another person", a="with eb: one person")
    assert families(curated) == ALONE | {"eb": "a"}
    assert groups(curated) == ALONE | {"d": "c", "eb": "a"}


def test_an_image_without_copy_cannot_be_kept_apart(index):
    with pytest.raises(UserError, match="keeps `e/e` apart, but no rule joins it with another: remove the line"):
        run(index, e_e="apart: looked at")


def test_an_image_that_has_the_name_of_another_patient_takes_nobody_out_of_a_family():
    facts = pd.DataFrame({"case_id": ["e", "1", "2"], "patient": ["x", "e", "eb"], "family": ["x", "e", "e"]})
    parted = separate(facts, [Bond("e", ["e"], "", [], False, "apart: looked at")])
    assert (parted["family"].tolist(), parted["apart"].tolist()) == (["x", "e", "e"], [True, False, False])


def test_where_of_some_only_headers_were_read_nobody_knows_whether_there_is_a_copy():
    bond, nothing = Bond("e", ["e"], "", [], False, "apart: looked at"), pd.DataFrame({"first": [], "second": []})
    require_copies([bond], nothing, pd.DataFrame({"image_key": ["1", ""]}))
    with pytest.raises(UserError, match="keeps `e` apart, but no rule joins it"):
        require_copies([bond], nothing, pd.DataFrame({"image_key": ["1", "2"]}))


def test_where_only_headers_were_read_copies_are_not_asked_for(index):
    assert len(run(index, lambda case: glance_at_case(case, index.root), d_d="apart: looked at").cases) == 6


def test_who_was_left_out_cannot_be_joined(index):
    with pytest.raises(UserError, match="joins `a` with `b`, but no image of `b` is left: mend its files"):
        run(index, a="with b: one person", b_b="excluded: blurred")


def test_splits_and_the_gate_follow_decisions(index):
    def sides(curated, seed):
        splits = split_three_ways(curated.cases, SplittingOptions(), seed)
        return inspect_leakage(splits, curated.cases), splits.set_index("patient")["split"]

    apart = run(index, d_d="apart: looked at", eb="apart: another person")
    joined = run(index, a="with b: one person")
    torn = 0
    for seed in range(10):
        report, split = sides(apart, seed)
        torn += split["c"] != split["d"]
        assert (report["verdict"], report["images_apart"]) == ("no leak", 1)
        report, split = sides(joined, seed)
        assert split["a"] == split["b"]
        assert split["c"] == split["d"]
    assert torn


def test_the_gate_refuses_to_tear_what_people_joined(index):
    cases = run(index, a="with b: one person", e_e="with d/d: one scan").cases
    splits = pd.DataFrame({"case_id": cases["case_id"], "split": ["train", "test", "train", "train", "validation", "validation"]})
    with pytest.raises(UserError, match=r"Leak: 1 family, 1 duplicate group would stand on two sides"):
        inspect_leakage(splits, cases)
