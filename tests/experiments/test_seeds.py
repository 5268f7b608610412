import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tumourflow.errors import UserError
from tumourflow.experiments.members import Member, average_members
from tumourflow.experiments.names import name_state
from tumourflow.experiments.seeds import train_seeds
from tumourflow.experiments.shared_state import OwnState
from tumourflow.options import TrainingOptions
from tumourflow.training import Trained
from tumourflow.training.curves import CURVES

INDEX = pd.DataFrame({"case_id": ["a/1"], "split": ["train"]})
THREE = TrainingOptions(seeds=3, steps=4)
DICE = {7: 0.5, 8: 0.7, 9: 0.6}


class Networks(dict):
    """Stands in for the store of networks."""

    def read(self, key: str) -> keras.Model:
        return self[key][0]

    def read_facts(self, key: str) -> dict[str, Any]:
        return self[key][1]

    def write(self, key: str, network: keras.Model, facts: Any) -> None:
        self[key] = (network, json.loads(json.dumps(facts)))


class Checkpoint:
    """Stands in for the checkpoint."""

    kept: Any = None

    def write(self, arrays: Any, facts: Any) -> None:
        self.kept = (dict(arrays), dict(facts))

    def read(self) -> Any:
        return self.kept


class Trainings:
    """Stands in for `train_segmenter`: the logit of each network is its seed, everywhere."""

    def __init__(self, interrupted_at: int | None = None, dice: dict[int, float | None] = DICE) -> None:
        self.seen: list[tuple[int, bool]] = []
        self.interrupted_at = interrupted_at
        self.dice = dice

    def __call__(self, *, options: TrainingOptions, seed: int, listener: Any, checkpoint: Any) -> Trained:
        self.seen.append((seed, options.resume))
        listener({"step": 2, "progress": 0.5, "minutes": 1.0, "minutes_left": 1.0})
        if checkpoint:
            checkpoint.write({}, {"step": 2})
        if seed == self.interrupted_at:
            raise KeyboardInterrupt
        record = {
            "options": options.describe(),
            "seed": seed,
            "parameters": 2,
            "steps": 4,
            "best_step": seed,
            "validation_dice": self.dice[seed],
        }
        return Trained(constant(float(seed)), pd.DataFrame([dict.fromkeys(CURVES, float(seed))]), "layers", record)


def constant(logit: float) -> keras.Model:
    images = keras.Input((2, 2, 1), name="images")
    start = {"kernel_initializer": "zeros", "bias_initializer": keras.initializers.Constant(logit)}
    return keras.Model(images, keras.layers.Conv2D(1, 1, **start, name="logits")(images))


def train(
    trainings: Callable[..., Trained], networks: Networks, options: TrainingOptions = THREE, checkpoint: Any = None, events: Any = None
) -> Trained:
    follow = events.append if events is not None else lambda _: None
    return train_seeds(trainings, INDEX, options=options, seed=7, listener=follow, checkpoint=checkpoint, finished=networks)


def test_several_seeds_are_averaged_and_their_spread_is_recorded() -> None:
    trained = train(Trainings(), Networks())
    chance = expit(trained.model.predict_on_batch(np.ones((1, 2, 2, 1))))
    np.testing.assert_allclose(chance, np.mean(expit([7.0, 8.0, 9.0])), rtol=1e-6)
    assert trained.record["validation_dice"] == pytest.approx(0.6)
    assert trained.record["validation_dice_standard_deviation"] == pytest.approx(0.1)
    assert trained.record["members"][1] == {"seed": 8, "steps": 4, "best_step": 8, "validation_dice": 0.7}
    assert (trained.record["seed"], trained.record["steps"], trained.record["parameters"]) == (7, 12, 6)
    assert trained.curves["seed"].tolist() == trained.curves["step"].tolist() == [7, 8, 9]
    assert trained.summary.startswith("The mean of 3 networks like this one:\n\n")


def test_an_average_can_be_repeated_where_each_of_its_networks_can() -> None:
    records = [train(Trainings(), Networks(), TrainingOptions(steps=4)) for _ in range(2)]
    facts = [{"marks": {}, "curves": [], "record": trained.record | {"repeatable": True}} for trained in records]
    networks = [trained.model for trained in records]
    assert average_members([Member(*each) for each in zip(networks, facts, strict=True)]).record["repeatable"]
    facts[1]["record"]["repeatable"] = False
    assert not average_members([Member(*each) for each in zip(networks, facts, strict=True)]).record["repeatable"]


def test_one_seed_is_left_as_it_was_trained() -> None:
    networks = Networks()
    trained = train(Trainings(), networks, TrainingOptions(steps=4))
    assert "members" not in trained.record
    assert list(trained.curves) == CURVES
    assert not networks


def test_where_nobody_validates_there_is_no_dice_to_spread() -> None:
    record = train(Trainings(dice=dict.fromkeys(DICE)), Networks()).record
    assert (record["validation_dice"], record["validation_dice_standard_deviation"]) == (None, None)


def test_the_listener_sees_one_training_as_long_as_all_together() -> None:
    events: list[dict[str, float]] = []
    train(Trainings(), Networks(), events=events)
    assert [event["step"] for event in events] == [2, 6, 10]
    assert [event["progress"] for event in events] == pytest.approx([0.5 / 3, 1.5 / 3, 2.5 / 3])
    assert [event["minutes_left"] for event in events] == [5, 3, 1]


def test_an_interrupted_training_goes_on_with_the_member_that_was_interrupted() -> None:
    networks, checkpoint, again = Networks(), Checkpoint(), Trainings()
    with pytest.raises(KeyboardInterrupt):
        train(Trainings(interrupted_at=8), networks, checkpoint=checkpoint)
    resumed = train(again, networks, THREE.model_copy(update={"resume": True}), checkpoint)
    assert again.seen == [(8, True), (9, False)]
    pd.testing.assert_frame_equal(resumed.curves, train(Trainings(), Networks()).curves)
    assert resumed.record == train(Trainings(), Networks()).record


def test_interrupted_between_two_members_the_next_begins_afresh() -> None:
    """The state that is there is that of the first, which is ready."""
    networks, checkpoint, again = Networks(), Checkpoint(), Trainings()
    with pytest.raises(KeyboardInterrupt):
        train(Trainings(interrupted_at=8), networks, checkpoint=checkpoint)
    OwnState(checkpoint, name_state(INDEX, THREE, 7)).write({}, {"step": 4})
    train(again, networks, THREE.model_copy(update={"resume": True}), checkpoint)
    assert again.seen == [(8, False), (9, False)]


def test_at_another_rate_the_interrupted_member_goes_on_first_and_those_that_are_ready_are_trained_again() -> None:
    """What was trained at another rate is another network, and the state of the interrupted one must be read before another replaces it."""
    networks, checkpoint, again = Networks(), Checkpoint(), Trainings()
    with pytest.raises(KeyboardInterrupt):
        train(Trainings(interrupted_at=8), networks, checkpoint=checkpoint)
    events: list[dict[str, float]] = []
    resumed = train(again, networks, THREE.model_copy(update={"resume": True, "learning_rate": 1e-3}), checkpoint, events)
    assert again.seen == [(8, True), (7, False), (9, False)]
    assert [member["seed"] for member in resumed.record["members"]] == [7, 8, 9]
    assert [event["step"] for event in events] == [2, 6, 10]


def test_a_new_training_takes_nothing_from_an_interrupted_one() -> None:
    networks, again = Networks(), Trainings()
    with pytest.raises(KeyboardInterrupt):
        train(Trainings(interrupted_at=8), networks)
    train(again, networks)
    assert again.seen == [(7, False), (8, False), (9, False)]


def test_networks_that_another_training_of_the_cohort_removes_are_not_lost() -> None:
    """Each training that ends removes what is kept until all are there, also what a second one in another terminal has kept."""
    networks, others = Networks(), Trainings()

    def train_beside(**arguments: Any) -> Trained:
        networks.clear()
        return others(**arguments)

    assert train(train_beside, networks).record == train(Trainings(), Networks()).record


def test_another_split_is_not_resumed() -> None:
    networks, checkpoint = Networks(), Checkpoint()
    with pytest.raises(KeyboardInterrupt):
        train(Trainings(interrupted_at=8), networks, checkpoint=checkpoint)
    other, options = INDEX.assign(split="test"), THREE.model_copy(update={"resume": True})
    with pytest.raises(UserError, match=r"the cohort, its split, its plan or the file in `training\.weights` has changed"):
        train_seeds(Trainings(), other, options=options, seed=7, listener=print, checkpoint=checkpoint, finished=networks)
