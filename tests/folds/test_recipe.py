import pandas as pd
import pytest

from tumourflow.curation.splits import split_in_folds
from tumourflow.folds.recipe import describe_classified, describe_trained, fingerprint_networks, fingerprint_recipe
from tumourflow.options import PredictionOptions, SplittingOptions

CASES = pd.DataFrame(
    {
        "case_id": ["a/1", "b/1"],
        "group": ["a", "b"],
        "image": ["1", "2"],
        "mask": ["3", ""],
        "label": ["", ""],
        "site": ["", ""],
        "official_fold": [-1, -1],
    }
)
RECIPE = {"training": {"steps": 3, "width": 4}, "seed": 0}


def test_the_fingerprint_knows_data_and_parameters_and_no_order():
    """Sites and labels, too: who is in which fold depends on them, and a network of another dealing may have seen those it is tested on."""
    first = fingerprint_recipe(CASES, RECIPE)
    assert first == fingerprint_recipe(CASES[::-1], dict(reversed(RECIPE.items())))
    others = [fingerprint_recipe(CASES.assign(**{column: "x"}), RECIPE) for column in CASES]
    others += [fingerprint_recipe(CASES, RECIPE | {"seed": 1})]
    assert len({first, *others}) == len(CASES.columns) + 2


def test_networks_are_known_by_what_decides_about_their_weights():
    """Not by how they are asked, which scores are known by, too."""
    recipes = [RECIPE | {"prediction": {"mirrors": mirrors}} for mirrors in (True, False)]
    assert len({fingerprint_networks(CASES, recipe) for recipe in recipes}) == 1
    assert len({fingerprint_recipe(CASES, recipe) for recipe in recipes}) == 2
    assert fingerprint_networks(CASES, RECIPE) != fingerprint_networks(CASES, RECIPE | {"seed": 1})


@pytest.mark.parametrize("column", ["label", "site"])
def test_what_folds_are_dealt_by_is_known_to_the_fingerprint(column):
    """One label that is corrected moves other patients into other folds, where networks of the old ones have seen them."""
    names = [f"p{number}" for number in range(12)]
    cases = pd.DataFrame({"case_id": names, "patient": names, "group": names, "image": names, "mask": names, "label": "", "site": ""})
    cases = cases.assign(tumour_pixels=9, official_fold=-1, **{column: ["a"] * 6 + ["b"] * 6})
    corrected = cases.assign(**{column: ["b", *cases[column][1:]]})
    folds = [split_in_folds(each, SplittingOptions(), seed=0, folds=3, fold=0)["fold"].tolist() for each in (cases, corrected)]
    assert folds[0][1:] != folds[1][1:]
    assert fingerprint_recipe(cases, RECIPE) != fingerprint_recipe(corrected, RECIPE)


def test_a_classifiers_recipe_knows_its_labels_and_how_many_networks_were_averaged():
    training = {"options": {"width": 4}, "seed": 0}
    bundle = {"preparation": {"size": 8}, "augmentation": {}, "training": training}
    scores = pd.DataFrame({"case_id": ["b", "a"], "label": ["x", "y"]})
    options = PredictionOptions(), SplittingOptions()
    told = describe_classified(bundle, scores, *options)
    assert told == describe_trained(bundle, *options) | {"labels": [("a", "y"), ("b", "x")]}
    averaged = describe_classified(bundle | {"training": training | {"members": [{}, {}]}}, scores, *options)
    assert averaged == told | {"members": 2}
