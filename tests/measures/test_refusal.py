import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tumourflow.measures.refusal import choose_refusal, choose_threshold, energy, refusal_auroc, summarise_refusal

NUMBERS = st.lists(st.integers(0, 9), min_size=1, max_size=12)


def table() -> pd.DataFrame:
    rows = [
        # source, split, group, cohort, kind, distance, energy
        ("genuine", "validation", "v1", "a", "", 1.0, 3.0),
        ("genuine", "validation", "v2", "a", "", 2.0, 9.0),
        ("intruder", "validation", "s1", "", "stripes", 5.0, 4.0),
        ("genuine", "train", "r1", "a", "", 9.0, 0.0),
        ("genuine", "test", "t1", "a", "", 1.0, 0.0),
        ("genuine", "test", "t1", "a", "", 2.5, 0.0),
        ("genuine", "test", "t2", "b", "", 1.5, 0.0),
        ("genuine", "test", "t2", "b", "", 1.5, 0.0),
        ("upside_down", "test", "t1", "a", "", 3.0, 0.0),
        ("upside_down", "test", "t2", "b", "", 1.0, 0.0),
        ("intruder", "test", "n1", "", "noise", 9.0, 0.0),
        ("intruder", "test", "n2", "", "noise", 2.0, 0.0),
        ("intruder", "test", "x1", "", "xray", 1.2, 0.0),
    ]
    return pd.DataFrame(rows, columns=["source", "split", "group", "cohort", "kind", "distance", "energy"])


def test_the_score_is_the_one_that_tells_validation_intruders_best():
    chosen = choose_refusal(table(), 0.99)
    # distance: 5 above 1 and 2; energy: 4 above 3 and below 9.
    assert (chosen["auroc"]["distance"]["value"], chosen["auroc"]["energy"]["value"]) == (1.0, 0.5)
    assert (chosen["score"], chosen["threshold"], chosen["images"], chosen["intruders"]) == ("distance", 2.0, 2, 1)


def test_shares_and_areas_by_hand():
    figures = summarise_refusal(table(), {"score": "distance", "threshold": 2.0}, ("train", "validation", "test"))
    told = {name: (figure["value"], figure["n"], figure["unit"]) for name, figure in figures["test"].items()}
    assert told == {
        "acceptance": (0.75, 4, "image"),  # 2.5 is beyond 2
        "acceptance.a": (0.5, 2, "image"),
        "acceptance.b": (1.0, 2, "image"),
        "refusal_auroc": (8 / 12, 3, "picture"),  # 9 beats 4 of 4, 2 beats 3, 1.2 beats 1
        "refused": (1 / 3, 3, "picture"),  # a score at the threshold passes
        "refusal_auroc.noise": (7 / 8, 2, "picture"),
        "refused.noise": (0.5, 2, "picture"),
        "refusal_auroc.xray": (0.25, 1, "picture"),
        "refused.xray": (0.0, 1, "picture"),
        "refused.upside_down": (0.5, 2, "image"),
    }
    assert all(figure["small_n"] for figure in figures["test"].values())
    assert set(figures["train"]) == {"acceptance", "acceptance.a"}
    assert figures["validation"]["acceptance"]["value"] == 1  # the threshold is one of these scores
    assert "refused.stripes" in figures["validation"]
    assert "refused.noise" not in figures["validation"]


def test_nobody_to_judge_is_null_and_n_0():
    figures = summarise_refusal(table().query("split != 'test'"), {"score": "energy", "threshold": 2.0}, ("test",))
    assert figures["test"]["acceptance"] == {"value": None, "low": None, "high": None, "n": 0, "unit": "image", "small_n": True}


@settings(max_examples=30, deadline=None)
@given(NUMBERS, NUMBERS)
def test_the_area_is_that_of_scikit_learn(genuine, intruders):
    own, strange = np.array(genuine, float), np.array(intruders, float)
    groups = pd.Series([str(n // 2) for n in range(len(own))])
    area = refusal_auroc(own, groups, strange)
    truth = np.r_[np.zeros(len(own)), np.ones(len(strange))]
    assert area.value == pytest.approx(roc_auc_score(truth, np.r_[own, strange]), abs=1e-12)
    assert 0 <= area.low <= area.high <= 1


def test_images_of_one_patient_make_nothing_surer():
    own, strange = np.random.default_rng(0).normal(0, 1, 40), np.random.default_rng(1).normal(1, 1, 40)
    once = refusal_auroc(own, pd.Series(range(40)).astype(str), strange)
    often = refusal_auroc(np.repeat(own, 5), pd.Series(np.repeat(range(40), 5)).astype(str), strange)
    assert often == pytest.approx(once)


def test_no_intruders_is_no_area():
    assert np.isnan(refusal_auroc(np.array([1.0]), pd.Series(["a"]), np.array([]))).all()


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=30), st.floats(0.51, 0.99))
def test_at_least_the_share_passes_the_threshold_and_no_smaller_score_would_do(scores, acceptance):
    values = np.array(scores)
    threshold = choose_threshold(values, acceptance)
    assert threshold in values
    assert (values <= threshold).mean() >= acceptance - 1e-9
    below = values[values < threshold]
    assert not len(below) or (values <= below.max()).mean() < acceptance + 1e-9


def test_energy_is_low_where_a_class_is_sure():
    sure, torn = energy(np.array([[12.0, -12.0], [0.1, -0.1]]))
    assert sure < torn
