import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.classical import tuning
from tumourflow.classical.field import Sight
from tumourflow.classical.registry import METHODS
from tumourflow.errors import UserError
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import BaselineOptions, IngestionOptions
from tumourflow.pipelines.baselines import create_pipeline
from tumourflow.pipelines.methods import create_pipeline as create_methods

OUTPUTS = (
    "baseline_choices",
    "baseline_scores",
    "baselines_metrics",
    "baselines_metrics_by_method",
    "baseline_outlines",
    "methods_table",
    "methods_overview",
)
PREPARATION = Preparation(size=32, crop="none", normalisation="zscore", context=0, lead_channel=0, channels=1)
CLEAN = {"protocol": "patient", "leaky": False}


class Store:
    """Stands in for an array store."""

    def __init__(self, index, **arrays):
        self.index = index
        self._arrays = arrays

    def __getitem__(self, name):
        return self._arrays[name]


class Images(dict):
    """Stands in for the image store."""

    read = dict.__getitem__
    read_mask = dict.__getitem__


class Kept(MemoryDataset):
    """Is not emptied once its readers have run."""

    def release(self) -> None:
        pass


class Masks(Kept):
    """Reads the stream of masks, as the folder does."""

    def save(self, data) -> None:
        super().save(Images(data))


class Tables(dict):
    """Stands in for the store of the methods' scores."""

    read = dict.__getitem__


class KeptTables(Kept):
    """Adds what is saved to the store, as its dataset does."""

    def save(self, data) -> None:
        super().save(Tables({**(self.load() if self.exists() else {}), **dict(data)}))


@pytest.fixture(scope="module")
def cohort():
    """Six patients of two slices, twice as large as the network's input; the first slice has a bright tumour."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:64, :64]
    head, tumour = (rows - 32) ** 2 + (columns - 32) ** 2 < 28**2, (rows - 24) ** 2 + (columns - 42) ** 2 < 8**2
    pixels, names = Images(empty=tumour & False), []
    for patient in "abcdef":
        for place in (1, 2):
            grey = np.where(head, 90 + (80 * tumour if place == 1 else 0) + rng.normal(0, 3, (64, 64)), 0)
            pixels[f"{patient}{place}"] = grey.astype(np.uint8)
            names.append((f"{patient}/{place}", patient, place, f"{patient}{place}", "tumour" if place == 1 else "empty"))
    pixels["tumour"] = tumour
    cases = pd.DataFrame(names, columns=["case_id", "patient", "slice", "image", "mask"])
    cases = cases.assign(site="", group=cases["patient"], pixel_height=0.5, pixel_width=0.5)
    cases["tumour_pixels"] = np.where(cases["mask"] == "tumour", tumour.sum(), 0)
    split = cases["patient"].map(dict(zip("abcdef", ["train"] * 3 + ["validation"] + ["test"] * 2, strict=True)))
    splits = cases[["case_id", "patient"]].assign(split=split, fold=-1)
    prepared = [PREPARATION.prepare([pixels[key] for key in of["image"]])[0] for _, of in cases.groupby("patient")]
    frame = PREPARATION.measure([pixels["a1"]])
    masks = np.stack([PREPARATION.apply_mask(pixels[key], frame) for key in cases["mask"]]).astype(np.uint8)
    index = cases[["case_id", "patient", "slice"]].assign(split=split, top=0, left=0, side=64, height=64, width=64)
    store = Store(index, images=np.concatenate([np.stack(each) for each in prepared]).astype(np.float16), masks=masks)
    return {"cases": cases, "splits": splits, "images": pixels, "model_input": store}


def run(cohort: dict, leakage=CLEAN, scheduler="synchronous", method_scores=None, **changed) -> dict:
    inputs = {
        **cohort,
        "preparation": PREPARATION.to_dict(),
        "leakage_report": leakage,
        "params:baselines": BaselineOptions(),
        "params:ingestion": IngestionOptions(reader="paired"),
        "params:seed": 0,
        "params:scheduler": scheduler,
        **changed,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for name in OUTPUTS:
        catalog[name] = Kept(copy_mode="assign")
    catalog["baseline_masks"] = Masks(copy_mode="assign")
    catalog["method_scores"] = method_scores or KeptTables(copy_mode="assign")
    SequentialRunner().run(create_pipeline() + create_methods(), catalog)
    return {name: catalog.load(name) for name in (*OUTPUTS, "baseline_masks", "method_scores")}


@pytest.fixture(scope="module", autouse=True)
def few_trials():
    """Of each grid the first and the last value of every parameter."""
    short = {
        name: replace(method, grid={key: values[:: len(values) - 1] for key, values in method.grid.items()})
        for name, method in METHODS.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "METHODS", short)
        patch.setattr(tuning, "list_sights", lambda polarity: [Sight(polarity, 0.015, 0.06), Sight(polarity, 0.005, 0)])
        yield


@pytest.fixture(scope="module")
def left(cohort) -> dict:
    return run(cohort)


def test_every_method_scores_every_slice_at_native_resolution(left):
    scores = left["baseline_scores"]
    assert (scores.groupby("method").size() == 12).all()
    assert scores["hd95"].notna().any()
    np.testing.assert_array_equal(scores["hd95_mm"], scores["hd95"] / 2)
    assert set(scores["method"]) == set(METHODS)
    assert (scores[["tp", "fp", "fn", "tn"]].sum(axis=1) == 64 * 64).all()
    assert scores.columns[:7].tolist() == ["case_id", "patient", "group", "site", "slice", "split", "method"]
    assert scores[["soft_dice_loss", "cross_entropy"]].isna().all(axis=None)
    fixed = scores[(scores["method"] == "fixed_threshold") & (scores["slice"] == 1)]
    assert (2 * fixed["tp"] / (2 * fixed["tp"] + fixed["fp"] + fixed["fn"])).min() > 0.9


def test_scores_are_those_of_the_masks_that_were_kept(left, cohort):
    truth = cohort["images"]["tumour"]
    row = left["baseline_scores"].query("case_id == 'e/1' and method == 'watershed'").iloc[0]
    found = left["baseline_masks"]["watershed/e/1"]
    assert (row["tp"], row["fp"]) == ((found & truth).sum(), (found & ~truth).sum())


def test_choices_tell_on_whom_they_were_made(left):
    choices = left["baseline_choices"]
    assert choices["tuned_on"] == {"train": {"patients": 3, "slices": 6}, "validation": {"patients": 1, "slices": 2}}
    assert {chosen["polarity"] for chosen in choices["methods"].values()} == {1}
    assert choices["methods"]["region_growing"]["validation_volume_dice"] > 0.8
    json.dumps(choices, allow_nan=False)


def test_test_patients_change_no_choice(left, cohort):
    store = cohort["model_input"]
    tests = (store.index["split"] == "test").to_numpy()
    images, masks = store["images"].copy(), store["masks"].copy()
    images[tests], masks[tests] = images[tests][:, ::-1] * -1, 1 - masks[tests]
    other = run(cohort, model_input=Store(store.index, images=images, masks=masks))
    assert other["baseline_choices"] == left["baseline_choices"]


def test_metrics_are_those_of_the_method_that_validation_patients_choose(left):
    metrics, by_method = left["baselines_metrics"], left["baselines_metrics_by_method"]
    best = max(METHODS, key=lambda name: by_method[name]["validation"]["volume_dice"]["value"])
    assert by_method[metrics["method"]]["validation"] == by_method[best]["validation"]
    assert {split: metrics[split] for split in ("train", "validation", "test")} == by_method[metrics["method"]]
    assert metrics["test"]["volume_dice"]["n"] == 2
    # A mask has no probabilities that a loss could be of.
    assert metrics["test"]["cross_entropy"]["n"] == 0
    assert not {"leaky", "protocol"} & set(metrics)
    json.dumps([metrics, by_method], allow_nan=False)


def test_all_methods_stand_in_one_table_beside_the_networks_of_this_split(left, cohort):
    ((key, scores), *_) = left["method_scores"].items()
    fingerprint = key.split("/")[0]
    assert set(scores["split"]) == {"validation", "test"}
    network = scores.assign(tp=scores["tp"] + scores["fn"], fp=0, fn=0)
    store = KeptTables(copy_mode="assign")
    store.save({f"{fingerprint}/network/unet-1a": network, "another split/network/unet-2b": network})
    table = run(cohort, method_scores=store)["methods_table"]
    assert set(table["method"]) == {*METHODS, "unet-1a"}
    assert set(table["reference"]) == {"unet-1a"}
    assert (table[table["measure"] == "volume_dice"]["difference"].dropna() <= 0).all()


def test_threads_give_the_same_scores(left, cohort):
    pd.testing.assert_frame_equal(run(cohort, scheduler="threads")["baseline_scores"], left["baseline_scores"])


def test_what_a_leaky_split_makes_says_so(cohort):
    left = run(cohort, leakage={"protocol": "slice", "leaky": True})
    for name in ("baselines_metrics", "baselines_metrics_by_method", "baseline_choices"):
        assert (left[name]["leaky"], left[name]["protocol"]) == (True, "slice")
    assert left["methods_table"]["leaky"].all()
    assert left["baseline_scores"]["leaky"].all()
    for name in ("baseline_outlines", "methods_overview"):
        assert left[name].axes[-1].texts[0].get_text() == "LEAKY: slice protocol"


def test_figures_show_all_methods(left):
    assert left["baseline_outlines"].get_suptitle().startswith("Classical methods beside the truth: slices of test patients")
    assert [label.get_text() for label in left["methods_overview"].axes[0].get_yticklabels()] == list(
        left["methods_table"]["method"].unique()
    )


def test_a_cohort_without_masks_is_refused_before_anything_is_tuned(cohort):
    with pytest.raises(UserError, match="The cohort has no masks"):
        run(cohort, cases=cohort["cases"].assign(mask=""), model_input=None)


def test_where_all_train_nobody_is_left_to_judge(cohort):
    with pytest.raises(UserError, match="`protocol` is all"):
        run(cohort, leakage={"protocol": "all", "leaky": False}, model_input=None)
