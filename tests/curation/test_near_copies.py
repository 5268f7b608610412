"""A search that goes by an earlier one finds what a search from the beginning finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.curation import leaves, near_copies
from tumourflow.curation.duplicates import find_duplicates
from tumourflow.curation.near_copies import Hashed, Searched, search_near_copies
from tumourflow.curation.neighbours import MOST, Reach

THRESHOLD = 0.98


@dataclass
class Cohort:
    """Thumbnails in families of a few that look alike; `asked` counts how often one was compared."""

    seeds: dict[str, int]
    patients: dict[str, str]
    families: int = 2
    asked: list[str] = field(default_factory=list)

    def facts(self) -> pd.DataFrame:
        rows = [(name, self.patients[name], f"key {seed}", False) for name, seed in self.seeds.items()]
        return pd.DataFrame(rows, columns=["case_id", "patient", "image_key", "blank"])

    def read(self, names: Sequence[str]) -> np.ndarray:
        self.asked += names
        return np.stack([paint(self.seeds[name], self.families) for name in names]) if names else np.empty((0, 48, 48), np.uint8)


def paint(seed: int, families: int) -> np.ndarray:
    """Seeds of one family look alike."""
    picture = np.kron(np.random.default_rng(seed % families).integers(40, 200, (12, 12)), np.ones((4, 4)))
    return (picture + np.random.default_rng(seed).normal(0, 1 + seed % 9, (48, 48))).clip(0, 255).astype(np.uint8)


def make(number: int, first: int = 0) -> Cohort:
    names = [f"c{place:03}" for place in range(number)]
    return Cohort({name: first + place for place, name in enumerate(names)}, {name: f"p{place // 3}" for place, name in enumerate(names)})


class Memory:
    """Keeps the last search."""

    found: Searched | None = None

    def __call__(self, search: Callable[[Searched | None], Searched]) -> Searched:
        self.found = search(self.found)
        return self.found


def search(cohort: Cohort, memory: Memory, across: bool) -> tuple[pd.DataFrame, Searched]:
    pairs = find_duplicates(cohort.facts(), THRESHOLD, across, cohort.read, memory)
    assert memory.found is not None
    return pairs, memory.found


changes = st.lists(st.tuples(st.sampled_from(["gone", "new", "other", "patient"]), st.integers(0, 89), st.integers(0, 400)), max_size=12)


def change(cohort: Cohort, steps: list[tuple[str, int, int]]) -> Cohort:
    seeds, patients = dict(cohort.seeds), dict(cohort.patients)
    for kind, place, seed in steps:
        name = f"c{place:03}"
        if kind == "gone":
            seeds.pop(name, None)
        elif kind == "new":
            seeds[f"{name}b"], patients[f"{name}b"] = seed, f"p{seed % 9}"
        elif kind == "other" and name in seeds:
            seeds[name] = seed
        elif kind == "patient":
            patients[name] = f"p{seed % 9}"
    return Cohort(seeds, patients, cohort.families)


@settings(max_examples=15, deadline=None)
@given(changes, st.booleans(), st.sampled_from([1, 1, 8]))
def test_after_any_change_it_finds_what_a_new_search_finds(steps, across, worth):
    compare(make(90), steps, across, worth)


@pytest.mark.parametrize(
    "step", [("gone", 0, 0), ("gone", 39, 0), ("new", 39, 7), ("other", 0, 7), ("other", 39, 7), ("patient", 0, 7), ("patient", 39, 7)]
)
def test_a_change_of_the_first_or_the_last_image_is_seen(step):
    compare(make(40), [step], across=True, worth=1)


def compare(before: Cohort, steps: list[tuple[str, int, int]], across: bool, worth: int) -> None:
    """Search by an earlier search and from the beginning."""
    after = change(before, steps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_copies, "_WORTH", worth)  # 1: however many are touched, no list is made anew that need not be
        patch.setattr(leaves, "_LEAF", 8)
        memory = Memory()
        search(before, memory, across)
        pairs, found = search(after, memory, across)
    expected_pairs, expected = search(after, Memory(), across)
    pd.testing.assert_frame_equal(pairs, expected_pairs)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_cohort_of_these_tests_is_crowded_and_has_pairs_that_are_not_alike():
    pairs, found = search(make(90), Memory(), False)
    assert np.bincount(found.near[:, 0]).max() == MOST
    assert len(np.unique(np.sort(found.near, axis=1), axis=0)) > len(pairs) > 0


def test_only_thumbnails_near_a_change_are_compared_anew():
    cohort, memory = make(90), Memory()
    cohort.families = 30
    search(cohort, memory, True)
    again = change(cohort, [])
    search(again, memory, True)
    assert len(again.asked) == 90, "each is hashed, none is compared"
    other = change(cohort, [("other", 7, 12345)])  # it leaves 37 and 67 for 15, 45 and 75
    search(other, memory, True)
    assert sorted(other.asked[90:]) == ["c007", "c015", "c037", "c045", "c067", "c075"]


def test_the_least_correlation_counts():
    hashes = np.array([[3, 4], [4, 3], [4, 3]], np.int16)
    images = Hashed(np.arange(3, dtype=np.uint64), hashes, Reach(24, np.arange(3)))
    found = search_near_copies(images, None, lambda pairs: np.where(pairs[:, 0] == 0, 0.5, 0.49), least=0.5)
    assert (found.alike.tolist(), found.correlation.tolist()) == ([[0, 1], [0, 2]], [0.5, 0.5])


def test_a_pair_of_which_one_is_gone_is_forgotten():
    """The one that is gone had listed the other, which in a crowd had nearer ones and had not listed it."""
    near, alike = np.array([[1, 0]], np.int32), np.array([[0, 1]], np.int32)
    earlier = Searched(np.array([1, 2], np.uint64), near, alike, np.array([0.9]))
    images = Hashed(np.array([1], np.uint64), np.array([[3, 4]], np.int16), Reach(24, np.arange(1)))
    found = search_near_copies(images, earlier, lambda pairs: np.empty(len(pairs)), least=0.5)
    assert (found.near.tolist(), found.alike.tolist()) == ([], [])


@pytest.mark.parametrize(("first", "then"), [(90, 0), (0, 90), (0, 0)])
def test_cohorts_may_become_empty_or_begin_so(first, then):
    memory = Memory()
    search(make(first), memory, False)
    pairs, _ = search(make(then), memory, False)
    pd.testing.assert_frame_equal(pairs, search(make(then), Memory(), False)[0])
