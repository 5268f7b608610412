"""On whom two or more runs can be compared: patients that all have tested, and that none has trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from tumourflow.errors import UserError
from tumourflow.measures.groups import join_groups

TEST = "test"


@dataclass(frozen=True)
class Judged:
    """A run, with what it was judged by.

    Attributes:
        scores: Table of `case_scores`.
        cases: Table of cases, with `case_id, patient, group, image, mask`; image and mask are hashes of pixels.
        splits: Table of `case_id, patient, split`.
        protocol: How patients were split.
        leaky: Whether the split leaks.
    """

    scores: pd.DataFrame
    cases: pd.DataFrame
    splits: pd.DataFrame
    protocol: str = "patient"
    leaky: bool = False


@dataclass(frozen=True)
class Shared:
    """What several runs have tested alike.

    Attributes:
        scores: Of each run, the rows of the shared slices, in the same order; `patient` and `group` are the same in all: what one of the
            runs has joined is one patient, and is drawn as one.
        tested: How many patients each run tested.
        changed: Shared slices left out because their image or mask is another one in one of the runs.
        trained: Shared patients left out because another run trained on them, or on a relative of theirs.
    """

    scores: dict[str, pd.DataFrame]
    tested: dict[str, int]
    changed: int
    trained: int

    @property
    def patients(self) -> int:
        """Number of shared patients."""
        return int(next(iter(self.scores.values()))["patient"].nunique())

    @property
    def slices(self) -> int:
        """Number of shared slices."""
        return len(next(iter(self.scores.values())))

    def notes(self) -> list[str]:
        """Say in sentences what was left out, and why."""
        notes = []
        if any(number != self.patients for number in self.tested.values()):
            tested = ", ".join(f"{name} {number}" for name, number in self.tested.items())
            notes.append(f"The test patients differ ({tested}): compared on the {self.patients} that all have tested.")
        if self.trained:
            notes.append(
                f"{self.trained} of the shared test patients are left out: another run trained on them or on a relative of theirs."
            )
        if self.changed:
            notes.append(f"{self.changed} of the shared slices are left out: their image or mask is not the same in all runs.")
        return notes


def share_test_slices(runs: Mapping[str, Judged]) -> Shared:
    """Find the slices that all runs have tested, with the same image and the same truth.

    A patient is left out where a run whose split does not leak has trained on it, or on one of its group as another run's cases have it:
    the gate of a run looks at its own patients and groups alone, and may have taken slices for patients. Of a leaky run that cannot be
    asked; what it is compared in is leaky.

    Args:
        runs: By name.

    Returns:
        The rows of each run; none at all where nothing is shared.
    """
    tested = {name: _tested_slices(run) for name, run in runs.items()}
    first, *others = tested.values()
    common = first.index[first.index.isin(set(first.index).intersection(*(each.index for each in others)))]
    same = pd.Series(True, index=common)
    for each in others:
        same &= (each.loc[common, ["image", "mask"]] == first.loc[common, ["image", "mask"]]).all(axis=1)
    known = pd.Series(common.isin(_learned_cases(runs)), index=common)
    kept = common[same & ~known]
    groups = join_groups([run.cases for run in runs.values()]).reindex(kept).to_numpy(str)
    # One mean over patients is over those of the other, too.
    joined = join_groups([run.cases[["case_id"]].assign(group=run.cases["patient"]) for run in runs.values()]).reindex(kept)
    patients = first.loc[kept, "patient"].groupby(joined).transform("first").to_numpy(str)
    scores = {name: each.loc[kept].assign(group=groups, patient=patients).reset_index() for name, each in tested.items()}
    numbers = {name: int(each["patient"].nunique()) for name, each in tested.items()}
    return Shared(scores, numbers, int((~same & ~known).sum()), int(first.loc[common, "patient"][known].nunique()))


def require_shared(shared: Shared) -> Shared:
    """Refuse runs that have no test patient in common.

    Raises:
        UserError: Saying how many each has tested.
    """
    if not shared.patients:
        tested = ", ".join(f"{name} tested {number}" for name, number in shared.tested.items())
        msg = f"The runs have no test patient in common on whom they could be compared ({tested}): name runs of the same split."
        raise UserError(msg)
    return shared


def _tested_slices(run: Judged) -> pd.DataFrame:
    rows = run.scores[run.scores["split"] == TEST]
    # A case without a mask has the same truth in all runs: none.
    content = run.cases[["case_id", "image", "mask"]].fillna({"mask": ""})
    return rows.merge(content, on="case_id", validate="one_to_one").set_index("case_id")


def _learned_cases(runs: Mapping[str, Judged]) -> set[str]:
    learned: set[str] = set()
    for learner in runs.values():
        if learner.leaky:
            continue
        own = learner.splits[learner.splits["split"] != TEST]
        for judge in runs.values():
            akin = judge.cases["patient"].isin(set(own["patient"])) | judge.cases["case_id"].isin(set(own["case_id"]))
            learned |= set(judge.cases.loc[judge.cases["group"].isin(set(judge.cases.loc[akin, "group"])), "case_id"])
    return learned
