import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.datasets import CheckpointDataset
from tumourflow.errors import UserError
from tumourflow.imaging.augmentation import record_policy
from tumourflow.imaging.layout import InputLayout
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import AugmentationOptions, PredictionOptions, SplittingOptions, TrainingOptions
from tumourflow.pipelines.cross_validation import create_pipeline
from tumourflow.pipelines.cross_validation.nodes import deal_folds, pool_scores

PREPARATION = Preparation(32, "none", "zscore", 0, 0, 1)
TINY = TrainingOptions(width=4, depth=1, batch=4, steps=30, validations=2, learning_rate=0.01, coarse=0)
PLAN = {"training": {"network": "unet", "width": 4, "depth": 1, "batch": 4}}
PATIENTS = "abcdef"
PREDICTION = PredictionOptions(mirrors=False, threshold=0.5, components=0, minimum_area=0)


class Store(SimpleNamespace):
    """Stands in for the array store."""

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


class Images:
    """Squares on noise; the mask of a case has its name."""

    def __init__(self) -> None:
        self.masks = {f"{patient}/{number}": square(patient, number) for patient in PATIENTS for number in range(3)}

    def read(self, key: str) -> np.ndarray:
        return (100 * self.masks[key]).astype(np.uint8)

    def read_mask(self, key: str) -> np.ndarray:
        return self.masks[key]


class Tables(dict):
    """Stands in for the store of the folds' scores."""

    read = dict.__getitem__


class Networks(dict):
    """Stands in for the store of the folds' networks."""

    def read(self, key: str) -> Any:
        return self[key][0]

    def write(self, key: str, network: Any, facts: Mapping[str, Any]) -> None:
        self[key] = (network, json.loads(json.dumps(facts)))


class StoreDataset(AbstractDataset):
    """Adds what is saved, one table after the other, as the real one does."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def load(self) -> Tables:
        return self.tables

    def save(self, data: Any) -> None:
        for name, table in data:
            self.tables[name] = table

    def _describe(self) -> dict[str, Any]:
        return {}


class Kept(MemoryDataset):
    def _release(self) -> None: ...


class Tracker:
    """Keeps what each fold reported."""

    def __init__(self, fail_at: int | None = None, break_in: int | None = None, name: str = "run") -> None:
        self.figures: dict[str, Any] = {}
        self.opened: list[str] = []
        self.fail_at, self.break_in, self.name = fail_at, break_in, name

    @contextmanager
    def __call__(self, name: str, values: Mapping[str, Any], run_id: str | None = None) -> Iterator[Any]:
        if values["fold"] == self.fail_at:
            raise KeyboardInterrupt

        self.opened.append(run_id or f"{self.name} of {name}")

        class Fold:
            run_id = self.opened[-1]

            def __call__(self, event: dict[str, float], breaks: bool = values["fold"] == self.break_in) -> None:
                if breaks:
                    raise KeyboardInterrupt

            def report(self, figures: Mapping[str, Any], tracker: "Tracker" = self) -> None:
                tracker.figures[name] = figures

        yield Fold()


def square(patient: str, number: int) -> np.ndarray:
    mask = np.zeros((32, 32), bool)
    if number:
        start = 4 + 2 * PATIENTS.index(patient)
        mask[start : start + 8, 8:16] = True
    return mask


def run(
    tables: Tables,
    tracker: Tracker,
    folds: int | None = 2,
    training: TrainingOptions = TINY,
    networks: Networks | None = None,
    state: Any = None,
    prediction: PredictionOptions = PREDICTION,
) -> dict[str, Any]:
    rows = [(f"{patient}/{number}", patient, number) for patient in PATIENTS for number in range(3)]
    cases = pd.DataFrame(rows, columns=["case_id", "patient", "slice"])
    masks = np.stack([square(patient, number) for _, patient, number in rows])
    pixels = masks.sum(axis=(1, 2))
    cases = cases.assign(site="CS", group=cases["patient"], label="", image=cases["case_id"], mask=cases["case_id"], tumour_pixels=pixels)
    cases = cases.assign(
        family=cases["patient"], official_fold=-1, height=32, width=32, channels=1, blank=False, pixel_height=0.5, pixel_width=0.5
    )
    index = cases[["case_id", "patient", "slice"]].assign(split="train", tumour=pixels > 0, labelled=True)
    index = index.assign(top=0, left=0, side=32, height=32, width=32)
    noise = np.random.default_rng(0).normal(size=(*masks.shape, 1))
    inputs = {
        "cases": cases,
        "splits": cases[["case_id", "patient"]].assign(split="train", fold=cases["patient"].map(lambda name: PATIENTS.index(name) % 2)),
        "images": Images(),
        "model_input": Store(
            index=index, arrays={"images": (3 * masks[..., None] + noise).astype(np.float16), "masks": masks.astype(np.uint8)}
        ),
        "preparation": PREPARATION.to_dict(),
        "augmentation_policy": record_policy(AugmentationOptions(), InputLayout(channels=1, lead_channel=0, context=0)),
        "leakage_report": {"protocol": "patient", "leaky": False},
        "fold_tracker": tracker,
        "finished_folds": tables,
        "fold_checkpoint": state,
        "fold_networks": Networks() if networks is None else networks,
        "plan": PLAN,
        "params:training": training,
        "params:prediction": prediction,
        "params:splitting": SplittingOptions(validation=0.2),
        "params:seed": 0,
        "params:folds": folds,
        "params:protocol": "patient",
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    catalog["fold_scores"] = StoreDataset(tables)
    for name in ("fold_splits", "cross_validated_metrics"):
        catalog[name] = Kept()
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in ("fold_splits", "cross_validated_metrics")}


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks()


@pytest.fixture(scope="module")
def finished(networks: Networks) -> tuple[Tables, Tracker, dict[str, Any]]:
    tables, tracker = Tables(), Tracker()
    return tables, tracker, run(tables, tracker, networks=networks)


def test_every_patient_is_tested_once_and_the_scores_are_pooled(finished) -> None:
    tables, tracker, left = finished
    tested = pd.concat(tables.values())
    assert sorted(tested["case_id"]) == sorted(f"{patient}/{number}" for patient in PATIENTS for number in range(3))
    assert list(tested["site"].unique()) == ["CS"]
    assert not tested["leaky"].any()
    metrics = left["cross_validated_metrics"]
    assert metrics["complete"]
    assert metrics["cross_validated"]["volume_dice"]["n"] == len(PATIENTS)
    assert metrics["mean_over_folds"]["volume_dice"]["n"] == 2
    assert list(tracker.figures) == ["fold 0, seed 0", "fold 1, seed 0"]
    assert tracker.figures["fold 0, seed 0"]["test"]["volume_dice"]["n"] == 3
    trained = left["fold_splits"].groupby("turn")["split"].value_counts().unstack()
    assert trained["test"].tolist() == [9, 9]


def test_an_interrupted_cross_validation_goes_on_with_the_fold_that_is_missing() -> None:
    tables = Tables()
    with pytest.raises(KeyboardInterrupt):
        run(tables, Tracker(fail_at=1))
    assert len(tables) == 1
    tracker = Tracker()
    assert run(tables, tracker)["cross_validated_metrics"]["complete"]
    assert list(tracker.figures) == ["fold 1, seed 0"]


def test_the_network_of_each_fold_is_kept_under_the_number_of_its_scores(finished, networks) -> None:
    assert [name.partition("/")[2] for name in networks] == [name.partition("/")[2] for name in finished[0]] == ["2-0", "2-1"]
    for fold, (network, facts) in enumerate(networks.values()):
        assert network.predict_on_batch(np.zeros((1, 32, 32, 1))).shape == (1, 32, 32, 1)
        assert (facts["marks"], facts["record"]["seed"], len(facts["curves"])) == ({"fold": fold}, 0, 2)


def test_networks_that_are_asked_in_another_way_are_scored_and_not_trained_again(finished, networks) -> None:
    tables, tracker, kept = Tables(finished[0]), Tracker(break_in=0), Networks(networks)
    left = run(tables, tracker, networks=kept, prediction=PREDICTION.model_copy(update={"mirrors": True}))
    assert list(tracker.figures) == ["fold 0, seed 0", "fold 1, seed 0"]
    assert left["cross_validated_metrics"]["complete"]
    assert (len(tables), kept) == (4, networks)


def test_more_seeds_reuse_the_first_and_tell_their_spread_and_what_their_average_is_worth(finished, networks) -> None:
    tables, tracker, kept = Tables(finished[0]), Tracker(), Networks(networks)
    metrics = run(tables, tracker, training=TINY.model_copy(update={"seeds": 2}), networks=kept)["cross_validated_metrics"]
    assert list(tracker.figures) == ["fold 0, seed 1", "fold 1, seed 1", "fold 0, mean of 2 seeds", "fold 1, mean of 2 seeds"]
    assert len(kept) == 4
    ensemble = metrics["ensemble_of_seeds"]
    assert ensemble["cross_validated"]["volume_dice"]["n"] == len(PATIENTS)
    gain = ensemble["against_single_seeds"]["volume_dice"]
    assert gain["ensemble"] == pytest.approx(ensemble["cross_validated"]["volume_dice"]["value"])
    assert gain["single"] == pytest.approx(np.mean(metrics["between_seeds"]["volume_dice"]["values"]))
    assert gain["low"] <= gain["difference"] <= gain["high"]
    first, second = metrics["between_seeds"]["volume_dice"]["values"]
    assert first == metrics["cross_validated"]["volume_dice"]["value"]
    assert metrics["between_seeds"]["volume_dice"]["standard_deviation"] == pytest.approx(abs(first - second) / 2**0.5)


def test_folds_that_were_scored_when_no_networks_were_kept_have_no_average(finished) -> None:
    tables, tracker = Tables(finished[0]), Tracker()
    metrics = run(tables, tracker, training=TINY.model_copy(update={"seeds": 2}))["cross_validated_metrics"]
    assert list(tracker.figures) == ["fold 0, seed 1", "fold 1, seed 1"]
    assert metrics["ensemble_of_seeds"] == {}
    assert len(metrics["between_seeds"]["volume_dice"]["values"]) == 2


def test_resumed_between_two_folds_the_next_one_begins_afresh(finished, tmp_path) -> None:
    """The state that is there is that of the fold that is finished."""
    state, tables = CheckpointDataset(filepath=str(tmp_path / "state.npz")).load(), Tables()
    with pytest.raises(KeyboardInterrupt):
        run(tables, Tracker(fail_at=1), state=state)
    resumed = run(tables, Tracker(), training=TINY.model_copy(update={"resume": True}), state=state)
    whole = finished[2]["cross_validated_metrics"]["cross_validated"]
    assert resumed["cross_validated_metrics"]["cross_validated"] == whole


def test_resumed_within_a_fold_it_goes_on_in_the_run_of_that_fold(finished, tmp_path) -> None:
    state, tables = CheckpointDataset(filepath=str(tmp_path / "state.npz")).load(), Tables(finished[0])
    del tables[list(tables)[1]]
    with pytest.raises(KeyboardInterrupt):
        run(tables, Tracker(break_in=1, name="first run"), state=state)
    tracker = Tracker(name="another run")
    run(tables, tracker, training=TINY.model_copy(update={"resume": True}), state=state)
    assert tracker.opened == ["first run of fold 1, seed 0"]


def test_at_another_rate_the_interrupted_fold_goes_on_first_in_its_own_run(finished, tmp_path) -> None:
    """Folds that were finished at the first rate are folds of another cross-validation."""
    state, tables = CheckpointDataset(filepath=str(tmp_path / "state.npz")).load(), Tables(finished[0])
    del tables[list(tables)[1]]
    with pytest.raises(KeyboardInterrupt):
        run(tables, Tracker(break_in=1, name="first run"), state=state)
    tracker, before = Tracker(name="another run"), len(tables)
    left = run(tables, tracker, training=TINY.model_copy(update={"resume": True, "learning_rate": 0.001}), state=state)
    assert tracker.opened == ["first run of fold 1, seed 0", "another run of fold 0, seed 0"]
    assert left["cross_validated_metrics"]["complete"]
    assert len(tables) == before + 2


def test_pooled_figures_are_leaky_where_any_turn_leaks_though_that_of_the_run_does_not(finished) -> None:
    report, splits = {"protocol": "official", "leaky": False}, pd.DataFrame({"turn": [0, 1], "leaky": [False, True]})
    tables = finished[0]
    pooled = pool_scores(tables, next(iter(tables)).partition("/")[0], splits, report, TINY)
    assert (pooled["leaky"], pooled["protocol"]) == (True, "official")


def test_published_folds_with_gaps_are_dealt_in_their_order() -> None:
    """Files of folds 1 and 3 are not at hand, and nobody has asked for these."""
    names = [f"p{number}" for number in range(9)]
    cases = pd.DataFrame({"case_id": names, "patient": names, "group": names, "family": names, "image": names, "mask": names})
    cases = cases.assign(label="", site="", tumour_pixels=5, blank=False, official_fold=[0, 2, 4] * 3)
    splits = cases[["case_id", "patient"]].assign(split="train", fold=cases["official_fold"])
    dealt = deal_folds(cases, splits, SplittingOptions(), 0, None, "official")
    assert sorted(set(dealt["turn"])) == [0, 1, 2]
    assert dealt.loc[dealt["split"] == "test", "case_id"].tolist() == names[::3] + names[1::3] + names[2::3]


def test_without_folds_it_says_what_to_give() -> None:
    with pytest.raises(UserError, match="how many folds: --params=folds=5"):
        run(Tables(), Tracker(), folds=None)


def test_a_planned_network_is_known_again_by_what_was_planned(finished) -> None:
    """The same network under its own name or as a plan has the same fingerprint, and its folds are not trained again."""
    tables, tracker = Tables(finished[0]), Tracker()
    automatic = TINY.model_copy(update={"network": "auto"})
    assert run(tables, tracker, training=automatic)["cross_validated_metrics"]["complete"]
    assert not tracker.figures
