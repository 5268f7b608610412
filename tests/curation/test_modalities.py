import pandas as pd
import pytest

from tumourflow.curation.modalities import (
    choose_images,
    leave_out,
    list_splits,
    require_cohorts,
    require_left,
    require_modalities,
    require_sides,
)
from tumourflow.errors import UserError


def union() -> pd.DataFrame:
    """Two patients of cohort a with 5 slices and 1, three of b with one each; the last of b is blank."""
    rows = [("a", "p", n, "brain") for n in range(5)] + [("a", "q", 0, "brain")] + [("b", name, 0, "breast") for name in "xyz"]
    table = pd.DataFrame(
        [(f"{cohort}/{patient}/{n}", f"{cohort}/{patient}", cohort, label) for cohort, patient, n, label in rows],
        columns=["case_id", "patient", "site", "label"],
    )
    return table.assign(group=table["patient"], blank=table["patient"] == "b/z")


def split(cases: pd.DataFrame, name: str = "train") -> pd.DataFrame:
    return cases[["case_id"]].assign(split=name)


def test_a_large_cohort_is_cut_down_patient_by_patient():
    chosen = choose_images(union(), split(union()), most=3, seed=0)
    taught = chosen[chosen["taught"]]
    assert taught.groupby("cohort").size().to_dict() == {"a": 3, "b": 2}
    # p gives its second image when q has none left.
    assert taught.groupby("patient").size().to_dict() == {"a/p": 2, "a/q": 1, "b/x": 1, "b/y": 1}


def test_blank_images_take_no_part():
    assert "b/z/0" not in set(choose_images(union(), split(union()), most=9, seed=0)["case_id"])


def test_only_training_images_are_taught():
    chosen = choose_images(union(), split(union(), "test"), most=9, seed=0)
    assert not chosen["taught"].any()
    assert len(chosen) == 8


def test_the_same_seed_chooses_the_same_images_and_others_choose_others():
    taught = [tuple(choose_images(union(), split(union()), 2, seed)["taught"]) for seed in (0, 0, 1, 2, 3)]
    assert taught[0] == taught[1]
    assert len(set(taught)) > 1


def test_who_is_akin_to_the_unseen_cohort_is_not_taught_with():
    chosen = choose_images(union().assign(group=["g"] * 5 + ["q", "g", "y", "z"]), split(union()), most=9, seed=0)
    left = leave_out(chosen, "a").set_index("case_id")
    assert set(left.loc[left["cohort"] == "a", "split"]) == {"unseen_a"}
    assert (left.loc["b/x/0", "split"], left.loc["b/x/0", "taught"]) == ("", False)
    assert (left.loc["b/y/0", "split"], left.loc["b/y/0", "taught"]) == ("train", True)


def test_splits_are_that_of_all_cohorts_and_those_in_which_the_unseen_one_is_tested_with():
    chosen = choose_images(union(), split(union()), most=9, seed=0)
    splits = [set(zip(each["cohort"], each["split"], strict=True)) for each in list_splits(chosen, ["b", "a"])]
    assert splits == [{("a", "train"), ("b", "train")}, {("a", "train"), ("b", "test")}, {("a", "test"), ("b", "train")}]


def test_one_modality_is_nothing_to_tell_apart():
    with pytest.raises(UserError, match="all images are `brain`"):
        require_modalities(union().query("site == 'a'"), ())


def test_a_modality_written_in_two_ways_is_not_told_apart_from_itself():
    more = pd.concat([union(), union().query("site == 'a'").assign(site="c", label="Brain")])
    with pytest.raises(UserError, match=r"The labels 'Brain' and 'brain' are one class written in two ways.* under `ingestion.cohorts`"):
        require_modalities(more, ())


@pytest.mark.parametrize(("unseen", "sentence"), [("c", "no cohort of the union: a, b"), ("b", "without it no image is `breast`")])
def test_a_cohort_that_cannot_be_left_out_is_named(unseen, sentence):
    with pytest.raises(UserError, match=sentence):
        require_modalities(union(), [unseen])


def test_a_cohort_whose_modality_others_have_can_be_left_out():
    more = pd.concat([union(), union().query("site == 'a'").assign(site="c")])
    require_modalities(more, ["a", "c"])


def test_a_cohort_of_which_nothing_is_left_is_named():
    chosen = choose_images(union().assign(blank=union()["site"] == "b"), split(union()), most=9, seed=0)
    require_cohorts(chosen, ["a"])
    with pytest.raises(UserError, match=r"`ingestion.cohorts` names b, but none of its images is left"):
        require_cohorts(chosen, ["a", "b"])


def test_nobody_to_choose_the_threshold_on_is_said_before_training():
    with pytest.raises(UserError, match="chooses its threshold on validation images, and there are none"):
        require_sides(choose_images(union(), split(union()), most=9, seed=0))


def test_a_modality_that_is_not_trained_on_is_named():
    sides = split(union()).assign(split=["train"] * 5 + ["validation"] * 4)
    with pytest.raises(UserError, match="No image that is `breast` is trained on"):
        require_sides(choose_images(union(), sides, most=9, seed=0))


def three_cohorts(sides: dict[str, str]) -> pd.DataFrame:
    """Cohort c shows brains as a does; patients of c are called and split as told."""
    more = [(f"c/{name}/0", f"c/{name}", "c", "brain", f"c/{name}", False) for name in sides]
    cases = pd.concat([union(), pd.DataFrame(more, columns=union().columns)], ignore_index=True)
    first = dict(zip(("a/p", "a/q", "b/x", "b/y", "b/z"), ("train", "validation", "train", "train", "train"), strict=True))
    splits = cases[["case_id"]].assign(split=cases["patient"].map(first | {f"c/{name}": side for name, side in sides.items()}))
    return choose_images(cases, splits, most=9, seed=0)


def test_a_cohort_is_not_left_out_where_those_who_are_left_of_its_modality_only_judge():
    chosen = three_cohorts({"u": "test", "v": "validation"})
    with pytest.raises(UserError, match=r"`router.unseen` names a, but without it, .* no image that is `brain` is left to train on"):
        require_left(leave_out(chosen, "a"), "a")
    require_left(leave_out(chosen, "c"), "c")


def test_a_cohort_is_not_left_out_where_all_others_of_its_modality_are_of_the_same_people():
    chosen = three_cohorts({"u": "train", "v": "validation"})
    akin = chosen.assign(group=chosen["group"].replace({"c/u": "a/p", "c/v": "a/q"}))
    with pytest.raises(UserError, match=r"no image that is `brain` is left to train on: take it out of `router.unseen`"):
        require_left(leave_out(akin, "a"), "a")


def test_a_cohort_is_not_left_out_where_nobody_else_validates():
    with pytest.raises(UserError, match=r"names a, .* no validation image is left to choose the threshold on"):
        require_left(leave_out(three_cohorts({"u": "train", "v": "test"}), "a"), "a")
