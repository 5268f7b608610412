"""The choice of every method's parameters, by volume Dice on patients that are not for testing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tumourflow.classical.field import measure_contrast, see_volume
from tumourflow.classical.registry import COMPONENTS, METHODS, list_sights
from tumourflow.classical.volume import Recipe, Volume, segment_fields
from tumourflow.imaging.parallel import map_parallel
from tumourflow.measures.intervals import as_json
from tumourflow.measures.overlap import divide, tumour_dice
from tumourflow.types import Mask

ReadVolumes = Callable[[], Iterable[Volume]]
"""Reads patients, one at a time, anew at each call."""
Dice = npt.NDArray[np.float64]
"""Volume Dice of each patient (row) under each recipe (column)."""


class Trial(NamedTuple):
    """A recipe and how well it did.

    Attributes:
        recipe: Method and parameters.
        dice: Mean volume Dice over patients, at the network's resolution; NaN where no patient has a tumour.
    """

    recipe: Recipe
    dice: float


@dataclass(frozen=True)
class Tuned:
    """What was chosen for a method.

    Attributes:
        recipe: Method and parameters.
        train: Its mean volume Dice on the training patients that were looked at, at the network's resolution.
        validation: That on the validation patients, where they chose a parameter.
        tried: Number of recipes that were compared.
    """

    recipe: Recipe
    train: float
    validation: float | None
    tried: int

    def to_dict(self) -> dict[str, Any]:
        """Describe it in values that JSON knows."""
        scores = {"train_volume_dice": as_json(self.train), "validation_volume_dice": self.validation, "tried": self.tried}
        return {**self.recipe.to_dict(), **scores}


def tune_methods(train: ReadVolumes, validation: ReadVolumes, scheduler: str) -> dict[str, Tuned]:
    """Choose the parameters of every method.

    Polarity is that of the median training patient. Under a middling sight each method's own parameters are searched, and then, with
    these, the sight. All of that is done on training patients. A parameter that is to be validated takes the best of the rest along for
    each of its values, and validation patients choose among those.

    Args:
        train: Reads training patients.
        validation: Reads validation patients; there may be none.
        scheduler: Where the work runs.

    Returns:
        What was chosen, by the name of the method.
    """
    middling, *others = list_sights(find_polarity(train(), scheduler))
    own = [Recipe(name, middling, setting) for name, method in METHODS.items() for setting in method.settings()]
    trials = score_recipes(train(), own, scheduler)
    leaders = [trial.recipe for name in METHODS for trial in _lead(name, trials)]
    trials += score_recipes(train(), [replace(leader, sight=sight) for leader in leaders for sight in others], scheduler)
    return {name: _choose(name, trials, validation, scheduler) for name in METHODS}


def find_polarity(volumes: Iterable[Volume], scheduler: str) -> int:
    """Tell whether tumours are brighter (1) or darker (-1) than other tissue, in the median patient; 1 where nobody can tell."""
    contrasts = [contrast for contrast in map_parallel(_measure, volumes, scheduler) if not np.isnan(contrast)]
    return -1 if contrasts and float(np.median(contrasts)) < 0 else 1


def score_recipes(volumes: Iterable[Volume], recipes: Sequence[Recipe], scheduler: str) -> list[Trial]:
    """Score recipes over patients, each with every share of components.

    Args:
        volumes: Patients.
        recipes: Methods and parameters.
        scheduler: Where the work runs.

    Returns:
        A trial for each recipe and share.
    """
    dice = np.array(list(map_parallel(partial(judge_recipes, recipes=recipes), volumes, scheduler)))
    dice = dice.reshape(-1, len(recipes) * len(COMPONENTS))
    counted = ~np.isnan(dice)
    means = divide(np.nansum(dice, axis=0), counted.sum(axis=0))
    tried = [replace(recipe, components=share) for recipe in recipes for share in COMPONENTS]
    return [Trial(recipe, float(mean)) for recipe, mean in zip(tried, means, strict=True)]


def judge_recipes(volume: Volume, recipes: Sequence[Recipe]) -> Dice:
    """Give a patient's volume Dice under each recipe and share of components.

    Args:
        volume: The patient.
        recipes: Methods and parameters; each sight is looked through once.

    Returns:
        Shape `(recipes, shares)`; NaN where the patient has no tumour.
    """
    fields = {sight: see_volume(volume.leads, sight, together=volume.together) for sight in {recipe.sight for recipe in recipes}}
    scores = [_judge_shares(segment_fields(fields[recipe.sight], recipe), volume) for recipe in recipes]
    return np.array(scores).reshape(len(recipes), len(COMPONENTS))


def _measure(volume: Volume) -> float:
    return measure_contrast(volume.leads, volume.masks, together=volume.together)


def _judge_shares(masks: Sequence[Mask], volume: Volume) -> Dice:
    places = [slice(None)] if volume.together else [slice(place, place + 1) for place in range(len(masks))]
    counts = [_count_shares(masks[part], volume.masks[part], volume.slices[part]) for part in places]
    tp, predicted = np.sum(counts, axis=0)
    truth = sum(int(np.count_nonzero(tumour)) for tumour in volume.masks)
    return tumour_dice(tp, predicted - tp, truth - tp)


def _count_shares(masks: Sequence[Mask], tumours: Sequence[Mask], slices: Sequence[int]) -> npt.NDArray[np.int64]:
    from tumourflow.prediction.components import component_areas, keep_components, label_volume

    labels = label_volume(masks, slices)
    areas = component_areas(labels)
    # How much of each component is tumour: every share follows from that without another look at the slices.
    hits = np.zeros(len(areas) + 1, np.int64)
    for each, tumour in zip(labels, tumours, strict=True):
        hits += np.bincount(each[tumour], minlength=len(hits))
    kept = np.array([keep_components(areas, share, minimum_area=0) for share in COMPONENTS])
    return np.array([kept @ hits[1:], kept @ areas])


def _choose(name: str, trials: Sequence[Trial], validation: ReadVolumes, scheduler: str) -> Tuned:
    tried, leaders = sum(trial.recipe.method == name for trial in trials), _lead(name, trials)
    if METHODS[name].validated:
        wanted = [leader.recipe for leader in leaders]
        judged = [trial for trial in score_recipes(validation(), wanted, scheduler) if trial.recipe in wanted and not np.isnan(trial.dice)]
        if judged:
            best = _best(judged)
            train = next(leader.dice for leader in leaders if leader.recipe == best.recipe)
            return Tuned(best.recipe, train, best.dice, tried)
    return Tuned(*_best(leaders), None, tried)


def _lead(name: str, trials: Sequence[Trial]) -> list[Trial]:
    # The best recipe of a method, or the best for each value of the parameter that is to be validated.
    validated, of_method = METHODS[name].validated, [trial for trial in trials if trial.recipe.method == name]
    if validated is None:
        return [_best(of_method)]
    values = METHODS[name].grid[validated]
    return [_best([trial for trial in of_method if trial.recipe.setting[validated] == value]) for value in values]


def _best(trials: Sequence[Trial]) -> Trial:
    # Of equal ones the first, so that the order of the grids decides.
    return max(trials, key=lambda trial: np.nan_to_num(trial.dice, nan=-1.0))
