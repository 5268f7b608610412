import pandas as pd
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.pipelines.methods import create_pipeline

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
