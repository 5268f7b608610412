import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tumourflow.cohorts.readers import read_cohort
from tumourflow.cohorts.shown import note_window
from tumourflow.cohorts.union import read_manifests, read_union
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import curate
from tumourflow.curation.integrity import inspect_case
from tumourflow.errors import UserError
from tumourflow.imaging.content import content_key
from tumourflow.imaging.png import encode_png
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions

HEADS = {"head/1": np.arange(48, dtype=np.uint8).reshape(4, 4, 3), "head/2": np.arange(48, 96, dtype=np.uint8).reshape(4, 4, 3)}
ECHOES = {"1 (2)": np.arange(20, dtype=np.uint8)[::-1].reshape(4, 5)}


def leave(data: Path, name: str, version: str, images: dict[str, np.ndarray], finished: str | None) -> None:
    """Leave what an ingestion leaves, with a manifest where it has finished."""
    rows = []
    for case_id, pixels in images.items():
        key = content_key(pixels)
        store = data / "02_intermediate" / name / "images" / key[:2]
        store.mkdir(parents=True, exist_ok=True)
        (store / f"{key}.png").write_bytes(encode_png(pixels))
        rows.append((case_id, case_id.split("/")[0], "family", key, np.nan, 1 if pixels.ndim == 2 else pixels.shape[-1]))
    table = data / "03_primary" / name / "cases.parquet" / version / "cases.parquet"
    table.parent.mkdir(parents=True)
    columns = ["case_id", "patient", "group", "image", "pixel_height", "channels"]
    pd.DataFrame(rows, columns=columns).assign(pixel_width=np.nan).to_parquet(table)
    if finished:
        manifest = data / "08_reporting" / name / "run_manifest.json" / version / "run_manifest.json"
        manifest.parent.mkdir(parents=True)
        manifest.write_text(json.dumps({"finished": finished, "versions": {"cases": version}}))


@pytest.fixture
def data(tmp_path) -> Path:
    leave(tmp_path, "heads", "v1", HEADS, "2026-01-02")
    leave(tmp_path, "echoes", "v1", ECHOES, "2026-01-02")
    (tmp_path / "01_raw").mkdir()
    (tmp_path / "01_raw/other.txt").write_text("of another room")
    return tmp_path


def options(**cohorts) -> IngestionOptions:
    named = cohorts or {"heads": {"modality": "brain", "lead_channel": 1}, "echoes": {"modality": "breast"}}
    return IngestionOptions(reader="union", cohorts=named)


def test_names_tell_the_cohort_and_the_label_is_the_modality(data):
    cases = read_union(data, options()).cases
    assert [(case.case_id, case.patient, case.site, case.label, case.family, case.slice) for case in cases] == [
        ("heads/head/1", "heads/head", "heads", "brain", "heads/family", 0),
        ("heads/head/2", "heads/head", "heads", "brain", "heads/family", 0),
        ("echoes/1 (2)", "echoes/1 (2)", "echoes", "breast", "echoes/family", 0),
    ]


def test_of_several_channels_the_lead_channel_is_taken(data):
    first, _, grey = read_union(data, options()).cases
    np.testing.assert_array_equal(first.load_image(), HEADS["head/1"][..., 1])
    np.testing.assert_array_equal(grey.load_image(), ECHOES["1 (2)"])


def test_cases_are_those_of_the_run_that_finished_last_not_of_the_newest(data):
    leave(data, "echoes", "v2", ECHOES | {"3 (4)": ECHOES["1 (2)"] + 1}, "2026-01-01")
    leave(data, "echoes", "v3", {}, None)
    assert [case.case_id for case in read_union(data, options()).cases if case.site == "echoes"] == ["echoes/1 (2)"]


def test_every_image_of_the_cohorts_is_accounted_for_and_nothing_else_is_asked_for(data):
    index = read_cohort(data, options(), PhantomOptions())
    facts = tabulate_facts([inspect_case(case) for case in index.cases])
    curated = curate(index, facts, options(), CurationOptions())
    assert {name: curated.summary[name] for name in ("found", "images", "excluded", "cases")} == {
        "found": 3,
        "images": 3,
        "excluded": 0,
        "cases": 3,
    }
    assert set(curated.cases["channels"]) == {1}
    assert curated.cases.set_index("case_id").loc["heads/head/2", "group"] == "heads/head"


def test_with_families_of_ids_switched_off_people_of_two_cohorts_are_parted_and_groups_of_one_are_not(data):
    """Groups are of near-copies, too, which nobody would find again in the union."""
    for place, name in enumerate(("t1", "flair")):
        slices = {f"{patient}/1": np.arange(20, dtype=np.uint8).reshape(4, 5) + 50 * place + step for step, patient in enumerate("pq")}
        leave(data, name, "v1", slices, "2026-01-02")
    named = options(t1={"modality": "brain"}, flair={"modality": "brain"})
    index = read_cohort(data, named, PhantomOptions())
    facts = tabulate_facts([inspect_case(case) for case in index.cases])
    joined, parted = (curate(index, facts, named, CurationOptions(off=off)).cases for off in ((), ("id_family",)))
    assert joined["group"].nunique() == 1
    assert parted.groupby("site")["group"].nunique().to_dict() == {"flair": 1, "t1": 1}
    assert parted["group"].nunique() == 2


def test_the_same_image_in_two_cohorts_joins_them(data):
    leave(data, "copies", "v1", {"c": HEADS["head/1"][..., 1].copy()}, "2026-01-02")
    named = options(heads={"modality": "brain", "lead_channel": 1}, copies={"modality": "brain"})
    index = read_union(data, named)
    curated = curate(index, tabulate_facts([inspect_case(case) for case in index.cases]), named, CurationOptions())
    assert curated.cases["group"].nunique() == 1


def leave_window(data: Path, name: str, window: IngestionOptions | None) -> None:
    table = data / "03_primary" / name / "cases.parquet/v1/cases.parquet"
    pd.read_parquet(table).assign(**note_window(window)).to_parquet(table)


def test_the_window_is_that_of_the_cohorts_that_were_shown_through_one(data, caplog):
    assert read_union(data, options()).window is None  # made before windows were noted
    leave_window(data, "heads", None)
    assert read_union(data, options()).window is None
    leave_window(data, "echoes", IngestionOptions(reader="dicom", window="minmax", bits=16))
    shown = read_union(data, options()).window
    assert (shown.window, shown.bits) == ("minmax", 16)
    assert not caplog.text
    leave_window(data, "heads", IngestionOptions(reader="figshare"))
    assert read_union(data, options()).window is None
    assert "different windows (heads: percentile 0.5 to 99.5, 8 bits; echoes: minmax, 16 bits)" in caplog.text


def leave_one(data: Path, name: str, case_id: str, group: str, value: int) -> None:
    leave(data, name, "v1", {case_id: np.full((4, 5), value, np.uint8)}, "2026-01-02")
    table = data / "03_primary" / name / "cases.parquet/v1/cases.parquet"
    pd.read_parquet(table).assign(group=group).to_parquet(table)


def list_families(data: Path, **modalities: str) -> list[str]:
    return [case.family for case in read_union(data, options(**{name: {"modality": each} for name, each in modalities.items()})).cases]


@pytest.mark.parametrize("other", ["MR7", "MR7B", "mr7", "MR7_flair"])
def test_a_person_in_two_cohorts_of_one_modality_is_one_family(data, other):
    leave_one(data, "t1", "MR7/1", "MR7", 1)
    leave_one(data, "flair", f"{other}/9", "MR3", 2)
    assert len(set(list_families(data, t1="brain", flair="brain"))) == 1


def test_an_id_that_a_brain_and_a_breast_have_is_of_two_people(data):
    leave_one(data, "t1", "001/1", "001", 1)
    leave_one(data, "echo", "001/1", "001", 2)
    assert list_families(data, t1="brain", echo="breast") == ["t1/001", "echo/001"]


def test_ids_that_a_cohort_kept_apart_stay_apart_in_the_union(data):
    leave(data, "t1", "v1", {name: np.full((4, 5), value, np.uint8) for value, name in enumerate(["MR7/1", "MR7B/1"])}, "2026-01-02")
    table = data / "03_primary/t1/cases.parquet/v1/cases.parquet"
    pd.read_parquet(table).assign(group=["MR7", "MR7B"]).to_parquet(table)
    leave_one(data, "flair", "MR7B/1", "MR7B", 5)
    first, second, third = list_families(data, t1="brain", flair="brain")
    assert first != second == third


@pytest.mark.parametrize(("one", "other", "groups"), [("y1", "p7", 1), ("anna/1", "p7", 1), ("anna/1", "bert/1", 2)])
def test_near_copies_of_images_of_nobody_are_joined_across_cohorts(data, one, other, groups):
    """Two collections from the web overlap; of two patients slices may look alike."""
    picture = np.kron(np.random.default_rng(0).integers(40, 200, (12, 12)), np.ones((4, 4))).astype(np.uint8)
    leave(data, "web", "v1", {one: picture}, "2026-01-02")
    leave(data, "pages", "v1", {other: picture + 1}, "2026-01-02")
    named = options(web={"modality": "brain"}, pages={"modality": "brain"})
    index = read_union(data, named)
    curated = curate(index, tabulate_facts([inspect_case(case) for case in index.cases]), named, CurationOptions())
    assert len(curated.pairs) == 1
    assert curated.cases["group"].nunique() == groups


def test_a_cohort_that_was_not_ingested_is_named_with_the_command_that_does_it(data):
    leave(data, "half", "v1", ECHOES, None)
    with pytest.raises(UserError, match=r"`ingestion.cohorts` names half, .*kedro run --pipeline=ingestion --env=half"):
        read_union(data, options(half={"modality": "breast"}))


@pytest.mark.parametrize(("channel", "cohort", "choice"), [(3, "heads", "0 to 2"), (1, "echoes", "0")])
def test_a_channel_that_a_cohort_lacks_is_refused(data, channel, cohort, choice):
    named = options(**{cohort: {"modality": "brain", "lead_channel": channel}})
    with pytest.raises(UserError, match=rf"says `lead_channel: {channel}` of {cohort}, .* choose {choice}\."):
        read_union(data, named)


def test_a_union_of_nothing_is_refused(data):
    with pytest.raises(UserError, match=r"`ingestion.cohorts` is empty"):
        read_union(data, IngestionOptions(reader="union"))


def test_without_a_manifest_nothing_is_known():
    assert read_manifests([]) == {}
