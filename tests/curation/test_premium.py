import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.curation.premium import design_premium
from tumourflow.errors import UserError


def cohort(slices: int = 12, tumour: int = 4, patients: str = "abcdefgh") -> pd.DataFrame:
    """Five patients train, one validates, two test; `tumour` slices in the middle of each."""
    rows = [(f"{patient}/{place:02}", patient, place) for patient in patients for place in range(slices)]
    table = pd.DataFrame(rows, columns=["case_id", "patient", "slice"])
    middle = (table["slice"] >= 3) & (table["slice"] < 3 + tumour)
    split = table["patient"].map(dict(zip("abcdefgh", ["train"] * 5 + ["validation"] + ["test"] * 2, strict=True)))
    return table.assign(split=split, tumour=middle, labelled=True)


def rows_of(design: pd.DataFrame, protocol: str, name: str) -> pd.DataFrame:
    return design[design[f"{protocol}_protocol"] == name]


@settings(deadline=None)
@given(st.integers(2, 14), st.integers(0, 2**32 - 1), st.floats(0.05, 0.95), st.data())
def test_both_protocols_are_scored_on_the_same_slices_which_neither_trains_on(slices, seed, share, data):
    index = cohort(slices + 4, data.draw(st.integers(2, slices)))
    design = design_premium(index, share, 1, seed)
    assert design["case_id"].tolist() == index["case_id"].tolist()
    patient, leaky = (rows_of(design, protocol, "train") for protocol in ("patient", "slice"))
    for protocol in ("patient", "slice"):
        assert set(rows_of(design, protocol, "scored")["patient"]) == {"g", "h"}
    # Disjoint, as a slice has one part to play; the same parts are scored and validated with.
    for name in ("scored", "validation"):
        assert rows_of(design, "patient", name).equals(rows_of(design, "slice", name))
    assert set(rows_of(design, "slice", "validation")["patient"]) == {"f"}
    assert len(patient) == len(leaky)
    assert patient["tumour"].sum() == leaky["tumour"].sum()
    assert set(patient["patient"]) == set("abcde")
    assert "f" not in set(leaky["patient"])


def test_neighbours_of_scored_slices_leak_into_the_slice_protocol_only():
    design = design_premium(cohort(40, 20), 0.25, 1, 0)
    leaked = rows_of(design, "slice", "train")
    scored = rows_of(design, "slice", "scored")
    for patient in "gh":
        trained = leaked.loc[leaked["patient"] == patient, "case_id"].str[2:].astype(int).to_numpy()
        asked = scored.loc[scored["patient"] == patient, "case_id"].str[2:].astype(int).to_numpy()
        assert len(trained) > 15
        near = np.abs(asked[:, None] - trained[None]).min(axis=1)
        assert np.median(near) == 1


def test_the_share_is_of_tumour_slices_and_of_others():
    scored = rows_of(design_premium(cohort(12, 4), 0.25, 1, 0), "slice", "scored")
    assert scored.groupby("patient")["tumour"].agg(["size", "sum"]).to_numpy().tolist() == [[3, 1], [3, 1]]


def test_repeats_differ_and_the_same_seed_repeats():
    design = design_premium(cohort(), 0.25, 3, 5)
    drawn = [rows["slice_protocol"].tolist() for _, rows in design.groupby("repeat")]
    assert design["repeat"].unique().tolist() == [0, 1, 2]
    assert len({tuple(parts) for parts in drawn}) == 3
    pd.testing.assert_frame_equal(design, design_premium(cohort(), 0.25, 3, 5))


def test_slices_without_a_mask_have_no_part():
    index = cohort()
    index.loc[index["slice"] == 3, "labelled"] = False
    design = design_premium(index, 0.25, 1, 0)
    bare = design[(index["slice"] == 3).to_numpy()]
    assert set(bare["patient_protocol"]) | set(bare["slice_protocol"]) == {"unused"}


def test_a_split_by_slice_holds_out_nobody():
    index = cohort()
    index.loc[0, "split"] = "test"
    with pytest.raises(UserError, match="a stands in several splits: run it with `protocol=patient`"):
        design_premium(index, 0.25, 1, 0)


@pytest.mark.parametrize("index", [cohort(5, 1), cohort(6, 0), cohort().assign(split="train")], ids=["one", "none", "no test"])
def test_without_slices_that_could_leak_there_is_nothing_to_compare(index):
    with pytest.raises(UserError, match="several tumour slices"):
        design_premium(index, 0.25, 1, 0)
