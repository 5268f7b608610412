import json
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tumourflow.errors import UserError
from tumourflow.experiments.members import average_folds, note_facts
from tumourflow.measures.folds import name_fold
from tumourflow.training import Trained


class Networks(dict):
    """Stands in for the store of networks."""

    def read(self, key: str) -> keras.Model:
        return self[key][0]

    def read_facts(self, key: str) -> dict[str, Any]:
        return self[key][1]

    def write(self, key: str, network: keras.Model, facts: Any) -> None:
        self[key] = (network, json.loads(json.dumps(facts)))


def constant(logit: float) -> keras.Model:
    images = keras.Input((2, 2, 1), name="images")
    start = {"kernel_initializer": "zeros", "bias_initializer": keras.initializers.Constant(logit)}
    return keras.Model(images, keras.layers.Conv2D(1, 1, **start, name="logits")(images))


def fold_networks(folds: int, *repeats: int) -> Networks:
    """The logit of each network is its seed, everywhere."""
    networks = Networks()
    for repeat in repeats:
        for fold in range(folds):
            seed = 10 * repeat + fold
            record = {"seed": seed, "parameters": 2, "steps": 4, "best_step": seed, "validation_dice": 0.5}
            trained = Trained(constant(float(seed)), pd.DataFrame({"step": [4.0]}), "layers", record)
            networks.write(name_fold("f", folds, fold, repeat), trained.model, note_facts(trained, fold=fold))
    return networks


@pytest.mark.parametrize(("seeds", "logits"), [(1, [0, 1]), (2, [0, 1, 10, 11])])
def test_the_networks_of_all_folds_and_seeds_are_averaged(seeds: int, logits: list[float]) -> None:
    trained = average_folds(fold_networks(2, 0, 1), "f", seeds)
    chance = expit(trained.model.predict_on_batch(np.ones((1, 2, 2, 1))))
    np.testing.assert_allclose(chance, np.mean(expit(logits)), rtol=1e-6)
    assert [(member["fold"], member["seed"]) for member in trained.record["members"]][:2] == [(0, 0), (1, 1)]
    assert trained.curves[["fold", "seed"]].to_numpy().tolist()[:2] == [[0, 0], [1, 1]]


def test_networks_that_are_missing_are_named_with_the_command_that_makes_them() -> None:
    with pytest.raises(UserError, match=r"are not there: train them with kedro run --pipeline=cross_validation --params=folds=5 and"):
        average_folds(Networks(), "f", 1)
    networks = fold_networks(3, 0)
    del networks["f/3-1"]
    with pytest.raises(UserError, match=r"lack 3-1: train them with kedro run --pipeline=cross_validation --params=folds=3 and"):
        average_folds(networks, "f", 1)
    with pytest.raises(UserError, match=r"lack 2-0-seed1, 2-1-seed1: .*folds=2,training\.seeds=2 and"):
        average_folds(fold_networks(2, 0), "f", 2)
    with pytest.raises(UserError, match="are not there"):
        average_folds(fold_networks(2, 0), "another", 1)
