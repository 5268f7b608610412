import numpy as np
import pandas as pd
import pytest

from tumourflow.radiomics import candidates
from tumourflow.radiomics.cohort import Cohort
from tumourflow.radiomics.importance import shuffle_features
from tumourflow.radiomics.nested import Fold, cross_validate, describe_choice, judge_split, tell_held_out
from tumourflow.radiomics.table import choose_rows, measure_case, score_mask


@pytest.fixture(scope="module", autouse=True)
def two_candidates():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "GRIDS", {"logistic_regression": {"C": (0.1, 1.0)}})
        yield


@pytest.fixture(scope="module")
def folds(two_candidates) -> list[Fold]:
    return cross_validate(cohort(table()), 2, 4, seed=0)


def table(groups: int = 8, noise: float = 0.3) -> pd.DataFrame:
    """One feature tells the class, another the patient, a third nothing."""
    rng = np.random.default_rng(0)
    rows = [(f"{label}{group}/{number}", f"{label}{group}", label) for label in "ab" for group in range(groups) for number in range(3)]
    found = pd.DataFrame(rows, columns=["case_id", "group", "label"]).assign(site="", patient=lambda cases: cases["group"], mask="true")
    split = found["group"].str[1:].astype(int).map(lambda number: ["train", "train", "train", "test", "validation"][number % 5])
    patient = found["group"].map({name: rng.normal() for name in found["group"].unique()})
    signal = (found["label"] == "b") + noise * rng.normal(size=len(found))
    return found.assign(split=split, glcm_signal=signal, shape_patient=patient, lbp_noise=rng.normal(size=len(found)))


def cohort(rows: pd.DataFrame) -> Cohort:
    return Cohort(rows[["glcm_signal", "shape_patient", "lbp_noise"]], (rows["label"] == "b").to_numpy(np.int64), rows["group"].to_numpy())


def test_every_case_is_told_by_a_classifier_that_never_saw_its_group(folds):
    cases = cohort(table())
    assert sorted(np.concatenate([fold.judged for fold in folds])) == list(range(len(cases.labels)))
    told = tell_held_out(cases, folds, 2)
    assert (told.argmax(axis=1) == cases.labels).mean() > 0.9
    threads = tell_held_out(cases, cross_validate(cases, 2, 4, seed=0, scheduler="threads"), 2)
    assert np.array_equal(told, threads)


def test_labels_of_patients_drawn_at_random_are_told_by_chance():
    """A patient's own feature tells its label wherever the patient leaks; here it must not help."""
    rows, rng = table(groups=12), np.random.default_rng(1)
    labels = rows["group"].map({name: rng.integers(2) for name in rows["group"].unique()}).to_numpy(np.int64)
    cases = Cohort(rows[["shape_patient", "lbp_noise"]], labels, rows["group"].to_numpy())
    told = tell_held_out(cases, cross_validate(cases, 2, 4, seed=0), 2)
    assert (told.argmax(axis=1) == labels).mean() < 0.7


def test_the_choice_is_described_fold_by_fold(folds):
    choice = describe_choice(folds)
    assert choice["classifier"] == "logistic_regression"
    assert [candidate["parameters"] for candidate in choice["candidates"]] == [{"C": 0.1}, {"C": 1.0}]
    assert choice["loss"] == min(candidate["loss"] for candidate in choice["candidates"])
    assert len(choice["folds"]) == 4


def test_without_validation_cases_of_each_class_there_is_no_three_way_figure():
    rows = table()
    assert judge_split(cohort(rows), rows["split"].to_numpy(str), 2, seed=0)
    lacking = np.where((rows["split"] == "validation") & (rows["label"] == "a"), "train", rows["split"])
    assert judge_split(cohort(rows), lacking, 2, seed=0) is None
    assert judge_split(cohort(rows), np.full(len(rows), "train"), 2, seed=0) is None


def test_a_class_that_training_patients_have_beside_more_of_another_is_no_class_to_learn():
    rows = table()
    train = rows["split"] == "train"
    mixed = rows.assign(group=rows["group"].mask(train, "b" + rows["group"].str[1:]))
    more = pd.concat([mixed, mixed[train & (mixed["label"] == "b")]], ignore_index=True)
    assert judge_split(cohort(more), more["split"].to_numpy(str), 2, seed=0) is None


def test_scores_hold_the_crossed_rows_and_those_of_the_split():
    told = score_mask(table(), folds=4, seed=0)
    assert told.scores["split"].value_counts().to_dict() == {"cross_validated": 48, "train": 36, "test": 6, "validation": 6}
    crossed = told.scores[told.scores["split"] == "cross_validated"]
    assert crossed[["probability.a", "probability.b"]].sum(axis=1).to_list() == pytest.approx([1] * 48)
    assert told.choice["three_way"]["classifier"] == "logistic_regression"


def test_what_decides_is_lost_where_it_is_shuffled(folds):
    grown = shuffle_features(cohort(table()), folds, seed=0)
    assert list(grown) == ["glcm_signal", "shape_patient", "lbp_noise", "family shape", "family glcm", "family lbp"]
    means = grown.mean()
    assert means["glcm_signal"] > 0.3
    assert abs(means["lbp_noise"]) < 0.1
    # A family of one feature is that feature.
    assert grown["family glcm"].tolist() == grown["glcm_signal"].tolist()


def test_a_case_is_measured_on_three_masks():
    picture = np.random.default_rng(0).integers(50, 99, (40, 40, 2)).astype(np.uint8)
    true, predicted = np.zeros((2, 40, 40), bool)
    true[10:20, 10:20], predicted[10:30, 10:20] = True, True

    class Store:
        def read(self, key):
            return {"image": picture, "c": predicted}[key]

        def read_mask(self, key):
            return {"mask": true}[key]

    case = dict.fromkeys(["patient", "site", "group", "split", "label"], "x") | {"case_id": "c", "image": "image", "mask": "mask"}
    rows = measure_case(Store(), Store(), 1, {**case, "pixel_height": 2.0, "pixel_width": 0.5})
    assert [row["mask"] for row in rows] == ["true", "predicted", "none"]
    assert [row["shape_area"] for row in rows] == [100, 200, 1600]
    assert [len(choose_rows(pd.DataFrame(rows), kind)) for kind in ("true", "predicted", "none")] == [1, 1, 1]
