"""Whether a new model may take the place of the one in use: only where it is better on patients whom neither has trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.measures.class_units import probability_columns, told_classes
from tumourflow.measures.effects import compare_sums, sum_measure
from tumourflow.measures.intervals import PatientSums
from tumourflow.measures.mask_costs import TRUE
from tumourflow.measures.shared_patients import Judged, share_test_slices
from tumourflow.measures.summary import drawn_together, sum_by_patient

FEWEST = 2
"""Groups of patients below which nothing is compared: one alone gives an interval without width."""

Compare = Callable[[pd.DataFrame, pd.DataFrame], dict[str, Any]]


@dataclass(frozen=True)
class Task:
    """What decides between two models of a kind.

    Attributes:
        scores: Dataset of what a run's test cases have got, one row a case: `case_id, patient, split` and more.
        measure: Name of the measure.
        compare: Takes the rows of champion and candidate on the same cases, in the same order; gives `without` (the champion's figure),
            `with` (the candidate's), `difference`, `low`, `high`, see `compare_sums`, `n`, the number of patients that count, and
            `groups`, the number of groups that these are drawn in; and `unlike`, a reason, where both were not asked the same.
        masks: Kind of masks whose rows count, where the scores tell kinds apart.
    """

    scores: str
    measure: str
    compare: Compare
    masks: str | None = None

    def choose(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Keep the rows that count, at most one a test case."""
        return scores if self.masks is None else scores[scores["mask"] == self.masks].drop(columns="mask")


def _compare_volume_dice(champion: pd.DataFrame, candidate: pd.DataFrame) -> dict[str, Any]:
    before, after = (sum_measure(scores, "volume_dice") for scores in (champion, candidate))
    return compare_sums(before, after) | {"groups": _count_groups(before)}


def _compare_accuracy(champion: pd.DataFrame, candidate: pd.DataFrame) -> dict[str, Any]:
    # Two classifiers are alike only where they were asked the same question.
    there, here = (", ".join(told_classes(each)) for each in (champion, candidate))
    if there != here:
        told = f"it tells {here} apart and the champion {there}, so that their answers cannot be compared"
        return {"n": 0, "groups": 0, "unlike": f"{told}: give it the alias by hand in MLflow to use it"}
    asked = champion["label"].fillna("").to_numpy(str) == candidate["label"].fillna("").to_numpy(str)
    asked &= (champion["label"].fillna("") != "").to_numpy()
    before, after = _hits(champion[asked]), _hits(candidate[asked])
    return compare_sums(before, after) | {"n": int(champion.loc[asked, "patient"].nunique()), "groups": _count_groups(before)}


def _count_groups(sums: PatientSums) -> int:
    return int((sums.denominators > 0).sum())


def _hits(scores: pd.DataFrame) -> PatientSums:
    classes = told_classes(scores)
    told = np.array(classes)[scores[probability_columns(classes)].to_numpy(float).argmax(axis=1)]
    return sum_by_patient((told == scores["label"].to_numpy(str)).astype(float), drawn_together(scores))


TASKS = {
    "segmentation": Task("case_scores", "volume_dice", _compare_volume_dice),
    "classification": Task("class_scores", "accuracy", _compare_accuracy),
    # Predicted masks are of other networks in each run: only on true ones are two models asked the same.
    "typing": Task("radiomics_scores", "accuracy", _compare_accuracy, masks=TRUE),
}
"""What is promoted: models `<cohort>-<task>`."""


def judge_candidate(task: Task, candidate: Judged, champion: Judged | None) -> dict[str, Any]:
    """Decide whether a model takes the place of the champion.

    Args:
        task: What decides.
        candidate: How the new model was judged.
        champion: How the one in use was judged, nothing where there is none.

    Returns:
        `verdict`: `first` or `better`, which promote; `leaky`, `not comparable` or `not better`, which do not; `reason`, a sentence; and
        where both were compared `measure, champion_value, candidate_value, difference, low, high, n, groups`, `n` in patients and
        `groups` in what is drawn of them.
    """
    if candidate.leaky:
        return _tell("leaky", f"its split leaks ({candidate.protocol} protocol), so that nobody knows how good it is")
    if champion is None:
        return _tell("first", "there is no champion yet")
    if champion.leaky:
        return _tell(
            "not comparable", f"the champion's split leaks ({champion.protocol} protocol): take the alias away from it in MLflow first"
        )
    shared = share_test_slices({"champion": champion, "candidate": candidate})
    nothing: dict[str, Any] = {"n": 0, "groups": 0}
    found = task.compare(shared.scores["champion"], shared.scores["candidate"]) if shared.patients else nothing
    if "unlike" in found:
        return _tell("not comparable", found["unlike"])
    if found["groups"] < FEWEST:
        tested = " and ".join(f"the {name} tested {number}" for name, number in shared.tested.items())
        count = f"{found['n']} that count" + (", all of one group" if found["n"] > found["groups"] else "")
        return _tell("not comparable", f"of their test patients they share {count} ({tested}), fewer than {FEWEST} groups of patients")
    figures = {"champion_value": found.pop("without"), "candidate_value": found.pop("with"), **found}
    interval = "{difference:+.3f} [{low:+.3f}, {high:+.3f}]".format(**found)
    told = f"the difference in {task.measure} is {interval} on {found['n']} shared test patients"
    told += f" in {found['groups']} groups" if found["groups"] < found["n"] else ""
    better = found["low"] > 0
    reason = told if better else f"{told}, an interval that does not lie above 0"
    return _tell("better" if better else "not better", reason) | {"measure": task.measure, **figures, "notes": shared.notes()}


def _tell(verdict: str, reason: str) -> dict[str, Any]:
    return {"verdict": verdict, "promoted": verdict in ("first", "better"), "reason": reason}
