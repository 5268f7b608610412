import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.cohorts.sharing import read_shared
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import curate
from tumourflow.curation.integrity import inspect_case
from tumourflow.curation.storage import list_images
from tumourflow.errors import UserError
from tumourflow.imaging.content import content_key
from tumourflow.imaging.png import decode_png
from tumourflow.options import CurationOptions, IngestionOptions


def tabulate(index) -> pd.DataFrame:
    facts = tabulate_facts(map(inspect_case, index.cases))
    return curate(index, facts, IngestionOptions(reader="paired"), CurationOptions(max_excluded_fraction=1)).cases


def test_each_content_comes_once_under_its_key(write_case, make_index, tissue, square):
    index = make_index(write_case("a", tissue, square), write_case("b", tissue + 1, square // 255), write_case("c", b"", square))
    cases = tabulate(index)
    images = list_images(index, cases, "synchronous")
    stored = {key: decode_png(png) for key, png in images.encode(images.keys)}
    assert list(stored) == list(images.keys)
    assert sorted(stored) == sorted({*cases["image"], *cases["mask"]})
    assert all(content_key(pixels) == key for key, pixels in stored.items())
    np.testing.assert_array_equal(stored[cases["mask"].iloc[0]], square)


def test_only_what_is_asked_for_is_decoded(write_case, make_index, tmp_path, tissue, square):
    index = make_index(write_case("a", tissue, square), write_case("b", tissue + 1, square))
    cases = tabulate(index)
    (tmp_path / "a.png").unlink()
    wanted = cases.loc[cases["case_id"] == "b/b", "image"].tolist()
    assert [key for key, _ in list_images(index, cases, "synchronous").encode(wanted)] == wanted


def test_a_mask_that_lies_in_the_images_file_is_stored_too(tissue, square):
    case = Case("a", "a", "", 0, "", Path("a.mat"), (), load_image=lambda: tissue, load_mask=lambda: square)
    index = CohortIndex(Path(), (case,))
    cases = pd.DataFrame({"case_id": ["a"], "image": [content_key(tissue)], "mask": [content_key(square)]})
    images = list_images(index, cases, "synchronous")
    np.testing.assert_array_equal(decode_png(dict(images.encode(images.keys))[content_key(square)]), square)


def test_a_file_that_changed_after_its_inspection_stops_the_run(write_case, make_index, tmp_path, tissue, square):
    index = make_index(write_case("a", tissue, square))
    cases = tabulate(index)
    Image.fromarray(tissue + 1).save(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"a.png changed after it was inspected"):
        images = list_images(index, cases, "synchronous")
        list(images.encode(images.keys))


def test_a_file_of_image_and_mask_is_opened_once(tissue, square):
    opened = []

    def open_file():
        opened.append(1)
        return tissue, square

    case = Case("a", "a", "", 0, "", Path("a.mat"), (), lambda: read_shared(open_file)[0], lambda: read_shared(open_file)[1])
    cases = pd.DataFrame({"case_id": ["a"], "image": [content_key(tissue)], "mask": [content_key(square)]})
    images = list_images(CohortIndex(Path(), (case,)), cases, "synchronous")
    assert [key for key, _ in images.encode(images.keys)] == [content_key(tissue), content_key(square)]
    assert len(opened) == 1


def test_keys_of_a_cohort_are_not_kept_as_texts():
    def measure_kept(number: int) -> int:
        names = [f"case {place:06}" for place in range(number)]
        image = Path("a.png")  # one, for what Python notes of each path would be counted, too
        index = CohortIndex(Path(), tuple(Case(name, name, "", 0, "", image, (), load_image=lambda: None) for name in names))
        keys = [[f"{2 * place + is_mask:032x}" for place in range(number)] for is_mask in (0, 1)]
        cases = pd.DataFrame({"case_id": names, "image": keys[0], "mask": keys[1]})
        tracemalloc.start()
        images = list_images(index, cases, "synchronous")
        assert sum(1 for _ in images.keys) == 2 * number
        kept = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return kept

    # In a dictionary each of the two keys takes 200 bytes.
    assert measure_kept(3_000) - measure_kept(1_000) < 2_000 * 150


def test_a_key_that_is_none_of_the_cohorts_is_not_taken_for_another(write_case, make_index, tissue, square):
    index = make_index(write_case("a", tissue, square))
    images = list_images(index, tabulate(index), "synchronous")
    for key in ("0" * 64, "f" * 64):
        with pytest.raises(KeyError, match=key):
            list(images.encode([key]))
