from dataclasses import replace

import numpy as np
import pytest

from tumourflow.measures.overlap import dice
from tumourflow.options import PredictionOptions
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.trials import list_candidates, try_candidates, try_on_validation


def test_candidates_vary_only_what_is_open() -> None:
    candidates = list_candidates(PredictionOptions(threshold=0.35, minimum_area=7, crf=True, fill_holes=False))
    assert {(each.threshold, each.minimum_area, each.crf, each.fill_holes) for each in candidates} == {(0.35, 7, True, False)}
    assert len({each.components for each in candidates}) == len(candidates) > 1


def test_the_default_is_among_the_candidates() -> None:
    assert PostProcessing() in list_candidates(PredictionOptions())


@pytest.mark.parametrize("together", [True, False])
def test_each_candidate_scores_what_its_masks_score(together) -> None:
    rng = np.random.default_rng(3)
    probabilities = [rng.random((12, 12)).astype(np.float32) ** 2 for _ in range(4)]
    truths = [rng.random((12, 12)) > 0.7, *(np.zeros((12, 12), bool) for _ in range(2)), rng.random((12, 12)) > 0.9]
    pictures = [rng.random((12, 12)).astype(np.float32) for _ in range(4)]
    candidates = list_candidates(PredictionOptions(components=0.2))[::3]
    trial = try_candidates(probabilities, truths, [1, 2, 4, 5], candidates, pictures, together=together)
    groups = [[0, 1, 2, 3]] if together else [[0], [1], [2], [3]]
    assert {(each.crf, each.fill_holes) for each in candidates} == {(False, False), (False, True), (True, False), (True, True)}
    for place, candidate in enumerate(candidates):
        parts = [
            ([probabilities[row] for row in group], [(1, 2, 4, 5)[row] for row in group], [pictures[row] for row in group])
            for group in groups
        ]
        masks = np.array([mask for part in parts for mask in candidate.apply(*part)])
        truth = np.array(truths)
        wanted = dice((masks & truth).sum(), (masks & ~truth).sum(), (~masks & truth).sum())
        assert trial.dice[place] == pytest.approx(float(wanted))
        assert trial.left_empty[place] == sum(not mask.any() for mask in masks[1:3])
    assert trial.empty == 2


def test_the_field_is_computed_once_for_all_candidates(monkeypatch) -> None:
    computed = []
    monkeypatch.setattr("tumourflow.prediction.crf.refine", lambda probability, _: computed.append(1) or probability)
    patient = [np.full((4, 4), 0.9, np.float32)] * 3
    try_candidates(patient, [np.ones((4, 4), bool)] * 3, [1, 2, 3], list_candidates(PredictionOptions()), patient)
    assert len(computed) == 3


def test_a_patient_without_tumour_has_no_dice() -> None:
    trial = try_candidates([np.zeros((2, 2), np.float32)], [np.zeros((2, 2), bool)], [1], [PostProcessing()])
    assert np.isnan(trial.dice).all()
    assert (trial.left_empty.tolist(), trial.empty) == ([1], 1)


def test_a_patient_without_empty_slices_has_none_left_empty() -> None:
    trial = try_candidates([np.ones((2, 2), np.float32)], [np.ones((2, 2), bool)], [1], [PostProcessing()])
    assert trial.dice.tolist() == [1.0]
    assert (trial.left_empty.tolist(), trial.empty) == ([0], 0)


def no_image(case_id):
    """Without the field no image is read."""
    raise AssertionError(case_id)


def test_images_are_read_for_the_field(probability, index, preparation) -> None:
    asked = []

    def read_image(case_id):
        asked.append(case_id)
        return np.zeros((20, 24, 3), np.uint8)

    try_on_validation(probability, index, preparation, lambda _: np.zeros((20, 24), bool), read_image, [PostProcessing(crf=True)])
    assert asked == index["case_id"][3:].tolist()


def test_only_validation_patients_are_looked_at(probability, index, preparation) -> None:
    asked = []

    def read_truth(case_id):
        asked.append(case_id)
        return np.zeros((20, 24), bool)

    trials = try_on_validation(probability, index, preparation, read_truth, no_image, [PostProcessing()])
    assert len(trials) == 3
    assert {case_id[0] for case_id in asked} == {"b", "c", "d"}


@pytest.mark.parametrize(("unit", "expected", "left_empty"), [("patient", 50 / 75, 1), ("slice", 50 / 76, 0)])
def test_each_patient_is_scored_on_its_own_slices_as_they_are_cut_in_the_end(
    probability, index, preparation, unit, expected, left_empty
) -> None:
    """Of 25 pixels in each of two slices the first are true; the speck of the third stays where images are looked at alone."""
    truths = {case_id: np.zeros((20, 24), bool) for case_id in index["case_id"]}
    for patient in "abcd":
        truths[f"{patient}/1"][6:11, 8:13] = True
    nothing_in_c = np.where((index["patient"] == "c").to_numpy()[:, None, None], 0, probability)
    way = replace(preparation, unit=unit)
    trials = try_on_validation(nothing_in_c, index, way, truths.get, no_image, [PostProcessing()])
    assert [trial.dice[0] for trial in trials] == pytest.approx([expected, 0, expected])
    assert [(trial.left_empty[0], trial.empty) for trial in trials] == [(left_empty, 2), (2, 2), (left_empty, 2)]


def test_patients_with_a_slice_without_mask_are_passed_over(probability, index, preparation) -> None:
    def read_truth(case_id):
        return None if case_id == "b/2" else np.zeros((20, 24), bool)

    assert len(try_on_validation(probability, index, preparation, read_truth, no_image, [PostProcessing()])) == 2


def test_of_a_patient_on_two_sides_only_the_validation_slices_count(probability, index, preparation) -> None:
    """As the slice protocol splits: patients a and b have one validation slice each, which is not their first."""
    asked = []

    def read_truth(case_id):
        asked.append(case_id)
        return np.zeros((20, 24), bool)

    split = ["validation" if case_id in ("a/2", "b/2") else "train" for case_id in index["case_id"]]
    trials = try_on_validation(probability, index.assign(split=split), preparation, read_truth, no_image, [PostProcessing()])
    assert asked == ["a/2", "b/2"]
    assert [trial.empty for trial in trials] == [1, 1]
