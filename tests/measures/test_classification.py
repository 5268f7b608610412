import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.measures import class_figures
from tumourflow.measures.class_figures import measure_classes, name_measures
from tumourflow.measures.class_units import probability_columns, read_units
from tumourflow.measures.classification import (
    classification_report,
    compare_classes,
    confusion,
    summarise_classes,
    summarise_sites,
)
from tumourflow.measures.intervals import PatientSums, bootstrap_ratio, paired_difference
from tumourflow.measures.resampling import draw_weights

CLASSES = "abc"


def draw_table(seed: int, images: int = 60, patients: int = 20, skill: float = 2, split: str = "test") -> pd.DataFrame:
    """Patients of one class each, whose images the network tells apart by `skill`."""
    rng = np.random.default_rng(seed)
    patient = rng.integers(patients, size=images)
    labels = rng.integers(3, size=patients)[patient]
    powers = np.exp(rng.normal(size=(images, 3)) + skill * np.eye(3)[labels])
    table = pd.DataFrame({"case_id": [f"p{name}/{number}" for number, name in enumerate(patient)], "split": split, "site": ""})
    table["patient"] = table["group"] = [f"p{name}" for name in patient]
    table["label"] = [CLASSES[number] for number in labels]
    return table.assign(**dict(zip(probability_columns(CLASSES), (powers / powers.sum(axis=1, keepdims=True)).T, strict=True)))


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    return pd.concat([draw_table(0), draw_table(1, split="validation")], ignore_index=True)


def test_every_split_has_every_measure_under_its_name(scores) -> None:
    summary = summarise_classes(scores.assign(split=scores["split"].replace("validation", "cross_validated")), CLASSES)
    assert list(summary) == ["train", "validation", "test", "cross_validated"]
    per_image = ["accuracy", "balanced_accuracy", "macro_f1"]
    per_image += [f"{kind}.{name}" for kind in ("recall", "precision", "auroc", "average_precision") for name in CLASSES] + ["brier", "ece"]
    for figures in summary.values():
        assert list(figures) == per_image + ["patient_" + name for name in per_image]
    assert "auroc" in name_measures("ab")
    assert "auroc.b" not in name_measures("ab")


def test_each_site_has_the_figures_of_its_own_images(scores) -> None:
    test = scores["split"] == "test"
    sites = summarise_sites(scores.assign(site=np.where(scores["patient"] < "p15", "north", "")), CLASSES)
    assert {split: list(told["site"]) for split, told in sites.items()} == {
        "train": [],
        "validation": ["north", "unknown"],
        "test": ["north", "unknown"],
    }
    north = scores[test & (scores["patient"] < "p15")]
    assert sites["test"]["site"]["north"] == {
        name: figure for name, figure in summarise_classes(north, CLASSES)["test"].items() if not name.startswith("patient_")
    }


def test_n_counts_what_a_figure_is_a_mean_over(scores) -> None:
    figures = summarise_classes(scores, CLASSES)["test"]
    table = confusion(scores[scores["split"] == "test"], CLASSES)
    assert figures["accuracy"]["n"] == table.to_numpy().sum() == 60
    for name in CLASSES:
        assert figures[f"recall.{name}"]["n"] == table.loc[name].sum()
        assert figures[f"precision.{name}"]["n"] == table[name].sum()
        assert figures[f"recall.{name}"]["value"] == table.loc[name, name] / table.loc[name].sum()
    assert {figure["unit"] for name, figure in figures.items() if not name.startswith("patient_")} == {"image"}
    patients = scores.loc[scores["split"] == "test", "patient"].nunique()
    assert (figures["patient_accuracy"]["n"], figures["patient_accuracy"]["unit"]) == (patients, "patient")


def test_intervals_of_shares_are_those_of_a_ratio_of_sums_to_the_last_bit(scores) -> None:
    rows = scores[scores["split"] == "test"]
    right = rows[probability_columns(CLASSES)].to_numpy().argmax(axis=1) == rows["label"].map(CLASSES.index)
    sums = right.groupby(rows["group"]).agg(["sum", "count"]).to_numpy(float)
    found = summarise_classes(scores, CLASSES)["test"]["accuracy"]
    assert (found["value"], found["low"], found["high"]) == bootstrap_ratio(PatientSums(sums[:, 0], sums[:, 1]))


def test_groups_are_resampled_and_not_images(tabulate) -> None:
    # Two patients, of whom one is told right each time and the other never: a resample has both, or one of them twice.
    table = tabulate("a" * 200, [[0.9, 0.1]] * 100 + [[0.2, 0.8]] * 100, "p" * 100 + "q" * 100)
    figure = summarise_classes(table, "ab")["test"]["accuracy"]
    assert (figure["value"], figure["low"], figure["high"], figure["small_n"]) == (0.5, 0, 1, True)


def test_patients_of_one_group_are_drawn_together(tabulate) -> None:
    table = tabulate("a" * 20, [[0.9, 0.1]] * 10 + [[0.2, 0.8]] * 10)
    apart, joined = summarise_classes(table, "ab"), summarise_classes(table.assign(group=["g"] * 10 + ["h"] * 10), "ab")
    assert "small_n" not in apart["test"]["accuracy"]
    assert apart["test"]["accuracy"]["low"] > 0
    assert (joined["test"]["accuracy"]["low"], joined["test"]["accuracy"]["small_n"]) == (0, True)


def test_few_groups_are_told_of_the_class_they_are_few_of(tabulate) -> None:
    figures = summarise_classes(tabulate("a" * 12 + "b" * 3, [[0.9, 0.1]] * 11 + [[0.1, 0.9]] * 4), "ab")["test"]
    assert [name for name in ("accuracy", "recall.a", "recall.b", "precision.b") if "small_n" in figures[name]] == [
        "recall.b",
        "precision.b",
    ]


def test_absent_classes_and_splits_are_null_with_n_0(tabulate) -> None:
    summary = summarise_classes(tabulate("aa", [[0.9, 0.1]] * 2), "ab")
    for name in ("recall.b", "precision.b", "auroc", "average_precision.a", "balanced_accuracy", "macro_f1"):
        assert [summary["test"][name][key] for key in ("value", "low", "high", "n")] == [None, None, None, 0]
    assert summary["test"]["accuracy"]["value"] == 1
    assert {figure["n"] for figure in summary["train"].values()} == {0}
    assert summary["train"].keys() == summary["test"].keys()


def test_no_scores_are_no_figures_and_no_crash(scores) -> None:
    nothing = summarise_classes(scores.head(0), CLASSES)
    assert {figure["value"] for figures in nothing.values() for figure in figures.values()} == {None}
    assert classification_report(scores.head(0), CLASSES).empty
    assert not confusion(scores.head(0), CLASSES).to_numpy().any()
    assert compare_classes(scores.head(0), scores.head(0), CLASSES, "auroc.a") == {"difference": None, "low": None, "high": None}


def test_images_without_a_label_are_left_out(scores) -> None:
    unlabelled = scores.assign(label=scores["label"].where(scores.index % 4 > 0))
    labelled = scores[scores.index % 4 > 0]
    assert summarise_classes(unlabelled, CLASSES) == summarise_classes(labelled, CLASSES)


def test_figures_are_json_and_the_order_of_rows_does_not_matter(scores) -> None:
    before = scores.copy()
    summary = summarise_classes(scores, CLASSES)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summarise_classes(scores.sample(frac=1, random_state=1), CLASSES) == summary
    pd.testing.assert_frame_equal(scores, before)


def test_what_is_computed_in_parts_is_the_same(scores, monkeypatch) -> None:
    whole = summarise_classes(scores, CLASSES)["test"]
    monkeypatch.setattr(class_figures, "_NUMBERS_AT_ONCE", 60 * 7)
    parts = summarise_classes(scores, CLASSES)["test"]
    for name, figure in whole.items():
        assert parts[name] == pytest.approx(figure, abs=1e-12)


def test_weights_are_the_draws_of_every_other_interval() -> None:
    weights = np.concatenate(list(draw_weights(7, most=300)))
    assert weights.shape == (2000, 7)
    assert set(weights.sum(axis=1)) == {7}
    values = np.random.default_rng(1).random(7)
    low, high = np.percentile(weights @ values / 7, [2.5, 97.5])
    assert bootstrap_ratio(PatientSums(values, np.ones(7)))[1:] == pytest.approx((low, high))


@pytest.mark.parametrize("label", ["d", "A"])
def test_an_unknown_label_is_refused(scores, label) -> None:
    with pytest.raises(ValueError, match=f"among a, b, c. Received: {label}"):
        summarise_classes(scores.assign(label=label), CLASSES)


@pytest.mark.parametrize("probability", [np.nan, -0.1, 1.2])
def test_what_is_no_probability_is_refused(scores, probability) -> None:
    with pytest.raises(ValueError, match=r"probabilities in 0\.\.1"):
        summarise_classes(scores.assign(**{"probability.a": probability}), CLASSES)


def test_the_report_agrees_with_the_figures(scores) -> None:
    report = classification_report(scores, CLASSES).set_index(["split", "class"])
    figures = summarise_classes(scores, CLASSES)
    assert list(report.index) == [(split, name) for split in ("validation", "test") for name in CLASSES]
    for (split, name), row in report.iterrows():
        for kind in ("recall", "precision"):
            figure = figures[split][f"{kind}.{name}"]
            assert (row[kind], row[f"{kind}_low"], row[f"{kind}_high"]) == (figure["value"], figure["low"], figure["high"])
        assert row["f1"] == pytest.approx(2 * row["recall"] * row["precision"] / (row["recall"] + row["precision"]))
        assert row["support"] == figures[split][f"recall.{name}"]["n"]
    assert report.loc["test", "f1"].mean() == pytest.approx(figures["test"]["macro_f1"]["value"])


@pytest.mark.parametrize("measure", ["accuracy", "auroc.b", "ece", "patient_balanced_accuracy"])
def test_the_difference_of_two_classifiers_is_that_of_their_figures(measure) -> None:
    one, other = draw_table(3), draw_table(3, skill=0.5)
    found = compare_classes(one, other.sample(frac=1, random_state=2), CLASSES, measure)
    values = [summarise_classes(table, CLASSES)["test"][measure]["value"] for table in (one, other)]
    assert found["difference"] == pytest.approx(values[0] - values[1])
    assert found["low"] < found["high"]
    back = compare_classes(other, one, CLASSES, measure)
    assert [back["difference"], back["low"], back["high"]] == pytest.approx([-found["difference"], -found["high"], -found["low"]])


def test_a_difference_of_shares_is_the_paired_difference_of_sums() -> None:
    one, other = draw_table(4), draw_table(4, skill=1)
    sums = []
    for table in (one, other):
        right = table[probability_columns(CLASSES)].to_numpy().argmax(axis=1) == table["label"].map(CLASSES.index)
        columns = right.groupby(table["group"]).agg(["sum", "count"]).to_numpy(float)
        sums.append(PatientSums(columns[:, 0], columns[:, 1]))
    assert compare_classes(one, other, CLASSES, "accuracy") == paired_difference(*sums)


def test_a_classifier_differs_from_itself_by_nothing() -> None:
    table = draw_table(5)
    assert compare_classes(table, table, CLASSES, "macro_f1") == {"difference": 0, "low": 0, "high": 0}


def test_other_images_labels_or_measures_cannot_be_compared() -> None:
    table = draw_table(6)
    for other in (table.iloc[1:], table.assign(label="a"), table.assign(group="g")):
        with pytest.raises(ValueError, match=r"same images with the same labels and groups\. Received: 60"):
            compare_classes(table, other, CLASSES, "accuracy")
    with pytest.raises(ValueError, match=r"Received: auroc\."):
        compare_classes(table, table, CLASSES, "auroc")


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 9), st.booleans())
@settings(max_examples=60, deadline=None)
def test_measures_stand_in_0_to_1_whatever_the_order_of_rows(seed, images, patients, tied) -> None:
    table = draw_table(seed, images, patients)
    if tied:
        columns = probability_columns(CLASSES)
        quarters = np.random.default_rng(seed).multinomial(4, [1 / 3] * 3, images) / 4
        table = table.assign(**dict(zip(columns, quarters.T, strict=True)))
    found = _measure(table)
    known = {name: value for name, value in found.items() if np.isfinite(value)}
    assert all(0 <= value <= 1 for value in known.values())
    assert found == pytest.approx(_measure(table.sample(frac=1, random_state=seed)), abs=1e-12, nan_ok=True)


@given(st.integers(0, 10_000), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_perfect_prediction_is_1_and_its_errors_0(seed, images) -> None:
    table = draw_table(seed, images)
    certain = {f"probability.{name}": (table["label"] == name).astype(float) for name in CLASSES}
    for name, value in _measure(table.assign(**certain)).items():
        assert np.isnan(value) or value == (0 if name in {"brier", "ece"} else 1), name


def _measure(table: pd.DataFrame) -> dict[str, float]:
    units = read_units(table, CLASSES)
    return {name: float(value[0]) for name, value in measure_classes(units, np.ones((1, units.drawn)), CLASSES).items()}
