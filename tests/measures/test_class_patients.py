import numpy as np
import pandas as pd
import pytest

from tumourflow.measures.class_patients import explain_patients, pool_patients
from tumourflow.measures.classification import summarise_classes


def two(*of_b: float) -> list[list[float]]:
    return [[1 - probability, probability] for probability in of_b]


def test_a_patient_has_the_geometric_mean_of_its_images(tabulate) -> None:
    # p: roots of .5 * .9 and .5 * .1, .671 and .224, which add up to .894; q has one image.
    pooled = pool_patients(tabulate("aab", two(0.5, 0.1, 0.7), "ppq"), "ab").set_index("patient")
    assert pooled.loc["p", "probability.a"] == pytest.approx(np.sqrt(0.45) / (np.sqrt(0.45) + np.sqrt(0.05)))
    assert pooled.loc["q", ["probability.a", "probability.b"]].tolist() == pytest.approx([0.3, 0.7])
    assert pooled["images"].tolist() == [2, 1]
    assert pooled["label"].tolist() == ["a", "b"]
    assert pooled["case_id"].tolist() == ["p", "q"]


def test_a_probability_of_0_is_no_veto_beyond_what_float32_can_tell(tabulate) -> None:
    pooled = pool_patients(tabulate("aa", two(1, 1e-30), "pp"), "ab")
    assert np.isfinite(pooled.filter(like="probability").to_numpy()).all()


def test_one_patient_in_two_splits_is_pooled_in_each(tabulate) -> None:
    table = tabulate("aa", two(0.1, 0.3), "pp").assign(split=["train", "test"])
    assert pool_patients(table, "ab")[["split", "images"]].to_numpy().tolist() == [["test", 1], ["train", 1]]


def test_other_probabilities_are_pooled_likewise(tabulate) -> None:
    table = tabulate("aa", two(0.1, 0.3), "pp")
    renamed = table.rename(columns=lambda name: name.replace("probability", "calibrated"))
    columns = pool_patients(renamed, "ab", "calibrated").filter(like="calibrated").to_numpy()
    np.testing.assert_array_equal(columns, pool_patients(table, "ab").filter(like="probability"))


def test_patients_with_images_of_several_classes_have_none(tabulate) -> None:
    table = tabulate("aabba", two(0.1, 0.2, 0.9, 0.8, 0.3), "ppppq")
    assert pool_patients(table, "ab")["label"].tolist() == ["", "a"]
    assert explain_patients(table).startswith("No figures per patient: the images of 1 of 2 patients are of several classes")
    assert not any(name.startswith("patient_") for name in summarise_classes(table, "ab")["test"])


def test_patients_with_one_image_each_need_no_figures_of_their_own(tabulate) -> None:
    table = tabulate("ab", two(0.1, 0.9))
    assert explain_patients(table) == "No figures per patient: no patient has several images."
    assert not any(name.startswith("patient_") for name in summarise_classes(table, "ab")["test"])


def test_unlabelled_images_take_no_class_away(tabulate) -> None:
    table = tabulate("aab", two(0.1, 0.2, 0.9), "ppq").assign(label=["a", "", "b"])
    assert pool_patients(table, "ab")["label"].tolist() == ["a", "b"]
    assert explain_patients(table) == "No figures per patient: no patient has several images."


def test_figures_of_patients_are_those_of_their_pooled_probabilities(tabulate) -> None:
    # p: .6 and .8 for b, told wrong; q: .45 and .7, of which the better wins: told right.
    table = tabulate("aabb", two(0.6, 0.8, 0.45, 0.7), "ppqq")
    figures = summarise_classes(table, "ab")["test"]
    assert figures["accuracy"]["value"] == 0.25
    assert figures["patient_accuracy"] == {"value": 0.5, "low": 0, "high": 1, "n": 2, "unit": "patient", "small_n": True}
    assert figures["patient_recall.b"]["value"] == 1


def test_nobody_is_pooled_to_nobody(tabulate) -> None:
    nobody: pd.DataFrame = tabulate("a", two(0.1)).head(0)
    assert pool_patients(nobody, "ab").empty
    assert explain_patients(nobody) == "No figures per patient: no patient has several images."
