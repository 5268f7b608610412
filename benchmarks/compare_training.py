"""Compare networks, pretrained weights and recipes at the same training time, on the same patients that none of them saw.

    python benchmarks/compare_training.py --env lgg --params raw_root=PATH unet resunet unet_lite0 unet_lite0+imagenet recipe:best

Each variant is a tracked run of the whole pipeline a fold, with the time that `training.time_budget_minutes` gives. Names are networks and
`recipe:NAME`, with `+imagenet` for published weights or `+PATH` for those of an earlier run. The first one is what
the others are compared with, paired by patient. Scores of finished runs are kept in `--kept` by their parameters and by what stands in
`conf`, so that a comparison that was interrupted, or that gets more variants or folds, goes on from there; where the code has changed
meanwhile, empty that folder.
The machine must have nothing else to do.
"""

from __future__ import annotations

import argparse
import re
import zlib
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
from cross_validation import ROOT, newest_output, run_fold
from report import describe_machine, write_json

from tumourflow.measures.effects import MEASURES, compare_sums, sum_measure
from tumourflow.measures.summary import summarise_rows


def main() -> None:
    """Train what is missing, then print the table."""
    arguments = parse_arguments()
    for fold, variant in product(arguments.fold, arguments.variants):
        file = kept_file(arguments, variant, fold)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            scores = run_variant(arguments, variant, fold)
            scores.to_parquet(file.with_suffix(".partial"))
            file.with_suffix(".partial").rename(file)
    kept = {variant: read_scores(arguments, variant) for variant in arguments.variants}
    rows = [describe_variant(variant, of_variant, kept[arguments.variants[0]]) for variant, of_variant in kept.items()]
    print(f"{describe_machine()}\n{pd.DataFrame(rows).to_string(index=False)}")
    write_json(arguments.json, {"params": arguments.params, "folds": arguments.folds, "fold": arguments.fold, "rows": rows})


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", nargs="+", help="networks and recipe:NAME, +WEIGHTS")
    parser.add_argument("--env", default="lgg", help="cohort")
    parser.add_argument("--folds", type=int, default=3, help="into how many parts the patients are divided")
    parser.add_argument("--fold", type=int, nargs="+", default=[0], help="which parts are tested on, one after the other")
    parser.add_argument("--params", default="", help="more parameters, as for `kedro run`; they win over those of a recipe")
    parser.add_argument("--kept", type=Path, default=ROOT / "build" / "benchmarks" / "compared", help="folder for the scores")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


def kept_file(arguments: argparse.Namespace, variant: str, fold: int) -> Path:
    """Where the scores of a variant and fold are kept."""
    name = re.sub(r"[^\w.+-]+", "_", variant)
    # Scores of other parameters are others; where the images lie makes no difference.
    others = ",".join(sorted(item for item in arguments.params.split(",") if not item.startswith("raw_root=")))
    decided = zlib.crc32(others.encode() + read_configuration(arguments.env))
    return Path(arguments.kept) / arguments.env / f"{name}-{fold}-of-{arguments.folds}-{decided:08x}.parquet"


def read_configuration(env: str) -> bytes:
    """Read the files by which a run is decided besides its command."""
    wanted = ("base/parameters*.yml", f"{env}/parameters*.yml", "recipes/*.yml")
    return b"\0".join(file.read_bytes() for pattern in wanted for file in sorted((ROOT / "conf").glob(pattern)))


def name_parameters(variant: str) -> list[str]:
    """Put a variant into parameters.

    Example:
        >>> name_parameters("unet_lite0+imagenet"), name_parameters("recipe:unet_dice+runs:/b7")
        (['training.network=unet_lite0', 'training.weights=imagenet'], ['recipe=unet_dice', 'training.weights=runs:/b7'])
    """
    named, _, weights = variant.partition("+")
    kind, _, name = named.rpartition(":")
    return [f"{kind or 'training.network'}={name}", *([f"training.weights={weights}"] if weights else [])]


def run_variant(arguments: argparse.Namespace, variant: str, fold: int) -> pd.DataFrame:
    """Run the pipeline; return the scores of its test slices, with the number of steps that there was time for."""
    params = ",".join(filter(None, [*name_parameters(variant), "protocol=patient", arguments.params]))
    scores = run_fold(arguments.env, arguments.folds, fold, params)
    curves = pd.read_csv(newest_output(arguments.env, "training_curves", "08_reporting", "training_curves.csv"))
    return scores.assign(steps=curves["step"].iloc[-1])


def read_scores(arguments: argparse.Namespace, variant: str) -> pd.DataFrame:
    """Pool the kept scores of all folds that were asked for."""
    return pd.concat([pd.read_parquet(kept_file(arguments, variant, fold)) for fold in arguments.fold], ignore_index=True)


def describe_variant(variant: str, scores: pd.DataFrame, baseline: pd.DataFrame) -> dict[str, Any]:
    """Figures of a variant, and how far they lie from the first one's on the same patients."""
    figures = summarise_rows(scores)
    row: dict[str, Any] = {"variant": variant, "patients": scores["patient"].nunique(), "steps": round(scores["steps"].mean())}
    for measure in MEASURES:
        against = compare_sums(sum_measure(baseline, measure), sum_measure(scores, measure))
        row[measure] = _show(figures[measure], "{value:.3f} [{low:.3f}, {high:.3f}]")
        row[f"{measure} difference"] = "" if scores is baseline else _show(against, "{difference:+.3f} [{low:+.3f}, {high:+.3f}]")
    return row


def _show(figure: dict[str, Any], form: str) -> str:
    # A cohort may have no slice that counts, such as one without tumour.
    return form.format(**figure) if figure["low"] is not None else "none"


if __name__ == "__main__":
    main()
