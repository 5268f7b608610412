from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.curation.retention import (
    NEVER_FINISHED,
    NOT_KEPT,
    UNFINISHED,
    find_references,
    is_alive,
    keep_named,
    list_prunable,
    named_versions,
    newest_manifest,
    youngest_kept,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLACES = {
    "cases": "03_primary/lgg/cases.parquet",
    "scores": "07_model_output/lgg/scores.parquet",
    "run_manifest": "08_reporting/lgg/run_manifest.json",
}


def manifest(outputs: dict[str, str], inputs: dict[str, str] | None = None, places: dict[str, str] | None = PLACES) -> dict:
    named = {
        "finished": max(outputs.values(), default=""),
        "outputs": outputs,
        "inputs": inputs or {},
        "versions": {**(inputs or {}), **outputs},
    }
    return named if places is None else {**named, "places": places}


def stored(*rows: tuple[str, str], days: float = 10, leftover: bool = False, size: int = 1) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["dataset", "version"])
    return table.assign(begun=NOW - timedelta(days=days), leftover=leftover, files=1, bytes=size)


def prune(table: pd.DataFrame, *manifests: dict, references=(), made=(), since=NOW) -> list[tuple[str, str]]:
    found = list_prunable(table, keep_named(manifests, references), made, since)
    return list(found[["dataset", "version"]].itertuples(index=False, name=None))


def test_what_a_run_made_or_read_is_kept_and_nothing_else_of_that_version() -> None:
    everything = stored(*((place, version) for place in PLACES.values() for version in ("v1", "v2")))
    kept = manifest({"scores": "v2"}, inputs={"cases": "v1"})
    # The manifest itself is of the version that the run made.
    assert prune(everything, kept) == [(PLACES["cases"], "v2"), (PLACES["scores"], "v1"), (PLACES["run_manifest"], "v1")]


def test_without_any_manifest_all_that_is_old_is_listed() -> None:
    assert prune(stored((PLACES["cases"], "v1"))) == [(PLACES["cases"], "v1")]
    assert prune(stored((PLACES["cases"], "v1")), since=NOW - timedelta(days=20)) == []


def test_a_manifest_that_does_not_say_where_things_lie_keeps_all_of_its_versions() -> None:
    old = manifest({"scores": "v1"}, places=None)
    assert prune(stored((PLACES["cases"], "v1"), (PLACES["cases"], "v2")), old) == [(PLACES["cases"], "v2")]


def test_what_a_report_refers_to_is_kept() -> None:
    kept, table = manifest({"scores": "v2"}), stored((PLACES["cases"], "v1"), (PLACES["scores"], "v1"))
    assert prune(table, kept, references=[("scores", "v1")]) == [(PLACES["cases"], "v1")]
    assert prune(table, kept, references=[("renamed", "v1")]) == []


def test_references_are_found_at_any_depth() -> None:
    report = {"segmentation": {"refers_to": {"champion": {"cases": "v1"}, "candidate": {"cases": "v2"}}}, "notes": [], "n": 3}
    assert list(find_references(report)) == [("cases", "v1"), ("cases", "v2")]
    assert list(find_references([])) == []


def test_the_reason_tells_what_became_of_the_run() -> None:
    table = pd.concat([stored(("a/b/c", "v1"), ("a/b/c", "v2")), stored(("a/b/c", ".v3.partial"), leftover=True)])
    found = list_prunable(table, keep_named([]), {"v1"}, NOW).set_index("version")["reason"]
    assert found.to_dict() == {"v1": NOT_KEPT, "v2": NEVER_FINISHED, ".v3.partial": UNFINISHED}


def test_the_rest_of_a_write_is_listed_also_where_its_version_is_kept() -> None:
    table = pd.concat([stored((PLACES["scores"], "v1")), stored((PLACES["scores"], ".v1.pruned"), leftover=True)])
    assert prune(table, manifest({"scores": "v1"})) == [(PLACES["scores"], ".v1.pruned")]


def test_the_largest_comes_first() -> None:
    table = pd.concat([stored(("a/b/c", "v1"), size=2), stored(("a/b/c", "v2"), size=9)])
    assert prune(table) == [("a/b/c", "v2"), ("a/b/c", "v1")]


def test_a_day_is_kept_and_all_since_a_run_that_is_under_way() -> None:
    assert youngest_kept(NOW, []) == NOW - timedelta(days=1)
    assert youngest_kept(NOW, [NOW - timedelta(hours=2), NOW - timedelta(days=3)]) == NOW - timedelta(days=3)


@pytest.mark.parametrize(("days", "alive"), [(0, True), (14, True), (16, False)])
def test_a_run_that_is_longer_under_way_than_any_may_take_was_killed(days, alive) -> None:
    assert is_alive(NOW - timedelta(days=days), NOW) is alive


def test_the_newest_manifest_is_of_the_run_that_finished_last() -> None:
    assert newest_manifest([]) == []
    assert newest_manifest([manifest({"cases": "v2"}), manifest({"cases": "v1"})])[0]["outputs"] == {"cases": "v2"}


NAMES = st.sampled_from(sorted(PLACES))
VERSIONS = st.sampled_from([f"v{number}" for number in range(6)])
MANIFESTS = st.builds(
    manifest,
    st.dictionaries(NAMES, VERSIONS, max_size=3),
    st.dictionaries(NAMES, VERSIONS, max_size=3),
    st.sampled_from([PLACES, None, {"cases": PLACES["cases"]}]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(MANIFESTS, max_size=4), st.dictionaries(st.tuples(NAMES, VERSIONS), st.integers(0, 40), max_size=18))
def test_what_a_kept_manifest_names_and_what_is_young_is_never_listed(manifests, ages) -> None:
    since = NOW - timedelta(days=5)
    rows = [stored((PLACES[name], version), days=days) for (name, version), days in ages.items()]
    table = pd.concat([stored(), *rows])
    listed = set(prune(table, *manifests, since=since))
    named = {(PLACES[name], version) for each in manifests for name, version in named_versions(each)}
    young = {(PLACES[name], version) for (name, version), days in ages.items() if days <= 5}
    assert not listed & (named | young)
    # Where every manifest knows the places, nothing else is spared.
    if all(each.get("places") == PLACES for each in manifests):
        assert listed == {(PLACES[name], version) for name, version in ages} - named - young
