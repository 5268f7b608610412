import json

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import PredictionOptions, SplittingOptions
from tumourflow.options.prediction import WAYS
from tumourflow.pipelines.evaluation import create_pipeline
from tumourflow.pipelines.evaluation.nodes import pool_fold_scores

OUTPUTS = (
    "case_scores",
    "seed_scores",
    "postprocessing_effects",
    "segmentation_metrics",
    "segmentation_metrics_by_group",
    "fold_scores",
    "cross_validated_metrics",
    "method_scores",
)
PREPARATION = Preparation(size=8, crop="foreground", normalisation="zscore", context=0, lead_channel=0, channels=1)


def square(size: int) -> np.ndarray:
    mask = np.zeros((10, 12), bool)
    mask[2 : 2 + size, 3 : 3 + size] = True
    return mask


class Images:
    """Stands in for the image store: a mask's key is the side of its square."""

    def read_mask(self, key: str) -> np.ndarray:
        return square(int(key))

    def read(self, key: str) -> np.ndarray:
        return np.uint8(200) * square(2)


class Masks:
    """Stands in for the folder of masks: each prediction is a square of side 2, but for slice 3, which is left empty."""

    def read(self, case_id: str) -> np.ndarray:
        return square(0 if case_id.endswith("/3") else 2)


class Store:
    """Stands in for an array store."""

    def __init__(self, index, **arrays):
        self.index = index
        self._arrays = arrays

    def __getitem__(self, name):
        return self._arrays[name]


class Kept(MemoryDataset):
    """Is not emptied when no further node needs it."""

    def release(self) -> None:
        pass


class Tables(dict):
    """Stands in for the store of the folds' scores."""

    read = dict.__getitem__


class KeptTables(Kept):
    """Adds what is saved to the store, as its dataset does."""

    def save(self, data) -> None:
        super().save(Tables({**(self.load() if self.exists() else {}), **dict(data)}))


CLEAN = {"protocol": "patient", "leaky": False}
BUNDLE = {
    "network": {"name": "unet"},
    "preparation": {"size": 8},
    "augmentation": {"flip": 0.5},
    "training": {"options": {"steps": 3}, "seed": 0},
}
SEEDS = BUNDLE | {
    "training": BUNDLE["training"] | {"members": [{"seed": 7}, {"seed": 8}]},
    "preparation": PREPARATION.to_dict(),
    "postprocessing": {"threshold": 0.4, "components": 0.2, "minimum_area": 0},
    "mirrors": True,
}


def pixelwise(weight: float, bias: float):
    """A network that looks at one pixel at a time."""
    import keras

    images = keras.Input((8, 8, 1))
    start = {"kernel_initializer": keras.initializers.Constant(weight), "bias_initializer": keras.initializers.Constant(bias)}
    return keras.Model(images, keras.layers.Conv2D(1, 1, **start, name="logits")(images))


@pytest.fixture(scope="module")
def of_seeds():
    """The average of a network that tells each pixel right, and one that sees nothing anywhere."""
    return average_of(20, 0)


def average_of(*weights: float):
    from tumourflow.networks import average_networks

    return average_networks([pixelwise(weight, -10) for weight in weights])


def run(
    keys: list[str],
    scheduler: str = "synchronous",
    leakage=CLEAN,
    folds=None,
    fold=0,
    tested=None,
    store=None,
    split=None,
    bundle=BUNDLE,
    segmenter=None,
    group=None,
    sizes=(0.5,) * 6,
    asked=None,
) -> dict:
    """Two patients of three slices whose masks have these keys; where there is a network, mirror images are used."""
    cases = pd.DataFrame({"case_id": ["b/1", "b/2", "b/3", "a/1", "a/2", "a/3"], "patient": list("bbbaaa"), "slice": [1, 2, 3] * 2})
    cases = cases.assign(
        site="CS",
        mask=keys,
        image=cases["case_id"],
        group=group or cases["patient"],
        label="",
        official_fold=-1,
        pixel_height=sizes,
        pixel_width=sizes,
    )
    splits = cases[["case_id", "patient"]].assign(split=split or ["test"] * 3 + ["train"] * 3, fold=-1)
    if folds:
        splits["fold"] = np.where(splits["split"] == "test", fold if tested is None else tested, (fold + 1) % folds)
    index = cases[["case_id", "patient", "slice"]].assign(split=splits["split"], top=0, left=0, side=8, height=10, width=12)
    target = np.array([square(int(key or 0))[:8, :8] for key in keys], np.uint8)
    inputs = {
        "predicted_masks": Masks(),
        "probabilities": Store(index, probability=target.astype(np.float16)),
        "model_input": Store(index, masks=target, images=target[..., None].astype(np.float16)),
        "segmenter": segmenter,
        "images": Images(),
        "cases": cases,
        "splits": splits,
        "preparation": PREPARATION.to_dict(),
        "postprocessing": {"threshold": 0.4, "components": 0.2, "minimum_area": 0, **({"options": asked} if asked else {})},
        "leakage_report": leakage,
        "segmenter_bundle": bundle,
        "params:prediction": PredictionOptions(**dict.fromkeys(WAYS, segmenter is not None)),
        "params:splitting": SplittingOptions(),
        "params:folds": folds,
        "params:fold": fold,
        "params:scheduler": scheduler,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    for name in OUTPUTS:
        catalog[name] = Kept()
    catalog["fold_scores"] = store or KeptTables(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in OUTPUTS}


KEYS = ["2", "3", "0", "2", "0", "0"]
ALL = {"protocol": "all", "leaky": False}


@pytest.fixture(scope="module")
def left() -> dict:
    return run(KEYS)


def test_scores_are_sorted_by_patient_and_slice_with_native_counts(left) -> None:
    scores = left["case_scores"]
    assert scores["case_id"].tolist() == ["a/1", "a/2", "a/3", "b/1", "b/2", "b/3"]
    assert scores["split"].tolist() == ["train"] * 3 + ["test"] * 3
    assert scores[["tp", "fp", "fn", "tn"]].to_numpy().tolist() == [
        [4, 0, 0, 116],
        [0, 4, 0, 116],
        [0, 0, 0, 120],
        [4, 0, 0, 116],
        [4, 0, 5, 111],
        [0, 0, 0, 120],
    ]


def test_distances_are_in_millimetres_where_pixels_have_a_size(left) -> None:
    scores, figure = left["case_scores"], left["segmentation_metrics"]["test"]["slice_hd95"]
    assert scores["hd95"].notna().any()
    np.testing.assert_array_equal(scores["hd95_mm"], scores["hd95"] / 2)
    assert figure["measured_in"] == "mm"


def test_losses_come_from_the_matching_row_at_network_resolution(left) -> None:
    # The probability equals the network's mask everywhere.
    assert left["case_scores"]["soft_dice_loss"].tolist() == [0] * 6
    assert left["case_scores"]["cross_entropy"].max() < 1e-3


def test_metrics_name_each_split(left) -> None:
    metrics = left["segmentation_metrics"]
    # a: 8 / 12; b: 16 / 21.
    assert metrics["train"]["volume_dice"]["value"] == pytest.approx(8 / 12)
    assert metrics["test"]["volume_dice"]["value"] == pytest.approx(16 / 21)
    assert metrics["validation"]["volume_dice"]["n"] == 0
    assert left["segmentation_metrics_by_group"]["test"]["site"]["CS"]["volume_dice"]["n"] == 1
    json.dumps([metrics, left["segmentation_metrics_by_group"]], allow_nan=False)


def test_cases_without_mask_are_not_scored() -> None:
    left = run(["2", "", "0", "2", "0", "0"])
    assert left["case_scores"]["case_id"].tolist() == ["a/1", "a/2", "a/3", "b/1", "b/3"]


def test_a_cohort_without_masks_has_no_figures_and_no_crash() -> None:
    left = run([""] * 6)
    assert left["case_scores"].empty
    assert left["segmentation_metrics"]["test"]["volume_dice"]["value"] is None


def test_rows_of_a_split_that_does_not_leak_say_so(left) -> None:
    assert not left["case_scores"]["leaky"].any()


def test_threads_give_the_same_scores(left) -> None:
    pd.testing.assert_frame_equal(run(["2", "3", "0", "2", "0", "0"], "threads")["case_scores"], left["case_scores"])


def test_figures_of_a_leaky_split_say_so_at_the_top() -> None:
    left = run(KEYS, leakage={"protocol": "slice", "leaky": True})
    for name in ("segmentation_metrics", "segmentation_metrics_by_group"):
        assert (left[name]["leaky"], left[name]["protocol"]) == (True, "slice")
    assert left["case_scores"]["leaky"].all()
    assert left["segmentation_metrics"]["test"]["volume_dice"]["value"] == pytest.approx(16 / 21)


def test_figures_of_a_clean_split_bear_no_mark(left) -> None:
    assert set(left["segmentation_metrics"]) == set(left["segmentation_metrics_by_group"]) == {"train", "validation", "test"}
    assert left["cross_validated_metrics"] == {}
    assert left["seed_scores"].empty
    assert left["fold_scores"] == {}


def test_scores_of_judging_patients_are_kept_under_cases_split_and_network(left) -> None:
    ((key, kept),) = left["method_scores"]
    fingerprint, kind, name = key.split("/")
    assert (len(fingerprint), kind, name[:5]) == (64, "network", "unet-")
    assert kept["case_id"].tolist() == ["b/1", "b/2", "b/3"]
    pd.testing.assert_frame_equal(kept, left["case_scores"][3:].reset_index(drop=True))
    ((other_split, _),) = run(KEYS, split=["train"] * 3 + ["test"] * 3)["method_scores"]
    assert other_split.split("/")[0] != fingerprint
    ((other_recipe, _),) = run(KEYS, bundle=BUNDLE | {"training": {"options": {"steps": 9}, "seed": 0}})["method_scores"]
    assert other_recipe.split("/")[0] == fingerprint
    assert other_recipe != key


def test_where_all_trained_no_scores_are_kept_for_comparison() -> None:
    assert run(KEYS, leakage=ALL, split=["train"] * 6)["method_scores"] == []


def test_folds_leave_their_test_scores_and_the_last_one_pools_them() -> None:
    store = KeptTables(copy_mode="assign")
    first = run(KEYS, folds=2, fold=0, store=store)["cross_validated_metrics"]
    assert (first["complete"], first["finished"], first["missing"]) == (False, [0], [1])
    second = run(KEYS, folds=2, fold=1, store=store, split=["train"] * 3 + ["test"] * 3)["cross_validated_metrics"]
    assert (second["complete"], second["finished"]) == (True, [0, 1])
    assert second["cross_validated"]["volume_dice"]["value"] == pytest.approx((16 / 21 + 8 / 12) / 2)
    assert {tuple(table["patient"].unique()) for table in store.load().values()} == {("a",), ("b",)}


def test_the_figures_of_an_average_of_folds_are_of_as_many_folds() -> None:
    """Of the average of two networks, though a larger cross-validation has been finished since."""
    table = run(KEYS)["case_scores"].query("split == 'test'")
    cases = dict.fromkeys(["2-0", "2-1", "3-0", "3-1", "3-2"], table)
    scores = Tables({f"f/{name}": each.assign(case_id=f"{name} " + each["case_id"]) for name, each in cases.items()})
    averaged = BUNDLE | {"training": BUNDLE["training"] | {"members": [{"seed": seed, "fold": fold} for seed in (0, 1) for fold in (0, 1)]}}
    assert pool_fold_scores(scores, "f", ALL, None, averaged)["folds"] == 2
    assert pool_fold_scores(scores, "f", ALL, None, BUNDLE)["folds"] == 3


@pytest.mark.parametrize("leakage", [{"protocol": "slice", "leaky": True}, {"protocol": "slice", "leaky": False}])
def test_folds_of_slices_are_never_pooled_with_those_of_patients(leakage) -> None:
    assert run(KEYS, folds=2, fold=0, leakage=leakage)["fold_scores"] == {}


def test_the_average_of_several_networks_leaves_no_scores_of_a_fold(of_seeds) -> None:
    """They would be taken for those of a single network."""
    assert run(KEYS, folds=2, fold=0, bundle=SEEDS, segmenter=of_seeds)["fold_scores"] == {}


def test_of_several_seeds_each_is_scored_alone_and_the_spread_is_told(of_seeds) -> None:
    left = run(KEYS, bundle=SEEDS, segmenter=of_seeds)
    scores = left["seed_scores"]
    assert list(scores) == ["seed", *left["case_scores"]]
    assert not scores["leaky"].any()
    assert run(KEYS, bundle=SEEDS, segmenter=of_seeds, leakage={"protocol": "slice", "leaky": True})["seed_scores"]["leaky"].all()
    assert scores[["seed", "case_id", "group", "tp", "fn"]].to_numpy().tolist() == [
        *([7, "b/1", "b", 4, 0], [7, "b/2", "b", 9, 0], [7, "b/3", "b", 0, 0]),
        *([8, "b/1", "b", 0, 4], [8, "b/2", "b", 0, 9], [8, "b/3", "b", 0, 0]),
    ]
    metrics = left["segmentation_metrics"]
    assert set(metrics) == {"train", "validation", "test", "between_seeds"}
    assert set(metrics["between_seeds"]) == {"test"}
    assert metrics["between_seeds"]["test"]["volume_dice"] == {"values": [1, 0], "standard_deviation": pytest.approx(0.5**0.5)}
    assert set(left["segmentation_metrics_by_group"]) == {"train", "validation", "test"}
    json.dumps(metrics, allow_nan=False)


def test_distances_of_seeds_are_in_the_unit_of_their_mean() -> None:
    """Nobody knows the size of the pixels of a training patient, so that the figures of all splits are in pixels."""
    metrics = run(KEYS, bundle=SEEDS, segmenter=average_of(20, 21), sizes=[0.5] * 3 + [np.nan] * 3)["segmentation_metrics"]
    assert metrics["test"]["slice_hd95"]["measured_in"] == "pixel"
    assert metrics["between_seeds"]["test"]["slice_hd95"]["measured_in"] == "pixel"


def test_where_all_trained_no_seed_is_scored(of_seeds) -> None:
    left = run(KEYS, bundle=SEEDS, segmenter=of_seeds, leakage=ALL, split=["train"] * 6)
    assert left["seed_scores"].empty
    assert "between_seeds" not in left["segmentation_metrics"]


def test_where_all_trained_the_result_is_that_of_the_cross_validation() -> None:
    store = KeptTables(copy_mode="assign")
    for fold, split in enumerate((["test"] * 3 + ["train"] * 3, ["train"] * 3 + ["test"] * 3)):
        run(KEYS, folds=2, fold=fold, store=store, split=split)
    left = run(KEYS, leakage=ALL, store=store, split=["train"] * 6)
    metrics = left["segmentation_metrics"]
    assert set(metrics) == {"protocol", "cross_validated"}
    assert metrics["cross_validated"]["volume_dice"]["value"] == pytest.approx((16 / 21 + 8 / 12) / 2)
    assert left["segmentation_metrics_by_group"] == {"protocol": "all"}


@pytest.mark.parametrize("bundle", [BUNDLE, BUNDLE | {"training": {"options": {"steps": 9}, "seed": 0}}])
def test_where_all_trained_without_a_cross_validation_of_the_same_parameters_there_is_no_figure(bundle) -> None:
    store = KeptTables(copy_mode="assign")
    if bundle is not BUNDLE:
        for fold, split in enumerate((["test"] * 3 + ["train"] * 3, ["train"] * 3 + ["test"] * 3)):
            run(KEYS, folds=2, fold=fold, store=store, split=split)
    metrics = run(KEYS, leakage=ALL, store=store, split=["train"] * 6, bundle=bundle)["segmentation_metrics"]
    assert set(metrics) == {"protocol", "note"}
    assert metrics["note"].startswith("No cross-validated figures yet")


def test_each_step_of_the_postprocessing_is_compared_with_the_plain_threshold(left) -> None:
    effects = left["postprocessing_effects"]
    assert set(effects["split"]) == {"test"}
    assert list(effects["step"].unique()) == ["threshold", "components", "minimum_area", "fill_holes", "crf", "all_used"]
    filled = effects.set_index(["step", "measure"]).loc[("fill_holes", "volume_dice")]
    # The stored probability is the mask itself, which has no holes.
    assert filled[["without", "with", "difference"]].tolist() == [1, 1, 0]
    assert not effects["leaky"].any()


def test_what_each_way_of_asking_the_network_adds_is_told_too() -> None:
    """The network sees nothing anywhere, and the stored probability, the mean of all views, is the mask itself."""
    effects = run(KEYS, segmenter=pixelwise(0, -9))["postprocessing_effects"].set_index(["step", "measure"])
    told = {
        "mirrors": "mean with the mirror image, threshold 0.5",
        "multi_scale": "mean with the image enlarged by half, threshold 0.5",
        "patient_statistics": "normalised by the patient, threshold 0.5",
    }
    assert set(told) == set(WAYS)
    for way, settings in told.items():
        assert effects.loc[(way, "volume_dice"), ["without", "with", "difference"]].tolist() == [0, 1, 1]
        assert effects.loc[(way, "volume_dice"), "settings"] == settings
    assert effects.loc[("fill_holes", "volume_dice"), "without"] == 1


def test_effects_are_drawn_by_group_as_all_intervals_are() -> None:
    """Two test patients of one group, whom a network that sees tumour everywhere tells unlike: one draw of one group is no interval."""
    network = {"segmenter": pixelwise(0, 9), "split": ["test"] * 6}
    apart, joined = (run(KEYS, **network, group=group)["postprocessing_effects"] for group in (None, ["b"] * 6))
    by_patient, by_group = (effects.set_index(["step", "measure"]).loc[("mirrors", "volume_dice")] for effects in (apart, joined))
    assert by_patient["low"] < by_patient["difference"] < by_patient["high"]
    assert by_group[["low", "high"]].tolist() == pytest.approx([by_patient["difference"]] * 2)
    assert by_group["n"] == 2


def test_where_all_trained_no_effect_is_told() -> None:
    assert run(KEYS, leakage=ALL, split=["train"] * 6)["postprocessing_effects"].empty


def test_nodes_bear_the_names_of_their_functions() -> None:
    assert all(node.name == node.func.__name__ for node in create_pipeline().nodes)


def test_scores_of_another_fold_than_was_asked_for_are_not_kept() -> None:
    store = KeptTables(copy_mode="assign")
    run(KEYS, folds=2, fold=1, store=store)
    with pytest.raises(UserError, match="`folds` is 2 and `fold` is 1, but the split at hand of 1 folds tests 0: make the split anew"):
        run(KEYS, folds=2, fold=1, tested=0, store=store)
    assert len(store.load()) == 1


def test_an_average_stands_beside_its_members_in_the_table_of_methods(of_seeds) -> None:
    made = [run(KEYS, bundle=SEEDS | {"training": BUNDLE["training"]}, segmenter=of_seeds), run(KEYS, bundle=SEEDS, segmenter=of_seeds)]
    single, average = (name.rpartition("/")[2] for left in made for name, _ in left["method_scores"])
    assert average == f"{single}-mean2"


def test_scores_are_kept_under_the_parameters_that_the_masks_were_made_by() -> None:
    """Else the folds and the table of methods would have those of a threshold that nobody used."""
    with pytest.raises(UserError, match=r"`prediction\.threshold` is None and was 0\.3\. Give the same, or"):
        run(KEYS, asked=PredictionOptions(mirrors=False, threshold=0.3).model_dump(mode="json"))
