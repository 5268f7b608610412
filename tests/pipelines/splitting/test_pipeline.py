import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions
from tumourflow.pipelines.splitting import create_pipeline

OUTPUTS = ("splits", "leakage_report", "split_overview")


@pytest.fixture
def cases() -> pd.DataFrame:
    rows = [(f"{patient}/{place}", patient, place, 5 * place) for patient in "abcdefgh" for place in (1, 2)]
    table = pd.DataFrame(rows, columns=["case_id", "patient", "slice", "tumour_pixels"])
    alone = {"family": table["patient"], "group": table["patient"], "official_fold": table["patient"].map(ord) % 4}
    return table.assign(site="X", label="", image=table["case_id"], mask="m", blank=False, **alone)


class Kept(MemoryDataset):
    """Is not emptied when no further node needs it."""

    def release(self) -> None:
        pass


def run(cases, **changed):
    parameters = {"splitting": SplittingOptions(), "seed": 0, "split_file": None, "folds": None, "fold": 0, "protocol": "patient"} | changed
    catalog = DataCatalog({f"params:{name}": MemoryDataset(value, copy_mode="assign") for name, value in parameters.items()})
    catalog["cases"] = cases
    for name in OUTPUTS:
        catalog[name] = Kept(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    return {name: catalog.load(name) for name in OUTPUTS}


def split(cases, **changed):
    made = run(cases, **changed)
    return made["splits"], made["leakage_report"]


def test_every_case_has_a_split_and_the_gate_reports(cases):
    splits, report = split(cases)
    assert list(splits.columns) == ["case_id", "patient", "split", "fold"]
    assert splits["case_id"].tolist() == cases["case_id"].tolist()
    assert report["verdict"] == "no leak"
    assert sum(report["patients"].values()) == 8


def test_the_same_seed_gives_the_same_split(cases):
    pd.testing.assert_frame_equal(split(cases, seed=3)[0], split(cases, seed=3)[0])


def test_a_group_that_outweighs_all_others_is_told(cases, caplog):
    cases["group"] = cases["group"].replace(dict.fromkeys("bcde", "a"))
    split(cases)
    assert "5 patients, such as a, belong together and hold 10 of 16 images." in caplog.text


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


@pytest.mark.parametrize("torn", ["family", "group"])
def test_a_family_or_duplicate_group_that_a_file_tears_does_not_pass(cases, tmp_path, torn):
    cases.loc[cases["patient"] == "c", torn] = "a"
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\na,train\nb,validation\n" + "".join(f"{patient},test\n" for patient in "cdefgh"))
    with pytest.raises(UserError, match=r"a/1 .train. and c/1 .test. are of .*(family|duplicate group) a"):
        split(cases, split_file=str(file))


def test_a_leaky_protocol_passes_with_a_warning_and_every_result_is_marked(cases, caplog):
    made = run(cases, protocol="slice")
    assert made["leakage_report"]["leaky"]
    assert "LEAKY: slice protocol (on two sides of the split:" in caplog.text
    assert made["split_overview"].axes[-1].texts[0].get_text() == "LEAKY: slice protocol"
    assert len(run(cases)["split_overview"].axes) == 1


def test_published_folds_without_a_leak_are_not_marked_but_families_between_them_are_warned_of(cases, caplog):
    _, report = split(cases, protocol="official", fold=3)
    assert (report["protocol"], report["leaky"]) == ("official", False)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    cases.loc[cases["patient"] == "b", ["family", "group"]] = "a"
    _, report = split(cases, protocol="official", fold=3)
    assert report["straddling_families"] == ["a"]
    assert "1 family straddles the published folds: a." in caplog.text


def test_everybody_may_train(cases):
    splits, report = split(cases, protocol="all")
    assert set(splits["split"]) == {"train"}
    assert report["patients"] == {"train": 8, "validation": 0, "test": 0}


def test_a_file_that_names_an_unknown_patient_is_a_sentence(cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\nzoe,train\n")
    with pytest.raises(UserError, match=r"split.csv names patient zoe"):
        split(cases, split_file=str(file))


def test_too_few_patients_are_a_sentence(cases):
    with pytest.raises(UserError, match="at least 3 are needed"):
        split(cases[cases["patient"].isin(["a", "b"])])
