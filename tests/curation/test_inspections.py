import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.inspections import Fingerprints, are_certain, inspect_changed
from tumourflow.datasets import FactCache
from tumourflow.imaging.read import read_pixels
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="paired")


class Cohort:
    """Cases whose loaders note which files they read."""

    def __init__(self, root: Path, cache: FactCache) -> None:
        self.root, self.cache, self.read = root, cache, []

    def load(self, name: str):
        self.read.append(name)
        return read_pixels(self.root / name)

    def index(self, **changed: object) -> CohortIndex:
        cases = [
            Case(
                case_id=name,
                patient=name,
                site="",
                slice=0,
                label="",
                image=Path(f"{name}.png"),
                masks=(Path(f"{name}_mask.png"),),
                load_image=lambda name=name: self.load(f"{name}.png"),
                load_mask=lambda name=name: self.load(f"{name}_mask.png"),
            )
            for name in "abcd"
        ]
        return CohortIndex(self.root, tuple(replace(case, **changed) for case in cases))

    def inspect(self, index: CohortIndex | None = None, options: IngestionOptions = OPTIONS):
        """Inspect and tell the facts and which files were read."""
        self.read.clear()
        index = index or self.index()
        return list(inspect_changed(index, Fingerprints(index, options), self.cache, "synchronous")), sorted(self.read)


@pytest.fixture
def cohort(tmp_path, tissue, square) -> Cohort:
    for step, name in enumerate("abcd"):
        Image.fromarray(tissue + step).save(tmp_path / f"{name}.png")
        Image.fromarray(square).save(tmp_path / f"{name}_mask.png")
    return Cohort(tmp_path, FactCache(tmp_path / "cache/facts.sqlite"))


def test_a_second_inspection_reads_no_file_and_finds_the_same(cohort):
    first, read = cohort.inspect()
    assert len(read) == 8
    assert cohort.inspect() == (first, [])


@pytest.mark.parametrize("name", ["c.png", "c_mask.png"])
def test_one_changed_file_redoes_its_case_alone(cohort, tissue, name):
    cohort.inspect()
    path = cohort.root / name
    os.utime(path, ns=(path.stat().st_mtime_ns, path.stat().st_mtime_ns + 1))
    facts, read = cohort.inspect()
    assert read == ["c.png", "c_mask.png"]
    assert [each["case_id"] for each in facts] == list("abcd")
    assert cohort.inspect()[1] == []


def test_a_changed_file_of_another_channel_redoes_its_case(cohort):
    index = cohort.index()
    joined = replace(index, cases=tuple(replace(case, further=(Path(f"{case.case_id}_mask.png"),), masks=()) for case in index.cases))
    cohort.inspect(joined)
    os.utime(cohort.root / "c_mask.png", ns=(0, 0))
    assert cohort.inspect(joined)[1] == ["c.png", "c_mask.png"]


def test_a_change_of_the_content_is_seen(cohort, tissue):
    first, _ = cohort.inspect()
    Image.fromarray(tissue + 60).save(cohort.root / "b.png")
    second, _ = cohort.inspect()
    changed = [before["case_id"] for before, after in zip(first, second, strict=True) if before["image_key"] != after["image_key"]]
    assert changed == ["b"]


def test_what_could_not_be_read_is_tried_again(cohort):
    (cohort.root / "a.png").write_bytes(b"no image")
    facts, _ = cohort.inspect()
    assert facts[0]["image_error"]
    assert cohort.inspect()[1] == ["a.png", "a_mask.png"]


def test_a_killed_run_has_kept_what_it_had_inspected(cohort, monkeypatch):
    monkeypatch.setattr("tumourflow.curation.inspections._BATCH", 2)
    index = cohort.index()
    running = inspect_changed(index, Fingerprints(index, OPTIONS), cohort.cache, "synchronous")
    next(running)
    running.close()
    assert cohort.inspect()[1] == ["c.png", "c_mask.png", "d.png", "d_mask.png"]


@pytest.mark.parametrize(
    ("changed", "redone"), [({"window": "minmax"}, 4), ({"grey": True}, 4), ({"near_black": 0.5}, 0), ({"channels": ("T1",)}, 0)]
)
def test_only_options_that_change_pixels_redo_anything(cohort, changed, redone):
    cohort.inspect()
    assert len(cohort.inspect(options=IngestionOptions(reader="paired", **changed))[1]) == 2 * redone


def test_the_state_of_what_else_the_pixels_depend_on_counts(cohort):
    cohort.inspect()
    assert len(cohort.inspect(cohort.index(state="another slice was added"))[1]) == 8


def test_another_version_of_the_code_redoes_everything(cohort, monkeypatch):
    cohort.inspect()
    monkeypatch.setattr("tumourflow.curation.inspections._describe_code", lambda: "other")
    assert len(cohort.inspect()[1]) == 8


def test_a_row_that_another_run_has_replaced_meanwhile_is_inspected_again(cohort, monkeypatch):
    first, _ = cohort.inspect()
    monkeypatch.setattr(cohort.cache, "read", lambda _: {})
    assert cohort.inspect()[0] == first


def test_fingerprints_of_different_cases_differ(cohort):
    assert len(set(Fingerprints(cohort.index(), OPTIONS).values())) == 4


def test_what_is_summed_up_changes_with_each_of_the_cases(cohort):
    before = Fingerprints(cohort.index(), OPTIONS).sum_up()
    assert Fingerprints(cohort.index(), OPTIONS).sum_up() == before
    os.utime(cohort.root / "d_mask.png", ns=(0, 0))
    assert Fingerprints(cohort.index(), OPTIONS).sum_up() != before


def test_a_table_with_a_file_that_could_not_be_read_is_not_certain(cohort):
    assert are_certain(tabulate_facts(cohort.inspect()[0]))
    (cohort.root / "b_mask.png").write_bytes(b"no image")
    assert not are_certain(tabulate_facts(cohort.inspect()[0]))
