"""The choice of the post-processing on the validation patients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tumourflow.measures.intervals import as_json
from tumourflow.measures.overlap import divide
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.trials import Trial

DEFAULT = PostProcessing()
"""What is used unless the validation patients speak clearly against it."""

FEWEST_PATIENTS = 3
SPECIFICITY_WEIGHT = 0.1
NOISE = 0.005
CHANCE = 0.95
"""Only a lead that chance gives less often than once in twenty counts; with four patients that is 2.4 standard errors."""
RULE = (
    "Nearest to the default among the candidates whose volume Dice + 0.1 x empty-slice specificity is not behind the best by more than "
    "chance (one-sided 95 % of Student's t, paired by patient, at least 0.005); the default where there are fewer than 3 patients."
)

NOBODY = "The default, as far as nothing else is given: no validation patient is left to choose by, or none has a mask for each slice."

Floats = npt.NDArray[np.float64]


def choose_candidate(candidates: Sequence[PostProcessing], trials: Sequence[Trial]) -> dict[str, Any]:
    """Choose one candidate and keep the record of all.

    A handful of patients cannot tell neighbouring thresholds apart: the best of several hundred candidates is mostly luck. So the
    one nearest to the default is taken among those that are no worse than the best by more than chance.

    Args:
        candidates: What was tried.
        trials: Their scores, one trial a validation patient.

    Returns:
        What `PostProcessing` holds, as chosen; `split` (null without patients), `patients, rule`; `candidates`, each with the
        same values, `volume_dice`, `empty_slice_specificity` (null where undefined), and `within_noise`.

    Reference:
        Student 1908, doi:10.1093/biomet/6.1.1 (the probable error of a mean of few).
    """
    objectives = np.array([_objective(trial) for trial in trials]).reshape(len(trials), len(candidates))
    tied = _within_noise(objectives)
    # Equal distances are settled by the order of the candidates, which is fixed.
    chosen = min(np.flatnonzero(tied).tolist(), key=lambda place: _distance(candidates[place]))
    dice, specificity = _summarise(trials, len(candidates))
    return {
        **candidates[chosen].to_dict(),
        "split": "validation" if trials else None,
        "patients": len(trials),
        "rule": RULE if trials else NOBODY,
        "candidates": [
            {
                **candidate.to_dict(),
                "volume_dice": as_json(dice[place]),
                "empty_slice_specificity": as_json(specificity[place]),
                "within_noise": bool(tied[place]),
            }
            for place, candidate in enumerate(candidates)
        ],
    }


def _objective(trial: Trial) -> Floats:
    # A patient without tumour is judged by the slices left empty, one without empty slices has nothing to lose there.
    specificity = trial.left_empty / trial.empty if trial.empty else np.ones(len(trial.dice))
    return np.where(np.isnan(trial.dice), specificity, trial.dice) + SPECIFICITY_WEIGHT * specificity


def _within_noise(objectives: Floats) -> npt.NDArray[np.bool_]:
    from scipy.stats import t

    patients, candidates = objectives.shape
    if patients < FEWEST_PATIENTS:
        return np.ones(candidates, bool)
    best = int(objectives.mean(axis=0).argmax())
    behind = objectives[:, [best]] - objectives
    error = behind.std(axis=0, ddof=1) / np.sqrt(patients)
    chance = t.ppf(CHANCE, patients - 1) * error
    tied: npt.NDArray[np.bool_] = behind.mean(axis=0) <= np.maximum(chance, NOISE)
    return tied


def _distance(candidate: PostProcessing) -> float:
    # A step of the threshold weighs as much as one of the share, a hundred pixels, or something that is done besides.
    return (
        abs(candidate.threshold - DEFAULT.threshold) / 0.1
        + abs(candidate.components - DEFAULT.components) / 0.1
        + abs(candidate.minimum_area - DEFAULT.minimum_area) / 100
        + (candidate.fill_holes != DEFAULT.fill_holes)
        + (candidate.crf != DEFAULT.crf)
    )


def _summarise(trials: Sequence[Trial], candidates: int) -> tuple[Floats, Floats]:
    # Whether a patient has tumour does not depend on the candidate.
    dice = [trial.dice for trial in trials if not np.isnan(trial.dice).any()]
    left_empty = sum((trial.left_empty for trial in trials), np.zeros(candidates, np.int64))
    nothing = np.full(candidates, np.nan)
    return np.mean(dice, axis=0) if dice else nothing, divide(left_empty, sum(trial.empty for trial in trials))
