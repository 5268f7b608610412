"""What the next run reads: the versions that the last manifest names."""

from __future__ import annotations

import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

HEADLINE = re.compile(r"<dt>Volume Dice of a patient&#39;s tumour, test</dt><dd>([\d.]+) <small>")


class State:
    """Looks at the tables and figures of one manifest."""

    def __init__(self, data: Path, manifest: dict[str, Any]) -> None:
        self.data = data
        self.manifest = manifest

    def check(self, new: list[dict[str, Any]], raw_files: int) -> None:
        """Look at all that is there.

        Args:
            new: Manifests that were written since the raw data was last changed.
            raw_files: How many files that is.
        """
        for name in self.manifest["versions"]:
            assert self._path(name).exists(), f"the manifest names {name}, which is not there"
        if {"cases", "splits"} <= self.manifest["versions"].keys():
            self._check_split()
        if "curation_ledger" in self.manifest["outputs"] and self.manifest in new:
            self._check_ledger(raw_files)
        if "segmentation_metrics" in self.manifest["versions"]:
            self._check_metrics()

    @cached_property
    def cases(self) -> pd.DataFrame:
        return pd.read_parquet(self._path("cases"))

    def _check_split(self) -> None:
        splits, leakage = pd.read_parquet(self._path("splits")), self._json("leakage_report")
        assert sorted(splits["case_id"]) == sorted(self.cases["case_id"]), "the split is of other cases"
        joined = self.cases.merge(splits[["case_id", "split"]], on="case_id")
        if not leakage["leaky"]:
            for whole in ("patient", "group"):
                assert (joined.groupby(whole)["split"].nunique() == 1).all(), f"a {whole} stands on two sides"
        if "model_input" in self.manifest["versions"]:
            seen = pd.read_parquet(next(self._path("model_input").glob("*.parquet")))
            pairs = [sorted(table[["case_id", "split"]].itertuples(index=False, name=None)) for table in (seen, splits)]
            assert pairs[0] == pairs[1], "what the network sees is of another split"

    def _check_ledger(self, raw_files: int) -> None:
        ledger, told = pd.read_csv(self._path("curation_ledger")), self._json("curation_summary")
        excluded = ledger.loc[ledger["action"] == "excluded", "file"].nunique()
        assert told["found"] == raw_files == told["images"] + told["masks"] + told["metadata"] + told["excluded"]
        assert (told["images"], told["excluded"]) == (len(self.cases), excluded), "a file is neither a case's nor in the ledger"

    def _check_metrics(self) -> None:
        metrics, leakage = self._json("segmentation_metrics"), self._json("leakage_report")
        assert metrics.get("leaky", False) == leakage["leaky"], "metrics and split disagree on the leak"
        scores = pd.read_parquet(self._path("case_scores"))
        assert set(scores["case_id"]) <= set(self.cases["case_id"]), "scores are of other cases"
        if (
            "report_page" in self.manifest["versions"]
            and (value := metrics.get("test", {}).get("volume_dice", {}).get("value")) is not None
        ):
            told = HEADLINE.search(self._path("report_page").read_text())
            assert told, "the report has no headline"
            assert told[1] == f"{value:.2f}", "the report tells other figures than the metrics"

    def _json(self, name: str) -> dict[str, Any]:
        return json.loads(self._path(name).read_text())

    def _path(self, name: str) -> Path:
        place, version = self.data / self.manifest["places"][name], self.manifest["versions"][name]
        file = place / version / place.name
        return file if file.exists() else place / version
