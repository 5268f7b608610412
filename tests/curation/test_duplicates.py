import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from tumourflow.cohorts.readers import read_cohort
from tumourflow.curation.canonical import canonical_image
from tumourflow.curation.duplicates import find_duplicates
from tumourflow.imaging.content import content_key
from tumourflow.imaging.thumbnail import make_thumbnail
from tumourflow.options import IngestionOptions, PhantomOptions

THRESHOLD = 0.98
CONF = Path(__file__).parents[2] / "conf"


def paint(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.kron(rng.integers(0, 200, (12, 12)), np.ones((8, 8))).astype(np.uint8)


def tabulate(images: dict[str, np.ndarray], patients: str | None = None, blank: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = [
        {
            "case_id": name,
            "patient": patients[place] if patients else name,
            "label": "",
            "image_key": content_key(image),
            "thumbnail": make_thumbnail(image).tobytes(),
            "blank": name in blank,
        }
        for place, (name, image) in enumerate(images.items())
    ]
    return pd.DataFrame(rows)


def name_pairs(facts: pd.DataFrame, across: bool = False) -> list[tuple[str, str, bool]]:
    pairs = find_duplicates(facts, THRESHOLD, across)
    return list(pairs[["first", "second", "exact"]].itertuples(index=False, name=None))


def test_copies_are_exact_and_brighter_or_noisier_ones_are_near():
    noise = np.random.default_rng(9).integers(0, 9, (96, 96)).astype(np.uint8)
    images = {"d": paint(1), "b": paint(1), "c": paint(1) + noise, "a": paint(2), "e": paint(1) // 2 + 30}
    facts = tabulate(images)
    assert name_pairs(facts) == [
        ("b", "c", False),
        ("b", "d", True),
        ("b", "e", False),
        ("c", "d", False),
        ("c", "e", False),
        ("d", "e", False),
    ]
    correlations = find_duplicates(facts, THRESHOLD, False)["correlation"]
    expected = np.corrcoef(make_thumbnail(images["b"]).ravel(), make_thumbnail(images["c"]).ravel())[0, 1]
    assert correlations.iloc[:2].tolist() == [pytest.approx(expected), 1]


def test_pairs_within_a_patient_can_be_left_out():
    facts = tabulate({"a1": paint(1), "a2": paint(1), "b1": paint(1), "b2": paint(1) // 2 + 30}, patients="aabb")
    assert name_pairs(facts, across=True) == [("a1", "b1", True), ("a1", "b2", False), ("a2", "b1", True), ("a2", "b2", False)]


def test_blank_constant_and_unread_images_take_no_part():
    facts = tabulate({"a": paint(1), "b": paint(1), "c": np.full((9, 9), 4, np.uint8), "d": np.full((9, 9), 4, np.uint8)}, blank=("b",))
    unread = facts.iloc[[0]].assign(case_id="e", image_key="", thumbnail=b"")
    assert name_pairs(pd.concat([facts, unread])) == []


def test_the_order_of_the_rows_changes_nothing():
    facts = tabulate({str(seed): paint(seed // 3) for seed in range(30)})
    shuffled = facts.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(find_duplicates(facts, THRESHOLD, False), find_duplicates(shuffled, THRESHOLD, False))


def test_hashing_and_comparing_some_at_a_time_changes_nothing(monkeypatch):
    noise = np.random.default_rng(9).integers(0, 9, (5, 96, 96)).astype(np.uint8)
    facts = tabulate({f"{image}{copy}": paint(image) + noise[copy] for image in range(3) for copy in range(5)})
    expected = find_duplicates(facts, THRESHOLD, False)
    # Each of three images is near to its four noisy copies.
    assert len(expected) == 3 * 10
    monkeypatch.setattr("tumourflow.curation.duplicates._AT_ONCE", 4)
    monkeypatch.setattr("tumourflow.curation.duplicates._PAIRS_AT_ONCE", 7)
    pd.testing.assert_frame_equal(find_duplicates(facts, THRESHOLD, False), expected)


def test_at_a_threshold_of_one_only_equal_thumbnails_pair():
    facts = tabulate({"a": paint(1), "b": paint(1) + 30, "c": paint(1) + np.eye(96, dtype=np.uint8) * 50})
    assert find_duplicates(facts, 1.0, False)[["first", "second"]].to_numpy().tolist() == [["a", "b"]]


@pytest.mark.parametrize("across", [False, True])
def test_a_thousand_copies_are_no_million_pairs_yet_all_hang_together(across):
    facts = tabulate({"a": paint(1), "b": paint(2)})
    copies = pd.concat([facts.iloc[[0]]] * 1000).assign(case_id=[f"{number:04}" for number in range(1000)])
    copies["patient"] = [f"p{number // 100}" for number in range(1000)]
    pairs = find_duplicates(copies, THRESHOLD, across)
    assert len(pairs) < 70_000
    assert pairs["exact"].all()
    unit = copies.set_index("case_id")["patient"] if across else copies.set_index("case_id").index.to_series()
    reached, before = {unit.iloc[0]}, 0
    while len(reached) > before:
        before = len(reached)
        ends = [pairs[side].map(unit) for side in ("first", "second")]
        touching = ends[0].isin(reached) | ends[1].isin(reached)
        reached |= set(ends[0][touching]) | set(ends[1][touching])
    assert reached == set(unit)


def test_an_empty_cohort_has_no_pairs():
    pairs = find_duplicates(tabulate({"a": paint(1)}).iloc[:0], THRESHOLD, True)
    assert pairs.empty
    assert list(pairs.columns) == ["first", "second", "correlation", "exact"]


@pytest.fixture(scope="module")
def busi(publish) -> pd.DataFrame:
    """Facts of the real part, as the cohort's own options read it."""
    options = IngestionOptions(**yaml.safe_load((CONF / "busi/parameters.yml").read_text())["ingestion"])
    cases = sorted(read_cohort(publish("busi"), options, PhantomOptions()).cases, key=lambda case: case.case_id)
    return tabulate({case.case_id: canonical_image(case.load_image()) for case in cases})


def test_on_real_ultrasound_every_known_pair_and_every_correlated_one_is_found(busi):
    pairs = find_duplicates(busi, THRESHOLD, False)
    found = set(zip(pairs["first"], pairs["second"], strict=True))
    known = [
        ("benign (131)", "benign (42)"),
        ("benign (131)", "malignant (51)"),
        ("benign (42)", "malignant (51)"),
        ("benign (269)", "normal (1)"),
        ("benign (399)", "malignant (93)"),
        ("benign (433)", "malignant (145)"),
        ("benign (437)", "normal (34)"),
    ]
    assert set(known) <= found
    assert pairs[pairs["exact"]][["first", "second"]].to_numpy().tolist() == [["benign (433)", "malignant (145)"]]
    thumbnails = np.stack([np.frombuffer(each, np.uint8) for each in busi["thumbnail"]])
    first, second = np.nonzero(np.triu(np.corrcoef(thumbnails), 1) > THRESHOLD)
    names = busi["case_id"].to_numpy()
    assert found == set(zip(names[first], names[second], strict=True))
    assert len(found) == 49


def test_hashes_of_a_cohort_are_not_in_memory_all_at_once(monkeypatch):
    monkeypatch.setattr("tumourflow.curation.duplicates._AT_ONCE", 128)
    monkeypatch.setattr("tumourflow.curation.leaves._AT_ONCE", 128)

    def measure_peak(number: int) -> int:
        names = [f"case {place:06}" for place in range(number)]
        facts = pd.DataFrame({"case_id": names, "patient": names, "image_key": names, "blank": False})
        rng = np.random.default_rng(0)
        tracemalloc.start()
        pairs = find_duplicates(facts, THRESHOLD, True, lambda names: rng.integers(0, 256, (len(names), 48, 48), np.uint8))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert pairs.empty
        return peak

    measure_peak(2)  # what is made once
    # A hash takes 420 bytes.
    assert measure_peak(6_000) - measure_peak(2_000) < 4_000 * 200
