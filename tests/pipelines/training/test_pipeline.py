import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from scipy.special import expit

from tumourflow.datasets import CheckpointDataset
from tumourflow.errors import UserError
from tumourflow.folds.names import name_fold
from tumourflow.folds.recipe import describe_recipe, fingerprint_networks
from tumourflow.imaging.augmentation import record_policy
from tumourflow.imaging.layout import InputLayout
from tumourflow.options import AugmentationOptions, PredictionOptions, PreparationOptions, SplittingOptions, TrainingOptions
from tumourflow.pipelines.training import create_pipeline, nodes


class Store(SimpleNamespace):
    """Stands in for the array store."""

    index: pd.DataFrame
    arrays: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


class Listener(list):
    """Keeps the events and whether it was closed."""

    closed = False

    def __call__(self, event: dict[str, float]) -> None:
        self.append(event)

    def close(self) -> None:
        self.closed = True


def store(splits: list[str]) -> Store:
    count = len(splits)
    masks = np.zeros((count, 32, 32), np.uint8)
    masks[:, 8:16, 8:16] = 1
    images = masks[..., None].astype(np.float16)
    index = pd.DataFrame(
        {
            "case_id": [f"{row}/0" for row in range(count)],
            "patient": [str(row) for row in range(count)],
            "slice": 0,
            "split": splits,
            "tumour": True,
        }
    )
    return Store(index=index, arrays={"images": images, "masks": masks})


OUTPUTS = ("segmenter", "training_curves", "network_summary", "training_record")


TWO_STEPS = TrainingOptions(width=4, depth=1, batch=2, steps=2, validations=2, coarse=0)


class Networks(dict):
    """Stands in for a store of networks."""

    def read(self, key: str):
        return self[key][0]

    def read_facts(self, key: str) -> dict:
        return self[key][1]

    def write(self, key: str, network, facts: dict) -> None:
        self[key] = (network, json.loads(json.dumps(facts)))


CASES = pd.DataFrame(
    {"case_id": ["0/0"], "group": ["0"], "image": ["1"], "mask": ["2"], "label": [""], "site": [""], "official_fold": [-1]}
)


def run(
    model_input: Store,
    listener: Listener,
    options: TrainingOptions = TWO_STEPS,
    checkpoint=None,
    seeds=None,
    fold_networks=None,
    seed: int = 0,
    leaky: bool = False,
    **parameters: Any,
) -> dict:
    inputs = {
        "cases": CASES,
        "preparation": {"size": 32},
        "params:prediction": PredictionOptions(),
        "params:splitting": SplittingOptions(),
        "seed_networks": Networks() if seeds is None else seeds,
        "fold_networks": fold_networks or Networks(),
        "finished_folds": {},
        "model_input": model_input,
        "augmentation_policy": record_policy(AugmentationOptions(), InputLayout(channels=1, lead_channel=0, context=1)),
        "plan": {"training": {"network": "unet", "width": 3, "depth": 1, "batch": 2}, "preparation": {}},
        "params:training": options,
        "params:augmentation": AugmentationOptions(),
        "params:preparation": PreparationOptions(size=32),
        "params:seed": seed,
        "training_listener": listener,
        "training_checkpoint": checkpoint,
        "splits": model_input.index.assign(fold=-1),
        "params:protocol": "slice" if leaky else "patient",
        "params:folds": None,
        "params:fold": 0,
        "leakage_report": {"leaky": leaky, "protocol": "slice" if leaky else "patient"},
        **{f"params:{name}": value for name, value in parameters.items()},
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for output in OUTPUTS:
        catalog[output] = MemoryDataset(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in OUTPUTS}


def test_the_room_leaves_a_network_its_curves_its_layers_and_its_record() -> None:
    listener = Listener()
    left = run(store(["train", "train", "validation"]), listener)
    assert left["segmenter"].predict_on_batch(np.zeros((1, 32, 32, 3))).shape == (1, 32, 32, 1)
    assert left["training_curves"]["step"].tolist() == [1, 2]
    assert len([event for event in listener if "validation_dice" in event]) == 2
    assert left["network_summary"].startswith('Model: "unet"')
    assert left["training_record"]["options"]["width"] == 4
    assert left["training_record"]["steps"] == 2
    assert listener.closed


def test_parameters_that_the_room_alone_would_pass_over_are_refused() -> None:
    """The record would say that the network was trained so."""
    slices = store(["train", "train", "validation"])
    with pytest.raises(UserError, match=r"made by other parameters: `augmentation\.rotation` is 0\.0 and was 30.*\. Give the same"):
        run(slices, Listener(), augmentation=AugmentationOptions(rotation=0))
    with pytest.raises(UserError, match=r"made by other parameters: `preparation\.size` is 64 and was 32\. Give the same"):
        run(slices, Listener(), preparation=PreparationOptions(size=64))


def test_a_split_that_the_room_alone_would_pass_over_is_refused() -> None:
    """Every fold of a loop would be that of the last run, and a network for everybody one of some."""
    slices = store(["train", "train", "validation"])
    with pytest.raises(UserError, match="`folds` is 3 and `fold` is 1, but the split at hand was made without folds: make the split anew"):
        run(slices, Listener(), folds=3, fold=1)
    with pytest.raises(UserError, match="`protocol` is all, but the split at hand was made under patient: make the split anew"):
        run(slices, Listener(), protocol="all")


@pytest.mark.parametrize("leaky", [False, True])
def test_a_network_that_has_learned_from_whoever_judges_here_is_no_beginning(leaky: bool, tmp_path, monkeypatch) -> None:
    """Unless the split leaks anyway, and all that follows says so."""
    model_input = store(["train", "train", "validation"])
    names = model_input.index["case_id"].tolist()
    cases = pd.DataFrame({"case_id": names, "patient": names, "group": names, "image": names, "blank": False})
    monkeypatch.setattr(
        nodes, "find_learned", lambda *_: pd.DataFrame({"patient": "of another name", "image": names[2:], "split": "train"})
    )
    weights = tmp_path / "of_another_split.keras"
    weights.write_bytes(b"no network")
    options = TWO_STEPS.model_copy(update={"weights": str(weights)})
    report = {"leaky": leaky, "protocol": "slice" if leaky else "patient"}
    policy = record_policy(AugmentationOptions(), InputLayout(channels=1, lead_channel=0, context=1))
    inputs = (model_input, cases, policy, {"training": {}}, options, 0)
    expected = "cannot be read as a Keras network" if leaky else "Leak: the network in `training.weights` .* has learned from 1 "
    with pytest.raises(UserError, match=expected):
        nodes.train_network(*inputs, Listener(), None, Networks(), Networks(), "", {}, "", report)


def test_where_the_network_is_automatic_the_planned_one_is_trained_and_recorded() -> None:
    left = run(store(["train", "train", "validation"]), Listener(), TrainingOptions(network="auto", steps=2, validations=2))
    options = left["training_record"]["options"]
    assert (options["network"], options["width"], options["depth"], options["batch"], options["steps"]) == ("unet", 3, 1, 2, 2)
    assert left["segmenter"].get_layer("down_0_1_conv").filters == 3


def test_a_cohort_without_validation_patients_stops_the_room() -> None:
    with pytest.raises(UserError, match="validation patients"):
        run(store(["train", "train", "test"]), Listener())


def test_where_all_patients_train_the_last_weights_stay_and_nothing_stops_early() -> None:
    left = run(store(["train"] * 3), Listener(), TrainingOptions(width=4, depth=1, batch=2, steps=6, validations=6, patience=1, coarse=0))
    assert (left["training_record"]["steps"], left["training_record"]["best_step"]) == (6, 6)
    assert left["training_record"]["validation_dice"] is None
    assert left["training_curves"]["validation_dice"].isna().all()
    json.dumps(left["training_record"], allow_nan=False)


def test_the_listener_is_closed_when_the_training_fails() -> None:
    broken, listener = store(["train", "train", "validation"]), Listener()
    broken.arrays["images"][:] = np.nan
    with pytest.raises(UserError, match="The loss is nan"):
        run(broken, listener)
    assert listener.closed


SPLITS = ["train", "train", "validation"]
TWO_SEEDS = TWO_STEPS.model_copy(update={"seeds": 2})


class StoppingListener(Listener):
    """Interrupts the second network after its first step."""

    def __call__(self, event: dict[str, float]) -> None:
        super().__call__(event)
        if event["step"] == 4:
            raise KeyboardInterrupt


def test_several_seeds_give_one_network_that_is_the_mean_of_each() -> None:
    single = [run(store(SPLITS), Listener(), seed=seed)["segmenter"] for seed in (0, 1)]
    listener = Listener()
    left = run(store(SPLITS), listener, TWO_SEEDS)
    images = np.random.default_rng(0).normal(size=(1, 32, 32, 3)).astype(np.float32)
    expected = np.mean([expit(network.predict_on_batch(images)) for network in single], axis=0)
    np.testing.assert_allclose(expit(left["segmenter"].predict_on_batch(images)), expected, rtol=1e-4)
    assert left["training_curves"]["seed"].tolist() == [0, 0, 1, 1]
    assert [event["step"] for event in listener if "validation_dice" in event] == [1, 2, 3, 4]
    record = left["training_record"]
    assert [member["seed"] for member in record["members"]] == [0, 1]
    dice = [member["validation_dice"] for member in record["members"]]
    assert record["validation_dice_standard_deviation"] == pytest.approx(np.std(dice, ddof=1))
    assert record["options"] == TWO_STEPS.describe()
    assert listener.closed


def test_several_seeds_interrupted_in_the_second_end_as_if_nothing_had_been(tmp_path) -> None:
    checkpoint, seeds = CheckpointDataset(filepath=str(tmp_path / "state.npz")).load(), Networks()
    with pytest.raises(KeyboardInterrupt):
        run(store(SPLITS), StoppingListener(), TWO_SEEDS, checkpoint, seeds)
    assert len(seeds) == 1
    listener = Listener()
    resumed = run(store(SPLITS), listener, TWO_SEEDS.model_copy(update={"resume": True}), checkpoint, seeds)
    # Step 3, the first of the second network, was kept.
    assert {event["step"] for event in listener} == {4}
    whole = run(store(SPLITS), Listener(), TWO_SEEDS)
    for one, other in zip(resumed["segmenter"].get_weights(), whole["segmenter"].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_networks_of_folds_are_averaged_in_place_of_a_training() -> None:
    """They are found by the fingerprint of the cross-validation, which has the same parameters but for the protocol."""
    policy = record_policy(AugmentationOptions(), InputLayout(channels=1, lead_channel=0, context=1))
    recipe = describe_recipe({"size": 32}, policy, TWO_STEPS.describe(), 0, PredictionOptions(), SplittingOptions())
    folds = Networks()
    for fold in (0, 1):
        left = run(store(SPLITS), Listener(), seed=fold)
        facts = {"record": left["training_record"], "curves": left["training_curves"].to_dict("records"), "marks": {"fold": fold}}
        folds.write(name_fold(fingerprint_networks(CASES, recipe), 2, fold), left["segmenter"], facts)
    listener = Listener()
    average = run(store(["train"] * 3), listener, TWO_STEPS.model_copy(update={"average_folds": True}), fold_networks=folds)
    assert not listener
    assert average["segmenter"].count_params() == sum(network.count_params() for network, _ in folds.values())
    assert average["training_record"]["options"] == TWO_STEPS.describe()
    assert average["training_record"]["seed"] == 0
    with pytest.raises(UserError, match="train them with kedro run --pipeline=cross_validation"):
        run(store(["train"] * 3), Listener(), TWO_STEPS.model_copy(update={"average_folds": True, "width": 8}), fold_networks=folds)


@pytest.mark.parametrize("leaky", [True, False])
def test_curves_and_record_tell_whether_the_split_leaks(leaky) -> None:
    left = run(store(["train", "train", "validation"]), Listener(), leaky=leaky)
    assert left["training_curves"]["leaky"].tolist() == [leaky, leaky]
    assert left["training_record"]["leaky"] is leaky
