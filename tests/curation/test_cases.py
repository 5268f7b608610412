from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.curation.cases import COLUMNS, curate, tabulate_facts
from tumourflow.curation.integrity import glance_at_case, inspect_case
from tumourflow.errors import UserError
from tumourflow.imaging.read import read_pixels
from tumourflow.options import CurationOptions, IngestionOptions

GREY = IngestionOptions(reader="paired", near_black=0.1)
LENIENT = CurationOptions(max_excluded_fraction=1)


def run(index, ingestion=GREY, curation=LENIENT):
    return curate(index, tabulate_facts(map(inspect_case, index.cases)), ingestion, curation)


def test_every_file_is_used_or_in_the_ledger(write_case, make_index, tmp_path, tissue, square):
    cases = [write_case("sound", tissue, square), write_case("broken", b"", square), write_case("cut", tissue, square[:4])]
    for name in ("alone.png", "alone_mask.png", "notes.csv", ".DS_Store"):
        (tmp_path / name).touch()
    index = make_index(
        *cases,
        orphan_images=(Path("alone.png"),),
        orphan_masks=(Path("alone_mask.png"),),
        metadata=(Path("notes.csv"),),
        strays=(Path(".DS_Store"),),
    )
    curated = run(index)
    assert curated.cases["case_id"].tolist() == ["sound/sound"]
    assert curated.ledger[["case_id", "file", "finding", "action"]].to_numpy().tolist() == [
        ["", ".DS_Store", "stray", "excluded"],
        ["", "alone.png", "orphan_image", "excluded"],
        ["", "alone_mask.png", "orphan_mask", "excluded"],
        ["broken/broken", "broken.png", "undecodable", "excluded"],
        ["broken/broken", "broken_mask.png", "undecodable", "excluded"],
        ["cut/cut", "cut.png", "size_mismatch", "excluded"],
        ["cut/cut", "cut_mask.png", "size_mismatch", "excluded"],
    ]
    files = {name: curated.summary[name] for name in ("found", "images", "masks", "metadata", "excluded")}
    assert files == {"found": 10, "images": 1, "masks": 1, "metadata": 1, "excluded": 7}
    assert curated.summary["excluded_fraction"] == pytest.approx(0.7)


def test_a_file_that_no_reader_saw_stops_the_run(write_case, make_index, tmp_path, tissue, square):
    index = make_index(write_case("a", tissue, square))
    (tmp_path / "unseen.txt").touch()
    with pytest.raises(UserError, match=r"3 files lie in .* first difference is unseen.txt"):
        run(index)


def test_near_black_slices_stay_with_a_row(write_case, make_index, tissue, square):
    index = make_index(write_case("a1", tissue, square, "a"), write_case("a2", tissue // 20, square * 0, "a"))
    curated = run(index)
    assert curated.cases["blank"].tolist() == [False, True]
    assert curated.ledger[["case_id", "finding", "action"]].to_numpy().tolist() == [["a/a2", "near_black", "kept"]]
    assert curated.summary["excluded"] == 0


def test_the_table_has_its_columns_in_order_of_patient_and_slice(write_case, make_index, tissue, square):
    index = make_index(write_case("b", tissue, square), write_case("a", tissue, square))
    table = run(index).cases
    assert list(table.columns) == COLUMNS
    assert table["patient"].tolist() == ["a", "b"]
    assert table["tumour_pixels"].tolist() == [6, 6]


def test_too_many_excluded_files_stop_the_run(write_case, make_index, tissue, square):
    index = make_index(write_case("a", tissue, square), write_case("b", b"", square))
    with pytest.raises(UserError, match=r"2 of the 4 files .*\(2 undecodable; .*`curation.max_excluded_fraction` = 0.2"):
        run(index, curation=CurationOptions(max_excluded_fraction=0.2))


def test_no_usable_case_stops_the_run(write_case, make_index, square):
    with pytest.raises(UserError, match="No case is left"):
        run(make_index(write_case("a", b"", square)))


def test_a_lead_channel_that_colour_images_lack_stops_the_run(write_case, make_index, tissue, square):
    index = make_index(write_case("a", np.dstack([tissue] * 3), square))
    with pytest.raises(UserError, match=r"`ingestion.lead_channel` is 5, but the images have 3 channels: choose 0 to 2"):
        run(index, IngestionOptions(reader="paired", lead_channel=5))


def test_grey_images_have_but_one_lead_channel(write_case, make_index, tissue, square):
    index = make_index(write_case("a", tissue, square))
    with pytest.raises(UserError, match=r"`ingestion.lead_channel` is 1, but the images have 1 channel \(grey\): choose 0"):
        run(index, IngestionOptions(reader="paired", lead_channel=1))


def test_headers_alone_do_not_contradict_the_lead_channel(write_case, make_index, tmp_path, tissue, square):
    index = make_index(write_case("a", tissue, square))
    facts = tabulate_facts([glance_at_case(case, tmp_path) for case in index.cases])
    assert len(curate(index, facts, IngestionOptions(reader="paired", lead_channel=1), LENIENT).cases) == 1


def test_images_of_a_rare_bit_depth_are_left_out(write_case, make_index, tissue, square):
    cases = [write_case(f"{n}", tissue + n, square, "anna") for n in range(2)]
    curated = run(make_index(*cases, write_case("deep", tissue.astype(np.uint16) * 200, square, "anna")))
    assert curated.cases["case_id"].tolist() == ["anna/0", "anna/1"]
    assert set(curated.ledger["finding"]) == {"bit_depth_differs"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["sound", "broken", "orphan_image", "orphan_mask", "stray", "metadata"]), max_size=8))
def test_found_is_the_sum_of_images_masks_metadata_and_excluded(tmp_path_factory, kinds):
    root = tmp_path_factory.mktemp("cohort")
    groups: dict[str, list[Path]] = {"orphan_image": [], "orphan_mask": [], "stray": [], "metadata": []}
    cases = []
    for place, kind in enumerate(["sound", *kinds]):
        if kind in groups:
            groups[kind].append(Path(f"{place}.png"))
            (root / f"{place}.png").touch()
        else:
            cases.append(_write(root, place, kind))
    index = CohortIndex(root, tuple(cases), *(tuple(groups[kind]) for kind in ("orphan_image", "orphan_mask", "metadata", "stray")))
    summary = run(index).summary
    assert summary["found"] == sum(1 for path in root.rglob("*") if path.is_file())
    assert summary["found"] == summary["images"] + summary["masks"] + summary["metadata"] + summary["excluded"]


def _write(root: Path, place: int, kind: str) -> Case:
    files = [Path(f"{place}.png"), Path(f"{place}_mask.png")]
    for file in files:
        Image.fromarray(np.eye(4, dtype=np.uint8) * 255).save(root / file)
    if kind == "broken":
        (root / files[place % 2]).write_bytes(b"no image")
    loaders = [lambda file=file: read_pixels(root / file) for file in files]
    return Case(str(place), str(place), "", 0, "", files[0], (files[1],), *loaders)
