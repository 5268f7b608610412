"""Score a cohort by K-fold cross-validation: every patient is tested once, by a network that never saw it.

    python benchmarks/cross_validation.py --env lgg --folds 3 --params raw_root=PATH --json FILE

Runs the whole pipeline once a fold, each a tracked run, then pools the out-of-fold slices for one bootstrap over patients.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from report import describe_machine, write_json

from tumourflow.measures.summary import summarise_rows

ROOT = Path(__file__).parents[1]
EMBEDDED = {"base": "phantoms"}
"""The embedded cohort, which has no environment of its own."""
SHOWN = ("volume_dice", "tumour_slice_dice", "empty_slice_specificity", "slice_hd95", "lesion_recall", "lesion_precision")


def main() -> None:
    """Run the folds and print one line a measure."""
    arguments = parse_arguments()
    folds = [run_fold(arguments.env, arguments.folds, fold, arguments.params) for fold in range(arguments.folds)]
    pooled = pd.concat(folds, ignore_index=True)
    figures = summarise_rows(pooled)
    by_fold = [summarise_rows(scores)["volume_dice"]["value"] for scores in folds]
    print(f"{describe_machine()}\n{pooled['patient'].nunique()} patients, {arguments.folds} folds, out of fold:")
    for name in SHOWN:
        print(f"  {name:<26}{_describe(figures[name])}")
    print(f"  volume_dice by fold       {', '.join(f'{value:.3f}' for value in by_fold)}")
    write_json(arguments.json, {"figures": figures, "volume_dice_by_fold": by_fold, "params": arguments.params})


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--env", default="lgg", help="cohort")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--params", default="", help="more parameters, as for `kedro run`")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


def run_fold(env: str, folds: int, fold: int, params: str) -> pd.DataFrame:
    """Run the pipeline with one fold as the test set; return the scores of its test slices."""
    params = ",".join(filter(None, [f"folds={folds}", f"fold={fold}", params]))
    run_pipeline("segmentation", env, params)
    scores = pd.read_parquet(newest_output(env, "case_scores", "07_model_output", "case_scores.parquet"))
    return scores[scores["split"] == "test"].assign(fold=fold)


def run_pipeline(name: str, env: str, params: str) -> None:
    """Run a pipeline in a process of its own."""
    command = ["kedro", "run", f"--pipeline={name}", f"--env={env}", f"--params={params}"]
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)


def newest_output(cohort: str, name: str, layer: str, file: str) -> Path:
    """Find a file of the last finished run by its manifest."""
    cohort = EMBEDDED.get(cohort, cohort)
    manifests = (ROOT / f"data/08_reporting/{cohort}/run_manifest.json").glob("*/run_manifest.json")
    version = json.loads(max(manifests).read_text())["versions"][name]
    return ROOT / "data" / layer / cohort / file / version / file


def _describe(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return "none"
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}], n = {figure['n']} ({figure['unit']})"


if __name__ == "__main__":
    main()
