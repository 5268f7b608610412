import numpy as np
import pandas as pd
import pytest

from tumourflow.measures.methods import COLUMNS, choose_best, keep_judged, name_method, split_name, tabulate_methods


def scores(*rows: tuple[str, str, int, int, int]) -> pd.DataFrame:
    """Split, patient, tp, fp, fn of one slice each."""
    table = pd.DataFrame(rows, columns=["split", "patient", "tp", "fp", "fn"])
    return table.assign(case_id=table["patient"] + "/1")


# Volume Dice on test patients c and d: 1 and .5; on the validation patient b: .5.
UNET = scores(("validation", "b", 1, 1, 1), ("test", "c", 4, 0, 0), ("test", "d", 1, 1, 1), ("test", "e", 0, 0, 0))
# .5 and 0; on b: .8; a false alarm on e, who has no tumour.
OTSU = scores(("validation", "b", 4, 1, 1), ("test", "c", 1, 1, 1), ("test", "d", 0, 3, 1), ("test", "e", 0, 7, 0))
WATERSHED = scores(("validation", "b", 0, 1, 1), ("test", "c", 4, 0, 0), ("test", "d", 4, 0, 0), ("test", "e", 0, 7, 0))


def of(table: pd.DataFrame, method: str, measure: str = "volume_dice") -> pd.Series:
    return table[(table["method"] == method) & (table["measure"] == measure)].iloc[0]


def test_figures_are_those_of_the_test_patients_alone():
    table = tabulate_methods({"unet": UNET}, {"otsu": OTSU}, leaky=False)
    assert list(table.columns) == COLUMNS
    unet, otsu = of(table, "unet"), of(table, "otsu")
    assert (unet["value"], unet["n"], unet["unit"], unet["split"], unet["kind"]) == (0.75, 2, "patient", "test", "network")
    assert (otsu["value"], otsu["kind"], otsu["small_n"], otsu["leaky"]) == (0.25, "classical", True, False)
    assert (of(table, "unet", "empty_slice_specificity")["value"], of(table, "otsu", "empty_slice_specificity")["value"]) == (1, 0)


def test_differences_are_paired_with_the_best_network_and_it_has_none_to_itself():
    table = tabulate_methods({"unet": UNET}, {"otsu": OTSU, "watershed": WATERSHED}, leaky=False)
    # Otsu is .5 behind on both patients, so that every resample says so.
    assert of(table, "otsu")[["difference", "difference_low", "difference_high"]].tolist() == [-0.5, -0.5, -0.5]
    assert of(table, "watershed")["difference"] == pytest.approx(0.25)
    assert set(table["reference"]) == {"unet"}
    assert of(table, "unet")[["difference", "difference_low", "difference_high"]].isna().all()


def test_the_reference_is_chosen_on_validation_patients_not_on_those_who_test():
    table = tabulate_methods({}, {"watershed": WATERSHED, "otsu": OTSU}, leaky=False)
    assert set(table["reference"]) == {"otsu"}
    assert choose_best({"watershed": WATERSHED, "otsu": OTSU}) == "otsu"
    learned = {"watershed": scores(("train", "a", 9, 0, 0)), "otsu": scores(("train", "a", 1, 9, 9))}
    assert choose_best({"watershed": pd.concat([WATERSHED, learned["watershed"]]), "otsu": pd.concat([OTSU, learned["otsu"]])}) == "otsu"


def test_methods_are_chosen_by_the_dice_of_volumes_and_not_of_slices():
    """Slices of 1 and 0 make a volume of 8 / 10; one of 6 / 10 is worse, though better than the mean of the two."""
    uneven = scores(("validation", "b", 4, 0, 0), ("validation", "b", 0, 1, 1))
    even = scores(("validation", "b", 3, 2, 2), ("validation", "b", 3, 2, 2))
    assert choose_best({"even": even, "uneven": uneven}) == "uneven"


def test_the_better_of_two_networks_is_the_reference():
    weak = UNET.assign(tp=np.where(UNET["split"] == "validation", 0, UNET["tp"]))
    assert set(tabulate_methods({"weak": weak, "unet": UNET}, {}, leaky=False)["reference"]) == {"unet"}


def test_methods_stand_in_falling_order_of_their_volume_dice_on_test_patients():
    table = tabulate_methods({"unet": UNET}, {"otsu": OTSU, "watershed": WATERSHED}, leaky=True)
    assert list(table["method"].unique()) == ["watershed", "unet", "otsu"]
    assert table["leaky"].all()
    assert table.groupby("method").size().tolist() == [3, 3, 3]


def test_where_nobody_tests_validation_patients_are_shown():
    table = tabulate_methods({}, {"otsu": OTSU[:1]}, leaky=False)
    assert (of(table, "otsu")["split"], of(table, "otsu")["value"]) == ("validation", 0.8)


def test_where_nobody_validates_training_patients_choose():
    trained = {name: rows[:1].assign(split="train") for name, rows in {"watershed": WATERSHED, "otsu": OTSU}.items()}
    assert choose_best(trained) == "otsu"
    assert choose_best({name: rows[:0] for name, rows in trained.items()}) == "watershed"


def test_nothing_is_an_empty_table():
    table = tabulate_methods({}, {}, leaky=False)
    assert table.empty
    assert list(table.columns) == COLUMNS


def test_names_are_taken_apart_as_they_were_made():
    assert split_name(name_method("5f2c", "network", "unet-1a")) == ("5f2c", "network", "unet-1a")


def test_training_patients_are_not_kept():
    assert keep_judged(pd.concat([UNET, UNET.assign(split="train")]))["split"].tolist() == UNET["split"].tolist()
