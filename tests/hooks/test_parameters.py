from pathlib import Path
from types import SimpleNamespace

import pytest

from tumourflow.hooks import ParameterHook


def pass_hook(project: Path, **values: object) -> dict:
    """Hand parameters to the hook as a context does, and tell what it made of them."""
    loader = {"parameters": {"ingestion": {"reader": "paired"}, "split_file": None, **values}}
    ParameterHook().after_context_created(SimpleNamespace(config_loader=loader, project_path=str(project)))
    return loader["parameters"]


@pytest.mark.parametrize("url", ["s3://bucket/some/cohort", "gs://bucket/cohort", "file:///data/cohort", "memory://cohort"])
def test_urls_stay_as_they_are(tmp_path, url):
    assert pass_hook(tmp_path, raw_root=url)["raw_root"] == url


def test_paths_are_relative_to_the_project(tmp_path):
    values = pass_hook(tmp_path, raw_root="data/01_raw/lgg", split_file="splits.csv")
    assert values["raw_root"] == str(tmp_path / "data/01_raw/lgg")
    assert values["split_file"] == str(tmp_path / "splits.csv")


def test_paths_from_the_root_or_from_home_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    assert pass_hook(tmp_path, raw_root="/data/lgg")["raw_root"] == "/data/lgg"
    assert pass_hook(tmp_path, raw_root="~/lgg")["raw_root"] == "/home/anna/lgg"
