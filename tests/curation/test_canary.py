import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.curation.canary import SIDE, Hits, choose_images, draw_labels, judge, make_features, tell_labels
from tumourflow.errors import UserError
from tumourflow.types import ArrayChunk


def cohort(patients: int = 24, images: int = 8, likeness: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Patient of each image, and features that are the patient's own picture with noise."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(patients), images)
    return unit, (likeness * rng.normal(size=(patients, 40))[unit] + 0.3 * rng.normal(size=(len(unit), 40))).astype(np.float32)


def ask(unit, features, test, labelings=20, seed=0):
    index = pd.DataFrame({"unit": [f"p{number:02}" for number in unit], "split": np.where(test, "test", "train")})
    return judge(tell_labels(ArrayChunk(index, {"features": features}), labelings, seed))


def random_slices(unit, seed=0):
    return np.random.default_rng(seed).random(len(unit)) < 0.25


def test_images_of_a_patient_on_both_sides_are_caught():
    unit, features = cohort()
    found = ask(unit, features, random_slices(unit))
    assert found["verdict"] == "leaks"
    assert found["accuracy"]["value"] > 0.95
    assert found["accuracy"]["low"] > 0.9


def test_whole_patients_on_one_side_pass_however_much_their_images_are_alike():
    unit, features = cohort()
    found = ask(unit, features, unit < 6)
    assert found["verdict"] == "no leak seen"
    assert found["accuracy"]["low"] < 0.5 < found["accuracy"]["high"]


def test_images_that_tell_nothing_pass_wherever_they_stand():
    unit, features = cohort(likeness=0)
    assert ask(unit, features, random_slices(unit))["verdict"] == "no leak seen"


def test_a_quarter_of_the_patients_on_both_sides_is_enough():
    unit, features = cohort(patients=60)
    torn = (unit < 4) & random_slices(unit) | ((unit >= 4) & (unit < 15))
    assert ask(unit, features, torn)["verdict"] == "no leak seen"
    torn = (unit < 15) & random_slices(unit) | ((unit >= 15) & (unit < 20))
    assert ask(unit, features, torn)["verdict"] == "leaks"


def test_a_sound_split_is_seldom_accused():
    """The interval's lower end lies above chance in 2.5 % of sound splits or fewer."""
    verdicts = []
    for seed in range(40):
        unit, features = cohort(patients=20, images=4, seed=seed)
        verdicts.append(ask(unit, features, unit % 4 == 0, labelings=12, seed=seed)["verdict"])
    assert verdicts.count("leaks") <= 4  # of 1 expected at most


def test_the_same_seed_gives_the_same_answer_and_another_seed_other_labels():
    unit, features = cohort(likeness=0)
    test = random_slices(unit)
    assert ask(unit, features, test, seed=1) == ask(unit, features, test, seed=1)
    assert ask(unit, features, test, seed=1)["accuracy"] != ask(unit, features, test, seed=2)["accuracy"]


def test_patients_inherit_their_label():
    """Images that are all alike get one answer: with it, a patient is either right with all its images or with none."""
    unit = np.repeat(np.arange(6), 5)
    features = np.ones((30, 3), np.float32)
    index = pd.DataFrame({"unit": unit, "split": np.where(unit < 3, "train", "test")})
    told = tell_labels(ArrayChunk(index, {"features": features}), 10, 0)
    assert told.counts.tolist() == [5, 5, 5]
    assert set(told.hits.ravel()) == {0, 5}


def test_hits_and_counts_are_of_the_same_patient_in_whatever_order_the_images_come():
    """Patient b has three test images and comes first, a has one; all of a patient's are told right or none."""
    index = pd.DataFrame({"unit": list("bbbacd"), "split": ["test"] * 4 + ["train"] * 2})
    told = tell_labels(ArrayChunk(index, {"features": np.ones((6, 3), np.float32)}), 20, 0)
    assert told.counts.tolist() == [1, 3]
    assert [set(hits) for hits in told.hits] == [{0, 1}, {0, 3}]


@given(st.lists(st.booleans(), max_size=30), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_labels_are_balanced_among_the_tested_and_among_the_others(tested, labelings, seed):
    tested = np.array(tested, bool)
    labels = draw_labels(tested, labelings, seed)
    assert labels.shape == (len(tested), labelings)
    for side in (labels[tested], labels[~tested]):
        assert (np.abs(2 * side.sum(axis=0) - len(side)) <= len(side) % 2).all()


def test_the_labels_of_one_side_say_nothing_about_the_other():
    labels = draw_labels(np.arange(6) < 3, 4000, 0)
    agreement = (labels[:3, None] == labels[None, 3:]).mean(axis=2)
    np.testing.assert_allclose(agreement, 0.5, atol=0.04)
    np.testing.assert_allclose(labels.mean(axis=1), 0.5, atol=0.04)


@pytest.mark.parametrize(("value", "verdict"), [(1.0, "leaks"), (0.5, "no leak seen"), (0.0, "no leak seen")])
def test_only_what_lies_above_chance_is_a_leak(value, verdict):
    found = judge(Hits(np.full((8, 5), 10 * value), np.full(8, 10.0)))
    assert found == {"verdict": verdict, "accuracy": dict.fromkeys(("value", "low", "high"), value), "chance": 0.5}


def test_thumbnails_have_no_brightness_and_no_contrast():
    picture = np.random.default_rng(0).integers(0, 100, (96, 80), dtype=np.uint8)
    features = make_features(picture, 0)
    assert features.shape == (SIDE * SIDE,)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, make_features(2 * picture + np.uint8(9), 0), atol=1e-6)
    assert np.linalg.norm(features) == pytest.approx(1)


def test_a_pixel_of_a_thumbnail_is_the_mean_of_those_it_stands_for():
    picture = np.random.default_rng(0).integers(0, 200, (2 * SIDE, 2 * SIDE), dtype=np.uint8)
    means = picture.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3), dtype=np.float32)
    np.testing.assert_allclose(make_features(picture, 0), make_features(means, 0), atol=1e-6)


def test_thumbnails_show_the_lead_channel_or_the_last_there_is():
    picture = np.random.default_rng(0).integers(0, 2**16, (40, 40, 3)).astype(np.uint16)
    np.testing.assert_array_equal(make_features(picture, 1), make_features(picture[..., 1], 0))
    np.testing.assert_array_equal(make_features(picture, 7), make_features(picture[..., 2], 0))


def test_a_constant_image_has_no_features():
    assert not make_features(np.full((40, 40), 7, np.uint8), 0).any()


def table(**changed) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [(f"{patient}/{place}", patient, f"k{patient}{place}") for patient in "abcdef" for place in range(4)]
    cases = pd.DataFrame(rows, columns=["case_id", "group", "image"]).assign(blank=False)
    splits = cases[["case_id"]].assign(split=["train"] * 12 + ["validation"] * 4 + ["test"] * 8)
    return cases.assign(**changed), splits


def test_blank_and_unread_images_and_validation_patients_take_no_part():
    cases, splits = table()
    cases.loc[[0, 20], "blank"] = True
    cases.loc[1, "image"] = ""
    chosen = choose_images(cases, splits, 1000, 0)
    assert chosen["split"].value_counts().to_dict() == {"train": 10, "test": 7}
    assert set(chosen["unit"]) == set("abcef")
    assert not {"a/0", "a/1", "f/0"} & set(chosen["case_id"])
    assert chosen.index.tolist() == list(range(17)), "as of the features that are stacked beside it"


def test_of_a_large_cohort_whole_patients_are_drawn():
    cases, splits = table()
    splits["split"] = ["train", "test"] * 12
    chosen = choose_images(cases, splits, 14, 0)
    assert chosen.groupby("unit").size().tolist() == [4, 4, 4]
    pd.testing.assert_frame_equal(chosen, choose_images(cases, splits, 14, 0))
    assert len(choose_images(cases, splits, 12, 0)) == 12, "as many as there may be"
    assert {unit for seed in range(10) for unit in choose_images(cases, splits, 8, seed)["unit"]} == set("abcdef")


def test_without_test_images_there_is_nothing_to_ask():
    cases, splits = table()
    with pytest.raises(UserError, match=r"found 24 and 0: raise `splitting.test`"):
        choose_images(cases, splits.assign(split="train"), 1000, 0)
