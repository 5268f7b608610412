import pandas as pd

from tumourflow.curation.modalities import choose_images, leave_out, list_splits


def split(cases: pd.DataFrame, name: str = "train") -> pd.DataFrame:
    return cases[["case_id"]].assign(split=name)


def test_a_large_cohort_is_cut_down_patient_by_patient(union):
    chosen = choose_images(union, split(union), most=3, seed=0)
    taught = chosen[chosen["taught"]]
    assert taught.groupby("cohort").size().to_dict() == {"a": 3, "b": 2}
    # p gives its second image when q has none left.
    assert taught.groupby("patient").size().to_dict() == {"a/p": 2, "a/q": 1, "b/x": 1, "b/y": 1}


def test_blank_images_take_no_part(union):
    assert "b/z/0" not in set(choose_images(union, split(union), most=9, seed=0)["case_id"])


def test_only_training_images_are_taught(union):
    chosen = choose_images(union, split(union, "test"), most=9, seed=0)
    assert not chosen["taught"].any()
    assert len(chosen) == 8


def test_the_same_seed_chooses_the_same_images_and_others_choose_others(union):
    taught = [tuple(choose_images(union, split(union), 2, seed)["taught"]) for seed in (0, 0, 1, 2, 3)]
    assert taught[0] == taught[1]
    assert len(set(taught)) > 1


def test_who_is_akin_to_the_unseen_cohort_is_not_taught_with(union):
    chosen = choose_images(union.assign(group=["g"] * 5 + ["q", "g", "y", "z"]), split(union), most=9, seed=0)
    left = leave_out(chosen, "a").set_index("case_id")
    assert set(left.loc[left["cohort"] == "a", "split"]) == {"unseen_a"}
    assert (left.loc["b/x/0", "split"], left.loc["b/x/0", "taught"]) == ("", False)
    assert (left.loc["b/y/0", "split"], left.loc["b/y/0", "taught"]) == ("train", True)


def test_splits_are_that_of_all_cohorts_and_those_in_which_the_unseen_one_is_tested_with(union):
    chosen = choose_images(union, split(union), most=9, seed=0)
    splits = [set(zip(each["cohort"], each["split"], strict=True)) for each in list_splits(chosen, ["b", "a"])]
    assert splits == [{("a", "train"), ("b", "train")}, {("a", "train"), ("b", "test")}, {("a", "test"), ("b", "train")}]
