"""What a person reads when a run is over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import click
from kedro.framework.hooks import hook_impl
from kedro.io import AbstractVersionedDataset, DataCatalog
from kedro.pipeline import Pipeline

SHOWN = {
    "curation_ledger": "what was wrong with the data",
    "report_page": "report",
    "classification_page": "report",
    "canary_report": "canary",
    "leakage_premium_table": "premium (experiment)",
    "overlays": "overlays",
    "methods_table": "methods side by side",
    "baselines_metrics": "metrics of the baselines",
    "segmentation_metrics": "metrics",
    "cross_validated_metrics": "cross-validation",
    "classified_examples": "images told right and wrong",
    "classification_metrics": "metrics",
    "classifier": "model",
    "radiomics_metrics": "types told from masks",
    "radiomics_comparison": "masks side by side",
    "radiomics_importance_figure": "features that decide",
    "type_model": "model",
    "router_metrics": "metrics",
    "refusal_figure": "what was refused",
    "router": "model",
    "segmenter": "model",
    "segmenter_onnx": "model in ONNX",
    "comparison_table": "comparison",
    "comparison_overview": "comparison, drawn",
    "comparison_cases": "where runs differ",
    "promotion": "promotion",
    "inference_masks": "masks",
    "findings": "findings",
    "inference_report": "report",
    "prunable": "nothing refers to",
    "predicted_masks": "masks",
}
TOLD = ("segmentation_metrics", "cross_validated_metrics", "classification_metrics", "router_metrics", "baselines_metrics")
"""Where the headline is from: the first of these that the run made."""
JUDGING_ORDER = ("cross_validated", "test", "validation")
"""Whose figures tell most, where there are several."""


HEADLINES = {"volume_dice": "volume Dice", "auroc": "AUROC", "balanced_accuracy": "balanced accuracy"}
"""The figure that is told of a split: the first of these that it has."""


class SummaryHook:
    """Ends a run by saying where its results are and how to open them."""

    @hook_impl(trylast=True)
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Print the places of the results that this run made."""
        made = [name for name in SHOWN if name in pipeline.all_outputs()]
        # Where there is a result of its own, those of the folds are part of it.
        made = [name for name in made if name != "cross_validated_metrics" or "segmentation_metrics" not in made]
        if not made:
            return
        root = Path(run_params["project_path"])
        lines = [f"{SHOWN[name]:<29} {_place(catalog, name, root)}" for name in made]
        told = next((name for name in TOLD if name in made), None)
        lines += _headline(catalog.load(told)) if told else []
        env = f" --env={run_params['env']}" if run_params.get("env") not in (None, "local", "base") else ""
        lines += [f"{'tracked run':<29} {_run()}"]
        # Where only the package is installed, Kedro-Viz has no project to show.
        lines += [f"{'lineage':<29} {_command('kedro', root)} viz run{env}"] if (root / "pyproject.toml").exists() else []
        lines += [f"{'compare runs':<29} {_comparison(root)}"]
        lines += ["Not for clinical use."]
        click.echo("\n" + "\n".join(lines))


def _place(catalog: DataCatalog, name: str, root: Path) -> str:
    dataset = catalog.get(name)
    if not isinstance(dataset, AbstractVersionedDataset):
        return str(dataset)
    path = Path(dataset._get_load_path())
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _headline(metrics: dict[str, Any]) -> list[str]:
    lines = [f"{'LEAKY':<29} {metrics['protocol']} protocol: these are no figures of patients never seen"] if metrics.get("leaky") else []
    lines += [f"{'result':<29} {metrics['note']}"] if "note" in metrics else []
    measured = ((split, measure) for split in JUDGING_ORDER for measure in HEADLINES if metrics.get(split, {}).get(measure, {}).get("n"))
    split, measure = next(measured, ("", ""))
    if not split:
        return lines
    figure = metrics[split][measure]
    # Where each of many classes has one patient, no resample has them all.
    interval = "" if figure["low"] is None else f" [{figure['low']:.3f}, {figure['high']:.3f}]"
    counted = f"{figure['n']} {figure.get('unit', 'patient')}{'s' * (figure['n'] != 1)}"
    told = f"{figure['value']:.3f}{interval}, {counted}"
    return [*lines, f"{f'{HEADLINES[measure]}, {split}':<29} {told}"]


def _run() -> str:
    import mlflow

    run = mlflow.last_active_run()
    return f"{run.info.run_name} {run.info.run_id}" if run else "none"


def _command(name: str, root: Path) -> str:
    program = Path(sys.executable).with_name(name)
    return str(program.relative_to(root)) if program.is_relative_to(root) else name


def _comparison(root: Path) -> str:
    import mlflow

    uri = str(mlflow.get_tracking_uri())
    if not uri.startswith("http"):
        return f"{_command('mlflow', root)} ui --backend-store-uri {uri}"
    # Without a name and password that may stand in front of the host.
    address = urlsplit(uri)
    return urlunsplit(address._replace(netloc=address.netloc.rpartition("@")[2]))
