"""The workflow on the server says what `make` says here."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


@pytest.fixture(scope="module")
def jobs():
    return yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())["jobs"]


def test_it_calls_make_alone_and_targets_that_exist(jobs):
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    called = [re.fullmatch(r"make ([a-z-]+) PYTHON=python", command) for command in commands]
    assert all(called)
    assert {"test", "test-slow", "docs"} <= {found[1] for found in called if found} <= TARGETS


def test_it_tests_every_python_that_the_package_names(jobs):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [line.rpartition(" ")[2] for line in project["classifiers"] if re.fullmatch(r".*Python :: 3\.\d+", line)]
    assert jobs["test"]["strategy"]["matrix"]["python"] == named


def test_every_target_is_declared_and_explained():
    makefile = (ROOT / "Makefile").read_text()
    declared = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    assert declared
    assert set(declared[1].split()) == TARGETS
