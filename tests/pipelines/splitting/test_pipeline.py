import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions
from tumourflow.pipelines.splitting import create_pipeline


@pytest.fixture
def cases() -> pd.DataFrame:
    rows = [(f"{patient}/{place}", patient, place, 5 * place) for patient in "abcdefgh" for place in (1, 2)]
    table = pd.DataFrame(rows, columns=["case_id", "patient", "slice", "tumour_pixels"])
    return table.assign(site="X", image=table["case_id"], blank=False)


def split(cases, **changed):
    parameters = {"splitting": SplittingOptions(), "seed": 0, "split_file": None, "folds": None, "fold": 0} | changed
    catalog = DataCatalog({f"params:{name}": MemoryDataset(value, copy_mode="assign") for name, value in parameters.items()})
    catalog["cases"] = cases
    made = SequentialRunner().run(create_pipeline(), catalog)
    return made["splits"].load(), made["leakage_report"].load()


def test_every_case_has_a_split_and_the_gate_reports(cases):
    splits, report = split(cases)
    assert list(splits.columns) == ["case_id", "patient", "split", "fold"]
    assert splits["case_id"].tolist() == cases["case_id"].tolist()
    assert report["verdict"] == "no leak"
    assert sum(report["patients"].values()) == 8


def test_the_same_seed_gives_the_same_split(cases):
    pd.testing.assert_frame_equal(split(cases, seed=3)[0], split(cases, seed=3)[0])


def test_nothing_but_what_passed_the_gate_is_handed_on():
    """Later rooms read `splits`, and only the gate makes it."""
    (gate,) = (node for node in create_pipeline().nodes if "splits" in node.outputs)
    assert gate.name == "pass_gate"


def test_copies_that_a_file_puts_on_two_sides_do_not_pass(cases, tmp_path):
    cases.loc[[0, 15], "image"] = "copy"
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\na,train\nb,validation\n" + "".join(f"{patient},test\n" for patient in "cdefgh"))
    with pytest.raises(UserError, match="Leak"):
        split(cases, split_file=str(file))


def test_a_file_that_names_an_unknown_patient_is_a_sentence(cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\nzoe,train\n")
    with pytest.raises(UserError, match=r"split.csv names patient zoe"):
        split(cases, split_file=str(file))


def test_too_few_patients_are_a_sentence(cases):
    with pytest.raises(UserError, match="at least 3 are needed"):
        split(cases[cases["patient"].isin(["a", "b"])])
