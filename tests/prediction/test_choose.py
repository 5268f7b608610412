import json

import numpy as np

from tumourflow.prediction.choose import choose_candidate
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.prediction.trials import Trial

LOW, DEFAULT, HIGH = PostProcessing(threshold=0.3), PostProcessing(), PostProcessing(threshold=0.7)
CANDIDATES = [LOW, DEFAULT, HIGH]


def trials(dice, left_empty=None):
    """One trial of ten empty slices a row; columns are the candidates low, default, high."""
    left_empty = left_empty or [[10] * 3 for _ in dice]
    return [Trial(np.array(a, float), np.array(b), 10) for a, b in zip(dice, left_empty, strict=True)]


def chosen(*arguments):
    return PostProcessing.from_dict(choose_candidate(CANDIDATES, trials(*arguments)))


def test_a_candidate_that_is_better_for_everyone_is_chosen() -> None:
    assert chosen([[0.5, 0.6, 0.8], [0.4, 0.5, 0.72], [0.6, 0.7, 0.9], [0.5, 0.6, 0.81]]) == HIGH


def test_a_gain_within_noise_leaves_the_default() -> None:
    # The high threshold is better by .02 on average, with differences from -.08 to .12.
    assert chosen([[0, 0.7, 0.82], [0, 0.7, 0.62], [0, 0.7, 0.8], [0, 0.7, 0.64]]) == DEFAULT


def test_a_gain_too_small_to_matter_leaves_the_default() -> None:
    assert chosen([[0, 0.7, 0.703]] * 5) == DEFAULT


def test_a_lead_counts_from_where_students_t_says() -> None:
    """Leads of .1 - x, .1 and .1 + x: mean .1, standard error x / sqrt(3), t of two degrees of freedom 2.920, so that x may be .0593."""
    for spread, better in ((0.058, HIGH), (0.061, DEFAULT)):
        assert chosen([[0, 0.5, 0.6 - spread], [0, 0.5, 0.6], [0, 0.5, 0.6 + spread]]) == better


def test_too_few_patients_leave_the_default() -> None:
    assert chosen([[0.1, 0.1, 0.9]] * 2) == DEFAULT
    assert chosen([]) == DEFAULT


def test_specificity_decides_between_equal_dice() -> None:
    assert chosen([[0.7] * 3] * 4, [[2, 5, 9]] * 4) == HIGH


def test_patients_without_tumour_are_judged_by_what_stays_empty() -> None:
    nothing = [[np.nan] * 3] * 4
    assert chosen(nothing, [[0, 0, 10]] * 4) == HIGH


def test_where_the_default_is_no_candidate_the_nearest_is_taken() -> None:
    candidates = [PostProcessing(0.3, 0.0, 0), PostProcessing(0.3, 0.3, 0), PostProcessing(0.3, 0.3, 400)]
    record = choose_candidate(candidates, trials([[0.7] * 3] * 4))
    assert PostProcessing.from_dict(record) == candidates[1]


def test_a_step_of_the_threshold_is_as_far_as_a_hundred_pixels() -> None:
    step, near, far = PostProcessing(threshold=0.3), PostProcessing(minimum_area=50), PostProcessing(minimum_area=200)
    for pair, nearest in (([step, near], near), ([far, step], step)):
        record = choose_candidate(pair, [Trial(np.array([0.7, 0.7]), np.array([10, 10]), 10)] * 4)
        assert PostProcessing.from_dict(record) == nearest


def test_the_record_names_patients_and_the_scores_of_all_candidates() -> None:
    record = choose_candidate(
        CANDIDATES, trials([[0.4, 0.6, 0.5], [0.6, 0.8, 0.5], [np.nan] * 3], [[10, 1, 10], [10, 10, 10], [10, 10, 10]])
    )
    assert (record["split"], record["patients"]) == ("validation", 3)
    assert [each["volume_dice"] for each in record["candidates"]] == [0.5, 0.7, 0.5]
    assert [each["empty_slice_specificity"] for each in record["candidates"]] == [1, 0.7, 1]
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_without_patients_the_record_says_so() -> None:
    record = choose_candidate(CANDIDATES, [])
    assert record["patients"] == 0
    assert {each["volume_dice"] for each in record["candidates"]} == {None}


def test_the_field_and_holes_are_used_only_where_they_clearly_help() -> None:
    candidates = [PostProcessing(), PostProcessing(fill_holes=True), PostProcessing(crf=True)]
    tied = choose_candidate(candidates, trials([[0.7, 0.7, 0.703]] * 4))
    better = choose_candidate(candidates, trials([[0.7, 0.7, 0.8]] * 4))
    assert [PostProcessing.from_dict(record) for record in (tied, better)] == [candidates[0], candidates[2]]
    assert {"fill_holes", "crf"} <= set(better["candidates"][0])
