import json
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tumourflow.errors import UserError
from tumourflow.experiments.members import average_folds, note_facts
from tumourflow.folds.names import name_fold
from tumourflow.training import Trained

Kept = dict[str, tuple[keras.Model, dict[str, Any]]]


def store(kept: Kept) -> SimpleNamespace:
    """Stands in for the store of networks."""
    return SimpleNamespace(keys=kept.keys, read=lambda key: kept[key][0], read_facts=lambda key: kept[key][1])


def constant(logit: float) -> keras.Model:
    images = keras.Input((2, 2, 1), name="images")
    start = {"kernel_initializer": "zeros", "bias_initializer": keras.initializers.Constant(logit)}
    return keras.Model(images, keras.layers.Conv2D(1, 1, **start, name="logits")(images))


def train_folds(folds: int, *repeats: int) -> Kept:
    """The logit of each network is its seed, everywhere."""
    kept: Kept = {}
    for repeat in repeats:
        for fold in range(folds):
            seed = 10 * repeat + fold
            record = {"seed": seed, "parameters": 2, "steps": 4, "best_step": seed, "validation_dice": 0.5}
            trained = Trained(constant(float(seed)), pd.DataFrame({"step": [4.0]}), "layers", record)
            kept[name_fold("f", folds, fold, repeat)] = (trained.model, json.loads(json.dumps(note_facts(trained, fold=fold))))
    return kept


@pytest.mark.parametrize(("seeds", "logits"), [(1, [0, 1]), (2, [0, 1, 10, 11])])
def test_the_networks_of_all_folds_and_seeds_are_averaged(seeds: int, logits: list[float]) -> None:
    trained = average_folds(store(train_folds(2, 0, 1)), "f", seeds, (), "s")
    chance = expit(trained.model.predict_on_batch(np.ones((1, 2, 2, 1))))
    np.testing.assert_allclose(chance, np.mean(expit(logits)), rtol=1e-6)
    assert [(member["fold"], member["seed"]) for member in trained.record["members"]][:2] == [(0, 0), (1, 1)]
    assert trained.curves[["fold", "seed"]].to_numpy().tolist()[:2] == [[0, 0], [1, 1]]


def test_networks_that_are_missing_are_named_with_the_command_that_makes_them() -> None:
    with pytest.raises(UserError, match=r"are not there: train them with kedro run --pipeline=cross_validation --params=folds=5 and"):
        average_folds(store({}), "f", 1, (), "s")
    kept = train_folds(3, 0)
    del kept["f/3-1"]
    with pytest.raises(UserError, match=r"lack 3-1: train them with kedro run --pipeline=cross_validation --params=folds=3 and"):
        average_folds(store(kept), "f", 1, (), "s")
    with pytest.raises(UserError, match=r"lack 2-0-seed1, 2-1-seed1: .*folds=2,training\.seeds=2 and"):
        average_folds(store(train_folds(2, 0)), "f", 2, (), "s")
    with pytest.raises(UserError, match="are not there"):
        average_folds(store(train_folds(2, 0)), "another", 1, (), "s")


def test_the_networks_are_those_of_the_cross_validation_that_has_figures() -> None:
    """Of three folds there are networks alone, as `radiomics` leaves them; of two there are scores, which the report shows."""
    kept, scores = train_folds(2, 0) | train_folds(3, 0), ["s/2-0", "s/2-1", "s/5-0"]
    assert len(average_folds(store(kept), "f", 1, scores, "s").record["members"]) == 2
    assert len(average_folds(store(kept), "f", 1, scores, "of another way to predict").record["members"]) == 3
    with pytest.raises(UserError, match=r"lack 2-0, 2-1: .*folds=2 and .* once fold_scores/s in data/07_model_output is removed"):
        average_folds(store(train_folds(3, 0)), "f", 1, scores, "s")
