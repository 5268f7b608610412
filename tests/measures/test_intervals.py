import numpy as np
import pytest

from tumourflow.measures.intervals import PatientSums, as_json, bootstrap_median, bootstrap_ratio, paired_difference
from tumourflow.measures.resampling import draw_weights


def means(values: np.ndarray) -> PatientSums:
    return PatientSums(values, np.ones(len(values)))


def test_interval_of_a_mean_agrees_with_theory() -> None:
    values = np.random.default_rng(1).normal(0.8, 0.1, 400)
    interval = bootstrap_ratio(means(values))
    half = 1.96 * values.std() / np.sqrt(400)
    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_same_patients_give_the_same_interval_to_the_last_bit() -> None:
    values = np.random.default_rng(2).random(30)
    assert bootstrap_ratio(means(values)) == bootstrap_ratio(means(values.copy()))


def test_interval_narrows_with_more_patients() -> None:
    values = np.random.default_rng(3).random(20)
    few, many = bootstrap_ratio(means(values)), bootstrap_ratio(means(np.tile(values, 16)))
    assert (many.high - many.low) < 0.4 * (few.high - few.low)


def test_patients_are_resampled_and_not_slices() -> None:
    # Two patients of 100 slices each, all good or all bad: the mean of a resample is 0, .5 or 1, however many slices there are.
    interval = bootstrap_ratio(PatientSums(np.array([100.0, 0.0]), np.array([100.0, 100.0])))
    assert interval == (0.5, 0.0, 1.0)


def test_a_patient_with_more_slices_weighs_more_in_a_mean_over_slices() -> None:
    assert bootstrap_ratio(PatientSums(np.array([3.0, 0.0]), np.array([3.0, 1.0]))).value == 0.75


def test_patients_without_a_denominator_change_nothing() -> None:
    values = np.random.default_rng(4).random(12)
    padded = PatientSums(np.append(values, [0.0, 0.0]), np.append(np.ones(12), [0.0, 0.0]))
    assert bootstrap_ratio(padded) == bootstrap_ratio(means(values))


def test_one_patient_has_an_interval_without_width() -> None:
    assert bootstrap_ratio(means(np.array([0.7]))) == (0.7, 0.7, 0.7)


def test_no_patient_has_no_figure() -> None:
    assert np.isnan(bootstrap_ratio(means(np.array([])))).all()
    assert np.isnan(bootstrap_median(np.array([]), np.array([], np.int64))).all()


def test_median_stands_within_its_interval() -> None:
    values = np.random.default_rng(5).normal(size=41)
    interval = bootstrap_median(values, np.arange(41))
    assert interval.value == np.median(values)
    assert interval.low < interval.value < interval.high


@pytest.mark.parametrize(("patients", "digits"), [(7, 1), (8, 1), (41, 4)])
def test_median_of_groups_is_that_of_resamples_written_out(patients: int, digits: int) -> None:
    """With and without patients whose numbers are alike."""
    values, groups = np.random.default_rng(5).normal(size=patients).round(digits), np.arange(patients) // 2
    resampled = []
    for weights in draw_weights(int(groups.max()) + 1):
        resampled += [np.median(np.repeat(values, row[groups].astype(int))) for row in weights]
    low, high = np.percentile(resampled, [2.5, 97.5])
    assert bootstrap_median(values, groups) == pytest.approx((np.median(values), low, high))


def test_pairing_sees_a_small_gain_that_two_intervals_would_hide() -> None:
    rng = np.random.default_rng(6)
    other = rng.uniform(0.2, 1.0, 40)
    better = other + rng.normal(0.02, 0.01, 40)
    found = paired_difference(means(better), means(other))
    assert found["difference"] == pytest.approx((better - other).mean())
    assert 0 < found["low"] < found["difference"] < found["high"]
    assert bootstrap_ratio(means(better)).low < bootstrap_ratio(means(other)).high


def test_difference_changes_its_sign_with_the_order() -> None:
    first, second = means(np.array([0.9, 0.4, 0.7])), means(np.array([0.8, 0.6, 0.1]))
    there, back = paired_difference(first, second), paired_difference(second, first)
    assert there["difference"] == pytest.approx(-back["difference"])
    assert there["low"] == pytest.approx(-back["high"])


def test_a_patient_whom_only_one_model_counts_on_is_not_lost() -> None:
    """Found findings of 1 of 2 and 0 of 0 against 0 of 0 and 1 of 4: the difference is 1/2 - 1/4."""
    first, second = PatientSums(np.array([1.0, 0.0]), np.array([2.0, 0.0])), PatientSums(np.array([0.0, 1.0]), np.array([0.0, 4.0]))
    assert paired_difference(first, second)["difference"] == pytest.approx(0.25)


def test_a_patient_whom_no_model_counts_on_changes_no_difference() -> None:
    first, second = np.random.default_rng(7).random((2, 12))
    padded = [PatientSums(np.append(each, 0.0), np.append(np.ones(12), 0.0)) for each in (first, second)]
    assert paired_difference(*padded) == paired_difference(means(first), means(second))


def test_difference_of_nothing_is_null() -> None:
    assert paired_difference(means(np.array([])), means(np.array([]))) == {"difference": None, "low": None, "high": None}


def test_models_on_different_patients_are_refused() -> None:
    with pytest.raises(ValueError, match="Received: 2 and 3"):
        paired_difference(means(np.ones(2)), means(np.ones(3)))
    with pytest.raises(ValueError, match="Received: 3 and 2"):
        paired_difference(means(np.ones(3)), means(np.ones(2)))


def test_json_has_no_infinity() -> None:
    assert [as_json(number) for number in (np.inf, -np.inf, np.nan)] == [None, None, None]
