import pandas as pd
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.measures.methods import name_method
from tumourflow.pipelines.methods import create_pipeline
from tumourflow.pipelines.methods.nodes import compare_methods
from tumourflow.prediction.bundle import fingerprint_data

CASES = pd.DataFrame({"case_id": ["a/1"], "image": ["1"], "mask": ["2"]})


class Tables(dict):
    """Stands in for the store of the methods' scores."""

    read = dict.__getitem__


def run(protocol: str) -> dict:
    inputs = {
        "method_scores": Tables({"of another split/network/unet-1a": pd.DataFrame()}),
        "cases": CASES,
        "splits": CASES[["case_id"]].assign(split="train"),
        "leakage_report": {"protocol": protocol, "leaky": False},
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    return {**SequentialRunner().run(create_pipeline(), catalog)}["methods_overview"].load()


def test_methods_of_other_splits_take_no_part():
    (axes,) = run("patient").axes
    assert axes.texts[0].get_text() == "Nothing has been scored on these cases and this split yet."


def test_where_all_trained_the_figure_says_so():
    (axes,) = run("all").axes
    assert axes.texts[0].get_text().startswith("Every patient was trained on")


def scored(groups: str, cases: str = "abcd") -> pd.DataFrame:
    """Test patients of one slice each, in these groups."""
    rows = pd.DataFrame({"case_id": list(cases), "patient": list(cases), "group": list(groups), "split": "test"})
    return rows.assign(tp=[4, 2, 1, 3], fp=1, fn=[0, 2, 3, 1])


def compare(before: pd.DataFrame) -> pd.DataFrame:
    """Compare scores that were kept by an earlier run with those of a run that has joined a and b."""
    now = scored("aacd")
    cases, splits = now[["case_id", "patient", "group"]].assign(image="i", mask="m"), now[["case_id", "split"]]
    kept = {("network", "now"): now, ("network", "before"): before}
    tables = Tables({name_method(fingerprint_data(cases, splits), *name): rows for name, rows in kept.items()})
    return compare_methods(tables, cases, splits, {"leaky": False})


def test_scores_kept_before_patients_were_joined_are_drawn_as_those_of_now():
    table = compare(scored("abcd"))
    by_method = {
        name: rows.drop(columns=["method", "difference", "difference_low", "difference_high"]) for name, rows in table.groupby("method")
    }
    assert by_method["now"].reset_index(drop=True).equals(by_method["before"].reset_index(drop=True))
    differences = table.loc[table["measure"] == "volume_dice", ["difference", "difference_low", "difference_high"]].dropna()
    assert differences.to_numpy().tolist() == [[0, 0, 0]]


def test_a_method_that_was_scored_on_cases_that_are_gone_is_left_out():
    assert set(compare(scored("abcd", cases="abcx"))["method"]) == {"now"}
