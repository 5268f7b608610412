from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tumourflow.cohorts.paired import read_paired
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.inspections import Fingerprints, inspect_changed
from tumourflow.curation.thumbnails import take_from, take_from_cache
from tumourflow.datasets import FactCache
from tumourflow.imaging.thumbnail import make_thumbnail
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="paired")


@pytest.fixture
def index(tmp_path, tissue, square):
    for folder in ("images", "masks"):
        (tmp_path / "raw" / folder).mkdir(parents=True)
    for step, name in enumerate("abcd"):
        Image.fromarray(tissue // 2 + step * np.arange(tissue.shape[1], dtype=np.uint8)).save(tmp_path / f"raw/images/{name}.png")
        Image.fromarray(square).save(tmp_path / f"raw/masks/{name}_mask.png")
    (tmp_path / "raw/images/d.png").write_bytes(b"no image")
    return read_paired(tmp_path / "raw", OPTIONS)


def expected(index, name: str) -> np.ndarray:
    return make_thumbnail(np.asarray(Image.open(Path(index.root) / f"images/{name}.png")))


def test_table_and_cache_give_the_same_in_the_order_asked_for(index, tmp_path, monkeypatch):
    monkeypatch.setattr("tumourflow.curation.thumbnails._BATCH", 2)
    cache = FactCache(tmp_path / "cache.sqlite")
    facts = tabulate_facts(inspect_changed(index, Fingerprints(index, OPTIONS), cache, "synchronous"))
    for read in (take_from(facts), take_from_cache(index, OPTIONS, cache)):
        np.testing.assert_array_equal(read(["c", "a", "b"]), [expected(index, name) for name in "cab"])


def test_a_case_without_an_image_has_none(index, tmp_path):
    assert not take_from_cache(index, OPTIONS, FactCache(tmp_path / "cache.sqlite"))(["d"]).any()


def test_what_the_cache_has_lost_is_inspected_again(index, tmp_path):
    """A cache that cannot be written costs time, but hides no duplicate."""
    (tmp_path / "cache.sqlite").mkdir()
    read = take_from_cache(index, OPTIONS, FactCache(tmp_path / "cache.sqlite"))
    np.testing.assert_array_equal(read(["b"]), [expected(index, "b")])


def test_a_kept_case_is_not_inspected_again(index, tmp_path, monkeypatch):
    cache = FactCache(tmp_path / "cache.sqlite")
    list(inspect_changed(index, Fingerprints(index, OPTIONS), cache, "synchronous"))
    monkeypatch.setattr("tumourflow.curation.thumbnails.inspect_case", lambda case: pytest.fail(case.case_id))
    assert take_from_cache(index, OPTIONS, cache)(["a", "b"]).any()
