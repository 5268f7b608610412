import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.radiomics import candidates
from tumourflow.radiomics.candidates import BOOSTING, GRIDS, Candidate, list_candidates
from tumourflow.radiomics.choice import SMALLEST, balanced_loss, choose, choose_on, losses_of
from tumourflow.radiomics.classifiers import fit, fit_scaler
from tumourflow.radiomics.cohort import Cohort, deal_grouped

LAST = [Candidate(name, {parameter: values[-1] for parameter, values in grid.items()}) for name, grid in GRIDS.items()]


def cohort(groups: int = 8, images: int = 3, classes: int = 3, seed: int = 0) -> Cohort:
    """Two features tell the second and the third class, and some of one are missing; a third one always is."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), groups * images)
    names = np.repeat([f"g{number}" for number in range(groups * classes)], images)
    told = np.stack([labels == 1, labels == 2], axis=1) + 0.2 * rng.normal(size=(len(labels), 2))
    features = pd.DataFrame(told, columns=["glcm_a", "shape_b"])
    features.loc[::7, "glcm_a"] = np.nan
    return Cohort(features.assign(lbp_c=np.nan), labels.astype(np.int64), names)


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 5), st.integers(5, 12), st.integers(0, 99))
def test_no_group_is_torn_apart_and_every_fold_has_its_share_of_every_class(folds, groups, seed):
    cases = cohort(groups)
    judged = []
    for learned, held_out in deal_grouped(cases, folds, seed):
        assert not set(cases.groups[learned]) & set(cases.groups[held_out])
        counts = pd.Series(cases.groups[held_out]).groupby(cases.labels[held_out]).nunique().reindex(range(3), fill_value=0)
        assert counts.between(groups // folds, -(-groups // folds)).all()
        judged += held_out.tolist()
    assert sorted(judged) == list(range(len(cases.labels)))


def test_folds_follow_the_seed():
    dealt = [[held_out.tolist() for _, held_out in deal_grouped(cohort(), 4, seed)] for seed in (1, 1, 2)]
    assert dealt[0] == dealt[1] != dealt[2]


def test_more_cases_than_the_scaler_looks_at_are_scaled_alike_each_time():
    values = np.random.default_rng(0).normal(size=(10_001, 1))
    many = Cohort(pd.DataFrame(values, columns=["glcm_a"]), np.zeros(len(values), np.int64), np.arange(len(values)).astype(str))
    once, again = (fit_scaler(many).transform(values) for _ in range(2))
    assert np.array_equal(once, again)


@pytest.mark.parametrize("candidate", LAST, ids=lambda candidate: candidate.classifier)
def test_every_classifier_learns_what_there_is_to_learn(candidate):
    cases, others = cohort(), cohort(seed=1)
    told = fit(candidate, cases, 3, seed=0).tell(others.features)
    assert told.sum(axis=1) == pytest.approx(1)
    known = others.features["glcm_a"].notna().to_numpy()
    assert (told.argmax(axis=1) == others.labels)[known].mean() > 0.9


@pytest.mark.parametrize("candidate", LAST, ids=lambda candidate: candidate.classifier)
def test_a_class_that_was_not_seen_has_probability_0(candidate):
    cases = cohort()
    told = fit(candidate, cases.take(np.flatnonzero(cases.labels != 1)), 3, seed=0).tell(cases.features)
    assert told.shape == (len(cases.labels), 3)
    assert (told[:, 1] == 0).all()
    assert told.sum(axis=1) == pytest.approx(1)


def test_a_frequent_class_is_not_told_more_often_where_nothing_can_be_known():
    rare, frequent = cohort(groups=4, classes=1), cohort(groups=16, classes=1, seed=5)
    features = pd.concat([rare.features, frequent.features], ignore_index=True).assign(glcm_a=1.0, shape_b=1.0)
    labels = np.repeat([0, 1], [len(rare.labels), len(frequent.labels)])
    groups = np.concatenate([rare.groups, np.char.add("f", frequent.groups.astype(str))])
    for candidate in (LAST[0], Candidate(BOOSTING, {"max_leaf_nodes": 4})):
        told = fit(candidate, Cohort(features, labels, groups), 2, seed=0).tell(features)
        assert told[0].tolist() == pytest.approx([0.5, 0.5], abs=0.02)


def test_losses_are_balanced_over_classes():
    told = np.array([[0.5, 0.5]] * 3 + [[0.0, 1.0]])
    labels = np.array([0, 0, 0, 1])
    assert balanced_loss(told, labels) == pytest.approx(np.log(2) / 2)
    assert losses_of(told, 1 - labels)[3] == pytest.approx(-np.log(SMALLEST))


def test_the_candidate_of_the_least_loss_is_chosen(monkeypatch):
    """What is all but forbidden to weigh a feature knows nothing."""
    monkeypatch.setattr(candidates, "GRIDS", {"logistic_regression": {"C": (1e-9, 1.0)}})
    best, losses = choose(cohort(), 3, seed=0)
    assert best == Candidate("logistic_regression", {"C": 1.0}) == list_candidates()[1]
    assert losses[0] == pytest.approx(np.log(3), rel=0.01)
    assert losses[1] < 0.7
    assert choose_on(cohort(seed=1), cohort(), 3, seed=0)[0] == best
