from dataclasses import replace

import pandas as pd
import pytest

from tumourflow.measures.promotion import TASKS, judge_candidate
from tumourflow.measures.shared_patients import Judged

SEGMENTATION = TASKS["segmentation"]


def judged(hits: dict[str, int], trained: str = "", **marks) -> Judged:
    """Test patients of one slice with ten tumour pixels, of which some are hit; `trained` names training patients."""
    scores = pd.DataFrame({"patient": list(hits), "tp": list(hits.values()), "fp": 0, "split": "test"}).astype({"patient": str})
    scores = scores.assign(fn=10 - scores["tp"], slice=1, case_id=scores["patient"] + "/1")
    learned = pd.DataFrame({"patient": list(trained), "split": "train"}).astype({"patient": str})
    splits = pd.concat([scores[["patient", "split"]], learned], ignore_index=True)
    splits["case_id"] = splits["patient"] + "/1"
    cases = splits[["case_id", "patient"]].assign(group=splits["patient"], image="i", mask="m")
    return Judged(scores, cases, splits, **marks)


def test_a_better_model_is_promoted_with_its_figures() -> None:
    found = judge_candidate(SEGMENTATION, judged({"a": 10, "b": 10}), judged({"a": 5, "b": 0}))
    # 2 * 5 / (2 * 5 + 5) = 2/3 and 0 against 1 and 1: differences 1/3 and 1.
    assert (found["verdict"], found["promoted"], found["n"]) == ("better", True, 2)
    assert [found[name] for name in ("champion_value", "candidate_value", "difference", "low", "high")] == pytest.approx(
        [1 / 3, 1, 2 / 3, 1 / 3, 1]
    )
    assert found["reason"] == "the difference in volume_dice is +0.667 [+0.333, +1.000] on 2 shared test patients"


@pytest.mark.parametrize("hits", [{"a": 5, "b": 5}, {"a": 0, "b": 0}, {"a": 10, "b": 4}])
def test_an_equal_a_worse_and_a_doubtful_model_are_not(hits) -> None:
    found = judge_candidate(SEGMENTATION, judged(hits), judged({"a": 5, "b": 5}))
    assert (found["verdict"], found["promoted"]) == ("not better", False)
    assert "does not lie above 0" in found["reason"]


def test_the_first_model_is_promoted() -> None:
    assert judge_candidate(SEGMENTATION, judged({"a": 0}), None) == {
        "verdict": "first",
        "promoted": True,
        "reason": "there is no champion yet",
    }


@pytest.mark.parametrize("champion", [None, judged({"a": 0, "b": 0})])
def test_a_leaky_model_is_never_promoted(champion) -> None:
    found = judge_candidate(SEGMENTATION, judged({"a": 10, "b": 10}, leaky=True, protocol="slice"), champion)
    assert (found["verdict"], found["promoted"]) == ("leaky", False)
    assert "slice protocol" in found["reason"]


def test_nothing_is_held_against_a_leaky_champion() -> None:
    found = judge_candidate(SEGMENTATION, judged({"a": 10, "b": 10}), judged({"a": 0, "b": 0}, leaky=True, protocol="slice"))
    assert (found["verdict"], found["promoted"]) == ("not comparable", False)


def test_patients_that_the_other_trained_on_do_not_count() -> None:
    candidate = judged({"a": 10, "b": 10, "c": 10})
    champion = judged({"a": 5, "b": 5, "d": 5}, trained="c")
    found = judge_candidate(SEGMENTATION, candidate, champion)
    assert found["n"] == 2
    assert found["notes"] == ["The test patients differ (champion 3, candidate 3): compared on the 2 that all have tested."]


@pytest.mark.parametrize(("hits", "shared"), [({"a": 10, "x": 10}, 1), ({"x": 10, "y": 10}, 0)])
def test_fewer_than_two_shared_patients_decide_nothing(hits, shared) -> None:
    found = judge_candidate(SEGMENTATION, judged(hits), judged({"a": 0, "b": 0}))
    assert (found["verdict"], found["promoted"]) == ("not comparable", False)
    assert f"they share {shared} that count (the champion tested 2 and the candidate tested 2), fewer than 2" in found["reason"]


def grouped(run: Judged, groups: dict[str, str]) -> Judged:
    """The same run, which has these patients in these groups."""
    group = run.cases["patient"].map(lambda patient: groups.get(patient, patient))
    own = run.scores["patient"].map(lambda patient: groups.get(patient, patient))
    return replace(run, cases=run.cases.assign(group=group), scores=run.scores.assign(group=own))


def test_one_group_decides_nothing() -> None:
    family = dict.fromkeys("ab", "a")
    found = judge_candidate(SEGMENTATION, grouped(judged({"a": 10, "b": 10}), family), grouped(judged({"a": 0, "b": 0}), family))
    assert (found["verdict"], found["promoted"]) == ("not comparable", False)
    assert "they share 2 that count, all of one group (the champion tested 2" in found["reason"]
    assert found["reason"].endswith("fewer than 2 groups of patients")


def test_patients_that_one_of_both_has_joined_are_drawn_as_one() -> None:
    hits = {"a": 1, "b": 9, "c": 5}
    found = judge_candidate(SEGMENTATION, grouped(judged(hits), {"a": "ab", "b": "ab"}), judged(hits))
    assert [found[name] for name in ("difference", "low", "high")] == [0, 0, 0]
    assert (found["verdict"], found["n"], found["groups"]) == ("not better", 3, 2)
    assert "on 3 shared test patients in 2 groups" in found["reason"]


def test_classifiers_are_drawn_by_group() -> None:
    family, right, wrong = {"a": "ab", "b": "ab"}, classified(RIGHT), classified({**RIGHT, "1": "y"})
    found = judge_candidate(TASKS["classification"], grouped(right, family), grouped(wrong, family))
    # Of the group of three images one is wrong, of the other none; drawn by patient it would be one of two.
    assert (found["low"], found["high"], found["n"], found["groups"]) == (0, pytest.approx(1 / 3), 3, 2)


def classified(told: dict[str, str], labels: str = "xxyy", classes: str = "xy") -> Judged:
    """Images of patients a, a, b and c with a label each, and what a classifier says of them."""
    rows = pd.DataFrame({"case_id": list(told), "patient": list("aabc"), "split": "test", "label": list(labels)})
    for name in classes:
        rows[f"probability.{name}"] = [0.9 if said == name else 0.1 for said in told.values()]
    cases = rows[["case_id", "patient"]].assign(group=rows["patient"], image="i", mask="")
    return Judged(rows, cases, rows[["case_id", "patient", "split"]])


WRONG, RIGHT = dict(zip("1234", "yyxx", strict=True)), dict(zip("1234", "xxyy", strict=True))


def test_classifiers_are_compared_in_accuracy_by_patient() -> None:
    found = judge_candidate(TASKS["classification"], classified(RIGHT), classified(WRONG))
    assert (found["verdict"], found["champion_value"], found["candidate_value"], found["n"]) == ("better", 0, 1, 3)
    half = classified({**RIGHT, "1": "y", "3": "x"})
    assert judge_candidate(TASKS["classification"], half, classified(RIGHT))["difference"] == -0.5


@pytest.mark.parametrize("other", [classified(WRONG, labels="yyxx"), classified(WRONG, labels="    "), classified(WRONG, classes="xyz")])
def test_classifiers_that_answer_other_questions_are_not(other) -> None:
    assert judge_candidate(TASKS["classification"], classified(RIGHT), other)["verdict"] == "not comparable"


def test_a_classifier_of_other_classes_is_told_as_such() -> None:
    """As after another `classification.task`: both have tested the same patients, whom none would look for."""
    found = judge_candidate(TASKS["classification"], classified(RIGHT, classes="xyz"), classified(RIGHT))
    told = "it tells x, y, z apart and the champion x, y, so that their answers cannot be compared"
    assert found == {"verdict": "not comparable", "promoted": False, "reason": f"{told}: give it the alias by hand in MLflow to use it"}


def test_images_without_a_label_do_not_count() -> None:
    unlabelled = {"labels": ["x", None, "y", ""]}
    found = judge_candidate(TASKS["classification"], classified(RIGHT, **unlabelled), classified(WRONG, **unlabelled))
    assert found["n"] == 2


def test_types_are_judged_on_true_masks_one_row_a_case() -> None:
    rows = pd.DataFrame({"case_id": ["1", "1", "2"], "mask": ["true", "predicted", "none"], "split": "test"})
    assert TASKS["typing"].choose(rows).to_dict("records") == [{"case_id": "1", "split": "test"}]
    assert TASKS["classification"].choose(rows) is rows
