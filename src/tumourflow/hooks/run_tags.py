"""What MLflow's tags say of a run besides its versions: how it was begun, the state of the code, and whether its split leaks."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kedro.io import AbstractVersionedDataset, DataCatalog, Version
from kedro.pipeline import Pipeline

from tumourflow.hooks.manifests import read_manifest
from tumourflow.hooks.named_values import LONGEST_VALUE
from tumourflow.startup import is_command

FROM_SPLIT = {
    "leakage_report",
    "splits",
    "model_input",
    "segmenter",
    "segmenter_bundle",
    "case_scores",
    "class_labels",
    "classifier",
    "class_scores",
    "radiomics_scores",
}
"""Datasets that only a split has brought about."""


def leakage_tags(pipeline: Pipeline, catalog: DataCatalog) -> dict[str, str]:
    """Tell by which protocol the split was made that a run made or worked on, and whether it leaks; empty where there was none."""
    if "leakage_premium" in pipeline.all_outputs():
        return {"leaky": "true", "protocol": "slice beside patient"}  # one of its two models leaks on purpose
    if "comparison" in pipeline.all_outputs():
        compared = catalog.load("comparison")
        return {"leaky": str(compared["leaky"]).lower(), **({"protocol": compared["protocol"]} if compared["leaky"] else {})}
    if "findings_summary" in pipeline.all_outputs():
        return {"leaky": str(catalog.load("findings_summary")["leaky"]).lower()}
    if not pipeline.datasets() & FROM_SPLIT:
        return {}
    dataset = catalog.get("leakage_report")
    if "leakage_report" not in pipeline.datasets() and isinstance(dataset, AbstractVersionedDataset):
        version = read_manifest(catalog).get("versions", {}).get("leakage_report")
        dataset._version = Version(version, None) if version else dataset._version
    if dataset is None or not dataset.exists():
        return {}
    report = dataset.load()
    # A cross-validation leaks where any of its splits does; the report is that of one.
    leaky = catalog.load("fold_splits")["leaky"].any() if "fold_splits" in pipeline.all_outputs() else report["leaky"]
    return {"leaky": str(bool(leaky)).lower(), "protocol": report["protocol"]}


def typed_command(arguments: Sequence[str]) -> dict[str, str]:
    """Tell the command as it was typed: kedro-mlflow's tag leaves out the environment and the parameters.

    Args:
        arguments: `sys.argv`.

    Returns:
        The tag; empty where the run was not begun by a command, but in a notebook, for example.

    Example:
        >>> typed_command(["/env/bin/kedro", "run", "--env=lgg"]), typed_command(["pytest"])
        ({'kedro_command': 'kedro run --env=lgg'}, {})
    """
    if not is_command(arguments[0]):
        return {}
    return {"kedro_command": shlex.join(["kedro", *arguments[1:]])[:LONGEST_VALUE]}


def git_state(project_path: Path) -> dict[str, str]:
    """Tell the commit of the project and whether the tree held changes beyond it; empty outside a repository or before its first commit."""
    from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT

    command = ["git", "-C", str(project_path), "status", "--porcelain=v2", "--branch"]
    try:
        lines = subprocess.run(command, capture_output=True, check=True, text=True, errors="replace").stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return {}
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid")), "(initial)")
    if commit == "(initial)":
        return {}
    changed = any(not line.startswith("#") for line in lines)
    return {"git_commit": commit, "git_dirty": str(changed).lower(), MLFLOW_GIT_COMMIT: commit}
