import pandas as pd
import pytest

from tumourflow.curation.modalities import choose_images, leave_out
from tumourflow.curation.routable import require_cohorts, require_left, require_modalities, require_sides
from tumourflow.errors import UserError


def split(cases: pd.DataFrame, name: str = "train") -> pd.DataFrame:
    return cases[["case_id"]].assign(split=name)


def test_one_modality_is_nothing_to_tell_apart(union):
    with pytest.raises(UserError, match="all images are `brain`"):
        require_modalities(union.query("site == 'a'"), ())


def test_a_modality_written_in_two_ways_is_not_told_apart_from_itself(union):
    more = pd.concat([union, union.query("site == 'a'").assign(site="c", label="Brain")])
    with pytest.raises(UserError, match=r"The labels 'Brain' and 'brain' are one class written in two ways.* under `ingestion.cohorts`"):
        require_modalities(more, ())


@pytest.mark.parametrize(("unseen", "sentence"), [("c", "no cohort of the union: a, b"), ("b", "without it no image is `breast`")])
def test_a_cohort_that_cannot_be_left_out_is_named(union, unseen, sentence):
    with pytest.raises(UserError, match=sentence):
        require_modalities(union, [unseen])


def test_a_cohort_whose_modality_others_have_can_be_left_out(union):
    more = pd.concat([union, union.query("site == 'a'").assign(site="c")])
    require_modalities(more, ["a", "c"])


def test_a_cohort_of_which_nothing_is_left_is_named(union):
    chosen = choose_images(union.assign(blank=union["site"] == "b"), split(union), most=9, seed=0)
    require_cohorts(chosen, ["a"])
    with pytest.raises(UserError, match=r"`ingestion.cohorts` names b, but none of its images is left"):
        require_cohorts(chosen, ["a", "b"])


def test_nobody_to_choose_the_threshold_on_is_said_before_training(union):
    with pytest.raises(UserError, match="chooses its threshold on validation images, and there are none"):
        require_sides(choose_images(union, split(union), most=9, seed=0))


def test_a_modality_that_is_not_trained_on_is_named(union):
    sides = split(union).assign(split=["train"] * 5 + ["validation"] * 4)
    with pytest.raises(UserError, match="No image that is `breast` is trained on"):
        require_sides(choose_images(union, sides, most=9, seed=0))


def three_cohorts(union: pd.DataFrame, sides: dict[str, str]) -> pd.DataFrame:
    """Cohort c shows brains as a does; patients of c are called and split as told."""
    more = [(f"c/{name}/0", f"c/{name}", "c", "brain", f"c/{name}", False) for name in sides]
    cases = pd.concat([union, pd.DataFrame(more, columns=union.columns)], ignore_index=True)
    first = dict(zip(("a/p", "a/q", "b/x", "b/y", "b/z"), ("train", "validation", "train", "train", "train"), strict=True))
    splits = cases[["case_id"]].assign(split=cases["patient"].map(first | {f"c/{name}": side for name, side in sides.items()}))
    return choose_images(cases, splits, most=9, seed=0)


def test_a_cohort_is_not_left_out_where_those_who_are_left_of_its_modality_only_judge(union):
    chosen = three_cohorts(union, {"u": "test", "v": "validation"})
    with pytest.raises(UserError, match=r"`router.unseen` names a, but without it, .* no image that is `brain` is left to train on"):
        require_left(leave_out(chosen, "a"), "a")
    require_left(leave_out(chosen, "c"), "c")


def test_a_cohort_is_not_left_out_where_all_others_of_its_modality_are_of_the_same_people(union):
    chosen = three_cohorts(union, {"u": "train", "v": "validation"})
    akin = chosen.assign(group=chosen["group"].replace({"c/u": "a/p", "c/v": "a/q"}))
    with pytest.raises(UserError, match=r"no image that is `brain` is left to train on: take it out of `router.unseen`"):
        require_left(leave_out(akin, "a"), "a")


def test_a_cohort_is_not_left_out_where_nobody_else_validates(union):
    with pytest.raises(UserError, match=r"names a, .* no validation image is left to choose the threshold on"):
        require_left(leave_out(three_cohorts(union, {"u": "train", "v": "test"}), "a"), "a")
