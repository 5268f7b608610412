"""What holds in a project whatever was run in it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from belonging import explain_mixture
from commands import Outcome
from state import State

STORES = {"images", "inspection_cache.sqlite", "method_scores", "fold_scores", "class_fold_scores", "fold_networks"}
"""What lies in `data/` without versions, by the page on it."""
KEPT = {"training_checkpoint.npz", "fold_checkpoint.npz", "classifier_checkpoint.npz", "seed_networks", "classifier_seed_networks"}
"""What a training that has not come to its end leaves, to be gone on with."""
VERSION = re.compile(r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d\.\d{3}Z")


class Watch:
    """Looks at a project before and after each command."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.data = project / "data"
        self.killed: set[str] = set()
        self.broken = False

    def manifests(self) -> list[dict[str, Any]]:
        """Read the manifests of all finished runs, the last finished last."""
        found = (self.data / "08_reporting/test/run_manifest.json").glob("*/run_manifest.json")
        return sorted((json.loads(path.read_text()) for path in found), key=lambda manifest: manifest["finished"])

    def versions(self) -> dict[str, list[str]]:
        """List the versions of each dataset that finished runs have left, oldest first."""
        found: dict[str, list[str]] = {}
        for manifest in self.manifests():
            for name, version in manifest["outputs"].items():
                found.setdefault(name, []).append(version)
        return found

    def runs(self) -> list[str]:
        """List the ids of all runs that judged a network, the newest last."""
        judged = "SELECT run_uuid FROM metrics WHERE key = 'test.volume_dice' GROUP BY run_uuid ORDER BY timestamp"
        folds = self._ask("SELECT run_uuid FROM tags WHERE key = 'mlflow.parentRunId'")
        return [run for (run,) in self._ask(judged) if (run,) not in folds]

    def begin(self) -> None:
        """Note what no command may change."""
        self._before = self.manifests()
        self._raw = {path: path.stat().st_mtime_ns for path in self._files("01_raw/test")}
        self._kept = {path: path.stat().st_mtime_ns for path in self.data.rglob("*") if path.is_file() and VERSION.search(str(path))}

    def tell(self, outcomes: list[Outcome]) -> str:
        """Tell the last words of commands that failed."""
        return " ".join(line for outcome in outcomes for line in outcome.err.splitlines() if line.startswith("Error:"))

    def check(self, outcomes: list[Outcome]) -> None:
        """Look at everything."""
        for outcome in outcomes:
            _check_words(outcome)
        self.broken |= not all(outcome.done for outcome in outcomes)
        new = [manifest for manifest in self.manifests() if manifest not in self._before]
        unforced = [outcome for outcome in outcomes if outcome.code >= 0]
        assert len(new) <= len(outcomes) - sum(not outcome.done for outcome in unforced), "a run that failed left a manifest"
        self._check_untouched()
        self._check_folders()
        self._check_tracking(outcomes)
        for manifest in self.manifests():
            assert not (told := explain_mixture(manifest, self.manifests())), told
        if self.manifests():
            State(self.data, self.manifests()[-1]).check(new, len(self._raw) or len(list(self._files("01_raw/test"))))

    def _check_untouched(self) -> None:
        for path, changed in {**self._raw, **self._kept}.items():
            assert path.exists(), f"{path} is gone"
            assert path.stat().st_mtime_ns == changed, f"{path} was written to"

    def _check_folders(self) -> None:
        for path in [*self.data.glob("0[2-8]*/test/*"), *self.data.glob("0[2-8]*/inference/*")]:
            if path.name in STORES or path.name == "results.sqlite":
                continue
            if path.name in KEPT or path.name.startswith("."):
                assert self.broken or (path.is_dir() and not any(path.iterdir())), f"{path} was left behind"
                continue
            for version in path.iterdir():
                assert VERSION.fullmatch(version.name) or (self.broken and version.name.endswith(".partial")), f"{version} is no version"

    def _check_tracking(self, outcomes: list[Outcome]) -> None:
        running = {run for (run,) in self._ask("SELECT run_uuid FROM runs WHERE status = 'RUNNING'")}
        if any(outcome.code < 0 for outcome in outcomes):
            self.killed |= running
        assert running <= self.killed, f"{running - self.killed} ended, but MLflow has them as running"
        known = {status for (status,) in self._ask("SELECT DISTINCT status FROM runs")}
        assert known <= {"FINISHED", "FAILED", "KILLED", "RUNNING"}

    def _ask(self, question: str) -> list[tuple[Any, ...]]:
        file = self.project / "mlflow.db"
        if not file.exists():
            return []
        with closing(sqlite3.connect(file, timeout=60)) as store:
            return store.execute(question).fetchall()

    def _files(self, folder: str) -> Iterator[Path]:
        return (path for path in (self.data / folder).rglob("*") if path.is_file())


def _check_words(outcome: Outcome) -> None:
    words = outcome.out + outcome.err
    assert "Traceback" not in words, words[-6000:]
    if outcome.code > 0:
        sentences = [line for line in outcome.err.splitlines() if line.startswith("Error:")]
        assert len(sentences) == 1, words[-6000:]
