import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.errors import UserError
from tumourflow.measures.comparison import (
    COLUMNS,
    compare_shared,
    compared_runs,
    judge,
    tabulate_comparison,
)
from tumourflow.measures.disagreement import rank_patients, rank_slices
from tumourflow.measures.run_names import differing_settings, label_runs
from tumourflow.measures.shared_patients import Judged, require_shared, share_test_slices


def judged(rows, splits=(), groups=None, images=None, protocol="patient", leaky=False) -> Judged:
    """Rows of patient, slice, tp, fp, fn on the test side; further patients by their split."""
    scores = pd.DataFrame(rows, columns=["patient", "slice", "tp", "fp", "fn"]).assign(split="test")
    scores["case_id"] = scores["patient"] + "/" + scores["slice"].astype(str)
    scores["group"] = scores["patient"].replace(groups or {})
    others = pd.DataFrame(list(splits), columns=["patient", "split"])
    others["case_id"] = others["patient"] + "/99"
    table = pd.concat([scores[["case_id", "patient", "split"]], others], ignore_index=True)
    cases = table[["case_id", "patient"]].assign(mask="m" + table["case_id"])
    cases["image"] = [(images or {}).get(case_id, case_id) for case_id in cases["case_id"]]
    cases["group"] = cases["patient"].map(lambda patient: (groups or {}).get(patient, patient))
    return Judged(scores, cases, table, protocol, leaky)


ONE = [("a", 1, 1, 1, 1), ("a", 2, 0, 0, 0), ("b", 1, 1, 1, 1), ("b", 2, 0, 4, 0)]
TWO = [("a", 1, 2, 0, 0), ("a", 2, 0, 0, 0), ("b", 1, 1, 1, 1), ("b", 2, 0, 0, 0)]


def compare(**runs) -> dict:
    return compare_shared(require_shared(share_test_slices(runs)), runs)


def test_figures_and_differences_by_hand() -> None:
    """Patient a: 2/4 then 4/4; patient b: 2 / (2 + 5 + 1) then 2/4; of two empty slices one is a false alarm, then none."""
    found = compare(one=judged(ONE), two=judged(TWO))
    assert compared_runs(found) == ["one", "two"]
    assert found["one"]["volume_dice"]["value"] == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert {name: found["one"]["volume_dice"][name] for name in ("n", "unit", "small_n")} == {"n": 2, "unit": "patient", "small_n": True}
    assert found["two"]["empty_slice_specificity"]["value"] == 1
    assert list(found["differences"]) == ["two"]
    difference = found["differences"]["two"]["volume_dice"]
    # Resamples hold a twice, both, or b twice.
    assert [difference[name] for name in ("difference", "low", "high")] == pytest.approx([3 / 8, 1 / 4, 1 / 2])
    assert (difference["n"], difference["unit"], difference["verdict"]) == (2, "patient", "better")
    assert found["shared"] == {"patients": 2, "slices": 4, "tested": {"one": 2, "two": 2}}
    assert found["notes"] == []
    assert found["leaky"] is False
    json.dumps(found)


def test_where_runs_differ_most_by_hand() -> None:
    shared = share_test_slices({"one": judged(ONE), "two": judged(TWO)})
    assert rank_patients(shared)[["patient", "one", "two", "spread"]].values.tolist() == [["a", 0.5, 1, 0.5], ["b", 0.25, 0.5, 0.25]]
    slices = rank_slices(shared)
    # b/2: four wrong pixels against none; a/1: two against none; the others do not differ.
    assert slices["case_id"].tolist() == ["b/2", "a/1", "a/2", "b/1"]
    assert slices["spread"].tolist() == [4, 2, 0, 0]
    assert slices.loc[0, ["one", "two", "tumour_pixels"]].tolist() == [0, 1, 0]


def test_only_patients_that_all_tested_are_compared() -> None:
    found = compare(one=judged(ONE), two=judged([*TWO[:2], ("c", 1, 5, 0, 0)]))
    assert found["shared"] == {"patients": 1, "slices": 2, "tested": {"one": 2, "two": 2}}
    assert found["two"]["volume_dice"]["value"] == 1
    assert found["notes"] == ["The test patients differ (one 2, two 2): compared on the 1 that all have tested."]


def test_runs_without_a_common_test_patient_are_refused() -> None:
    with pytest.raises(UserError, match=r"no test patient in common .*\(one tested 2, two tested 1\)"):
        compare(one=judged(ONE), two=judged([("c", 1, 5, 0, 0)]))


def test_a_patient_whose_relative_another_run_trained_on_is_left_out() -> None:
    relatives = {"a": "family", "x": "family"}
    one, two = judged(ONE, groups=relatives), judged(TWO, splits=[("x", "train")])
    assert share_test_slices({"one": one, "two": two}).patients == 2, "one has never heard of x"
    knowing = judged(ONE, splits=[("x", "test")], groups=relatives)
    shared = share_test_slices({"one": knowing, "two": two})
    assert shared.scores["one"]["patient"].unique().tolist() == ["b"]
    assert shared.trained == 1
    assert any("trained on them or on a relative" in note for note in shared.notes())


def test_a_patient_whose_slices_another_run_knew_as_patients_of_their_own_is_left_out() -> None:
    """As after a wrong `case_pattern`: that run's gate let neighbours of trained slices be tested, and its figures are too good."""
    right = judged(ONE)
    wrong = judged(ONE[1:], [("a", "train")])
    # The one slice that it trained on is the first; each slice has a name of its own there.
    frames = {}
    for name in ("scores", "cases", "splits"):
        table = getattr(wrong, name).replace({"case_id": {"a/99": "a/1"}})
        names = table["case_id"].str.replace("/", "_")
        frames[name] = table.assign(patient=names, **({"group": names} if "group" in table else {}))
    shared = share_test_slices({"wrong": Judged(**frames), "right": right})
    for rows in shared.scores.values():
        assert rows["case_id"].tolist() == ["b/1", "b/2"]
        assert rows["patient"].nunique() == 1, "a mean over patients is over the same ones in both"
    assert shared.trained == 1


def test_a_leaky_run_makes_the_comparison_leaky_and_leaves_patients_in() -> None:
    leaks = judged(TWO, splits=[("a", "train")], protocol="slice", leaky=True)
    found = compare(one=judged(ONE), two=leaks)
    assert (found["leaky"], found["protocol"]) == (True, "slice")
    assert found["shared"]["patients"] == 2
    assert "The split of two leaks (slice protocol)." in found["notes"]
    assert tabulate_comparison(found)["leaky"].all()


def test_a_slice_with_another_image_is_left_out() -> None:
    shared = share_test_slices({"one": judged(ONE), "two": judged(TWO, images={"b/2": "retouched"})})
    assert shared.scores["two"]["case_id"].tolist() == ["a/1", "a/2", "b/1"]
    assert shared.changed == 1
    assert shared.notes() == ["1 of the shared slices are left out: their image or mask is not the same in all runs."]


def test_cases_without_a_mask_are_the_same_in_all_runs() -> None:
    one, two = judged(ONE), judged(TWO)
    for run in (one, two):
        run.cases["mask"] = None
    assert share_test_slices({"one": one, "two": two}).slices == 4


def test_rows_are_matched_by_case_not_by_place() -> None:
    shuffled = compare(one=judged(ONE), two=judged(TWO[::-1]))
    assert shuffled == compare(one=judged(ONE), two=judged(TWO))


def test_patients_that_one_of_the_runs_has_joined_are_drawn_as_one_in_all() -> None:
    rows = [(patient, 1, hits, 0, 9 - hits) for patient, hits in zip("abcd", (9, 5, 2, 0), strict=True)]
    apart = judged(rows)
    joined = judged(rows, groups={"a": "ab", "b": "ab"})
    found = compare(one=apart, two=joined)
    assert found["one"] == found["two"] == compare(one=joined, two=joined)["one"]
    assert found["differences"]["two"]["volume_dice"]["difference"] == 0


def test_groups_that_overlap_are_one_whatever_their_names() -> None:
    rows = [(patient, 1, hits, 0, 9 - hits) for patient, hits in zip("abcd", (9, 5, 2, 0), strict=True)]
    one = judged(rows, groups={"a": "1", "b": "1", "c": "2", "d": "3"})
    two = judged(rows, groups={"a": "3", "b": "2", "c": "2", "d": "1"})
    found = compare(one=one, two=two)
    difference = found["differences"]["two"]["volume_dice"]
    assert [difference[name] for name in ("difference", "low", "high")] == [0, 0, 0]
    assert share_test_slices({"one": one, "two": two}).scores["one"]["group"].tolist() == ["a/1", "a/1", "a/1", "d/1"]


def test_the_table_has_a_row_for_each_measure_and_run() -> None:
    table = tabulate_comparison(compare(one=judged(ONE), two=judged(TWO), three=judged(ONE)))
    assert table.columns.tolist() == COLUMNS
    assert len(table) == 9
    assert table.loc[table["run"] == "one", ["against", "difference"]].isna().all(axis=None)
    nil = table[(table["run"] == "three") & (table["measure"] == "volume_dice")].iloc[0]
    assert (nil["difference"], nil["verdict"], nil["against"]) == (0, "not told apart", "one")


def test_what_is_nowhere_defined_is_null() -> None:
    healthy = [("a", 1, 0, 1, 0)]
    found = compare(one=judged(healthy), two=judged(healthy))
    assert found["one"]["volume_dice"]["value"] is None
    assert found["differences"]["two"]["volume_dice"]["verdict"] == "not measured"
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(("low", "high", "told"), [(0.1, 0.2, "better"), (-0.2, -0.1, "worse"), (0, 0.2, "not told apart")])
def test_better_is_said_only_where_the_interval_leaves_nil_out(low, high, told) -> None:
    assert judge({"low": low, "high": high}) == told


def test_labels_are_distinct_and_no_key_of_the_comparison() -> None:
    assert label_runs([("notes", "123456789"), ("unet", "987654321")]) == ["notes-123456", "unet-987654"]
    assert label_runs([("", "123456789"), ("unet", "987654321")]) == ["123456", "unet-987654"]


def test_settings_tell_what_only_one_has() -> None:
    assert differing_settings({"a": {"seed": "0"}, "b": {}}) == {"a": {"seed": "0"}, "b": {"seed": "-"}}


def test_settings_leave_out_what_other_commands_read() -> None:
    assert differing_settings({"a": {"runs": "[]", "prune.delete": "True"}, "b": {}}) == {"a": {}, "b": {}}


COUNTS = st.tuples(st.sampled_from("abc"), st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))


@settings(max_examples=10, deadline=None)
@given(st.lists(COUNTS, min_size=1, max_size=8), st.data())
def test_swapping_two_runs_turns_the_difference_round(rows, data) -> None:
    truth = [(patient, place, tp, fp, fn) for place, (patient, tp, fp, fn) in enumerate(rows)]
    # The truth stays, the prediction does not.
    hits = [data.draw(st.integers(0, tp + fn)) for _, _, tp, _, fn in truth]
    other = [(patient, place, hit, fp + 1, tp + fn - hit) for (patient, place, tp, fp, fn), hit in zip(truth, hits, strict=True)]
    one, two = judged(truth), judged(other)
    there, back = compare(one=one, two=two), compare(two=two, one=one)
    for measure, found in there["differences"]["two"].items():
        turned = back["differences"]["one"][measure]
        pairs = [("difference", "difference"), ("low", "high"), ("high", "low")]
        for name, counterpart in pairs:
            assert (found[name] is None) == (turned[counterpart] is None)
            if found[name] is not None:
                assert np.isclose(found[name], -turned[counterpart], atol=1e-12)
