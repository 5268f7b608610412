from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.imaging.augmentation import record_policy
from tumourflow.imaging.layout import InputLayout
from tumourflow.options import AugmentationOptions, LeakageOptions, TrainingOptions
from tumourflow.pipelines.leakage_premium import create_pipeline, nodes


class Store(SimpleNamespace):
    """Stands in for the array store."""

    index: pd.DataFrame
    arrays: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


class Listener(list):
    """Keeps the events and how often it was closed."""

    closed = 0

    def __call__(self, event: dict[str, float]) -> None:
        self.append(event)

    def close(self) -> None:
        self.closed += 1


class Kept(MemoryDataset):
    """Is not emptied once its readers have run."""

    def _release(self) -> None:
        pass


@pytest.fixture
def store() -> Store:
    rows = [(f"{patient}/{place}", patient, place) for patient in "abcdef" for place in range(8)]
    index = pd.DataFrame(rows, columns=["case_id", "patient", "slice"])
    split = index["patient"].map(dict(zip("abcdef", ["train"] * 3 + ["validation"] + ["test"] * 2, strict=True)))
    index = index.assign(split=split, tumour=index["slice"] < 4, labelled=True)
    masks = np.zeros((len(index), 16, 16), np.uint8)
    masks[index["tumour"], 4:12, 4:12] = 1
    return Store(index=index, arrays={"images": masks[..., None].astype(np.float16), "masks": masks})


OUTPUTS = ("premium_design", "premium_scores", "leakage_premium", "leakage_premium_table", "leakage_premium_figure")


def run(model_input: Store, listener: Listener, training: TrainingOptions, leakage: LeakageOptions) -> dict:
    index = model_input.index
    cases = index[["case_id", "patient"]].assign(group=index["patient"], image=index["case_id"], blank=False)
    inputs = {
        "model_input": model_input,
        "cases": cases,
        "augmentation_policy": record_policy(AugmentationOptions(), InputLayout(channels=1, lead_channel=0, context=1)),
        "plan": {"training": {"network": "unet", "width": 3, "depth": 1, "batch": 4}},
        "params:training": training,
        "params:leakage": leakage,
        "params:seed": 0,
        "training_listener": listener,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for output in OUTPUTS:
        catalog[output] = Kept(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in OUTPUTS}


TINY = TrainingOptions(width=2, depth=1, batch=4, steps=3, validations=1, coarse=0)


def test_both_protocols_are_trained_alike_and_scored_on_the_same_slices(store) -> None:
    listener = Listener()
    left = run(store, listener, TINY, LeakageOptions(repeats=2))
    scores = left["premium_scores"]
    scored = {tuple(key): rows["case_id"].tolist() for key, rows in scores.groupby(["repeat", "protocol"])}
    assert sorted(scored) == [(0, "patient"), (0, "slice"), (1, "patient"), (1, "slice")]
    for repeat in (0, 1):
        assert scored[repeat, "patient"] == scored[repeat, "slice"]
        assert {case_id[0] for case_id in scored[repeat, "slice"]} == {"e", "f"}
    assert set(scores["train_slices"]) == {24}
    assert set(scores["steps"]) == {3}
    assert (scores[["tp", "fp", "fn", "tn"]].sum(axis=1) == 16 * 16).all()
    assert set(left["leakage_premium"]["volume_dice"]) == {"slice", "patient", "premium"}
    assert len(left["leakage_premium_table"]) == 6
    assert left["leakage_premium_figure"].get_suptitle().startswith("Experiment")
    # The curves follow one another.
    assert [event["step"] for event in listener if "validation_dice" in event] == [3, 6, 9, 12]
    assert listener.closed == 4


def test_without_steps_each_training_takes_the_minutes_of_the_experiment(store, monkeypatch) -> None:
    budgets = []

    def refuse(*_: object, options: TrainingOptions, **__: object) -> None:
        budgets.append(options.time_budget_minutes)
        raise UserError("enough")

    monkeypatch.setattr("tumourflow.training.train_segmenter", refuse)
    with pytest.raises(UserError, match="enough"):
        run(store, Listener(), TrainingOptions(time_budget_minutes=50), LeakageOptions(minutes=0.5))
    assert budgets == [0.5]


def test_the_listener_is_closed_when_a_training_fails(store) -> None:
    listener = Listener()
    store.arrays["images"][:] = np.nan
    with pytest.raises(UserError, match="The loss is nan"):
        run(store, listener, TINY, LeakageOptions())
    assert listener.closed == 1


def test_several_networks_are_refused_since_nobody_averages_them(store) -> None:
    with pytest.raises(UserError, match=r"`training\.seeds` is 3, but the networks of `leakage_premium` are not averaged: leave it out"):
        run(store, Listener(), TrainingOptions(steps=2, seeds=3), LeakageOptions())


def test_a_split_by_slice_is_refused(store) -> None:
    store.index.loc[3, "split"] = "test"
    with pytest.raises(UserError, match="protocol=patient"):
        run(store, Listener(), TINY, LeakageOptions())


def test_weights_are_fetched_and_may_not_know_whoever_judges(store, monkeypatch):
    weights = TINY.model_copy(update={"weights": "models:/a@champion"})
    monkeypatch.setattr(nodes, "fetch_weights", lambda _: "fetched.keras")
    for learned, expected in ((["e/0"], "Leak: .* has learned from 1 .* first is e"), ([], "`training.weights` is fetched.keras, allowed")):
        monkeypatch.setattr(
            nodes,
            "find_learned",
            lambda *_, images=learned: pd.DataFrame({"patient": "of another name", "image": images, "split": "train"}),
        )
        with pytest.raises(UserError, match=expected):
            run(store, Listener(), weights, LeakageOptions())
