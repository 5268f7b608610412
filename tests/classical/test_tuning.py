from dataclasses import replace

import numpy as np
import pytest

from tumourflow.classical import tuning
from tumourflow.classical.field import Sight
from tumourflow.classical.registry import COMPONENTS, METHODS
from tumourflow.classical.tuning import find_polarity, judge_recipes, score_recipes, tune_methods
from tumourflow.classical.volume import Recipe, Volume, segment_volume

SIGHT = Sight(polarity=1, smoothing=0, rim=0)


def dice(found: list[np.ndarray], truth: list[np.ndarray]) -> float:
    hit = sum((one & other).sum() for one, other in zip(found, truth, strict=True))
    return 2 * hit / sum(one.sum() + other.sum() for one, other in zip(found, truth, strict=True))


@pytest.fixture
def volume(head, tumour) -> Volume:
    """Three slices: tumour, tumour and a bright speck elsewhere, nothing."""
    speck = head.copy()
    speck[40:43, 20:23] = 200
    calm = np.where(tumour, 100, head).astype(np.float32)
    return Volume([head, speck, calm], [tumour, tumour, tumour & False], [1, 2, 3], together=True)


@pytest.fixture
def dark(volume, tumour) -> Volume:
    return Volume([np.where(lead > 0, 300 - lead, 0).astype(np.float32) for lead in volume.leads], volume.masks, [1, 2, 3], together=True)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("recipe", [Recipe("fixed_threshold", SIGHT, {"level": 2}), Recipe("otsu", SIGHT, {})])
def test_a_judged_share_of_components_is_that_of_the_masks_themselves(volume, recipe, together):
    volume = replace(volume, together=together)
    scores = judge_recipes(volume, [recipe])[0]
    for share, score in zip(COMPONENTS, scores, strict=True):
        found = segment_volume(volume, Recipe(recipe.method, recipe.sight, recipe.setting, share))
        assert score == pytest.approx(dice(found, volume.masks))


def test_small_components_are_removed_over_the_whole_volume(volume):
    recipe = Recipe("fixed_threshold", SIGHT, {"level": 2})
    all_kept = segment_volume(volume, recipe)
    cleaned = segment_volume(volume, Recipe("fixed_threshold", SIGHT, {"level": 2}, components=0.2))
    assert all_kept[1][41, 21]
    assert not cleaned[1][41, 21]
    assert cleaned[1][24, 44]


def test_holes_are_filled(head, tumour):
    hollow = head.copy()
    hollow[23:26, 43:46] = 100
    found = segment_volume(Volume([hollow], [tumour], [1], together=True), Recipe("fixed_threshold", SIGHT, {"level": 2}))
    assert found[0][24, 44]


def test_a_patient_without_tumour_takes_no_part(volume):
    healthy = Volume(volume.leads, [mask & False for mask in volume.masks], volume.slices, together=True)
    recipe = Recipe("fixed_threshold", SIGHT, {"level": 2})
    assert np.isnan(judge_recipes(healthy, [recipe])).all()
    alone, both = (score_recipes(volumes, [recipe], "synchronous") for volumes in ([volume], [volume, healthy]))
    assert alone == both
    assert all(np.isnan(trial.dice) for trial in score_recipes([healthy], [recipe], "synchronous"))
    assert all(np.isnan(trial.dice) for trial in score_recipes([], [recipe], "synchronous"))


def test_polarity_is_that_of_the_median_patient(volume, dark):
    assert find_polarity([volume, dark, volume], "synchronous") == 1
    assert find_polarity([volume, dark, dark], "synchronous") == -1
    assert find_polarity([], "synchronous") == 1


def test_every_method_is_tuned_and_only_the_tolerance_sees_validation_patients(dark, monkeypatch):
    monkeypatch.setattr(tuning, "list_sights", lambda polarity: [Sight(polarity, 0.005, 0), Sight(polarity, 0.015, 0.06)])
    asked = []
    # A slice without tumour is parted all the same by some.
    dark = Volume(dark.leads[:2], dark.masks[:2], [1, 2], together=True)

    def validation() -> list[Volume]:
        asked.append("validation")
        return [dark]

    tuned = tune_methods(lambda: [dark], validation, "synchronous")
    assert list(tuned) == list(METHODS)
    assert asked == ["validation"]
    for name, chosen in tuned.items():
        assert chosen.recipe.sight.polarity == -1
        assert (chosen.validation is not None) == (name == "region_growing")
        assert chosen.train > 0.8, name
        assert dice(segment_volume(dark, chosen.recipe), dark.masks) == pytest.approx(chosen.train)
        assert Recipe.from_dict(name, chosen.to_dict()) == chosen.recipe


def test_validation_patients_choose_the_tolerance_and_nothing_else(volume, tumour, monkeypatch):
    """The tumour of the validation patient shades off, so that it takes a wider tolerance than that of the training patient."""
    monkeypatch.setattr(tuning, "METHODS", {"region_growing": METHODS["region_growing"]})
    monkeypatch.setattr(tuning, "list_sights", lambda polarity: [Sight(polarity, 0, 0), Sight(polarity, 0, 0.03)])
    rows = np.mgrid[:64, :64][0]
    shaded = np.where(tumour, 260 - 12 * np.abs(rows - 24), volume.leads[0]).astype(np.float32)
    judge = Volume([shaded], [tumour], [1], together=True)
    alone = tune_methods(lambda: [volume], list, "synchronous")["region_growing"]
    judged = tune_methods(lambda: [volume], lambda: [judge], "synchronous")["region_growing"]
    assert alone.validation is None
    by_tolerance = {
        value: dice(
            segment_volume(judge, Recipe("region_growing", judged.recipe.sight, {**judged.recipe.setting, "tolerance": value})), [tumour]
        )
        for value in METHODS["region_growing"].grid["tolerance"]
    }
    assert by_tolerance[judged.recipe.setting["tolerance"]] == max(by_tolerance.values()) == pytest.approx(judged.validation)
    assert by_tolerance[alone.recipe.setting["tolerance"]] < judged.validation
