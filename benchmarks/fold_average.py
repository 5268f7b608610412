"""Tell what the average of the networks of several folds gains over one of them, on patients whom none of them saw.

    python benchmarks/fold_average.py --env figshare --parts 4 --params raw_root=PATH,training.steps=600

One fold of the cohort (`--folds`, `--fold`) is held out, with its validation patients. The patients that are left are dealt into `--parts`,
and as many networks are trained, each without one of them. All choose their weights and their post-processing on the same
validation patients, and so does the average. Differences are from the mean of the single networks, paired by patient.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from cross_validation import EMBEDDED, ROOT, newest_output, run_pipeline
from prediction_effect import read_corridor
from report import describe_machine, write_json

from tumourflow.folds.ensembles import compare_with_singles
from tumourflow.networks import average_networks
from tumourflow.options import PredictionOptions


def main() -> None:
    """Train the networks, score each and their average, print the table."""
    arguments = parse_arguments()
    sides = read_sides(arguments)
    versions = [train_without(arguments, split) for split in deal_parts(sides, arguments.parts)]
    single, mean = score_networks(arguments, versions, set(sides.index[sides["split"] == "test"]))
    rows = [{"measure": measure, **found} for measure, found in compare_with_singles(mean, single).items()]
    print(f"{describe_machine()}\n{arguments.parts} networks and their average:\n{pd.DataFrame(rows).to_string(index=False)}")
    write_json(arguments.json, {"env": arguments.env, "params": arguments.params, "rows": rows})


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--env", default="lgg", help="cohort")
    parser.add_argument("--folds", type=int, default=3, help="into how many folds the patients are divided")
    parser.add_argument("--fold", type=int, default=0, help="which of them is held out")
    parser.add_argument("--parts", type=int, default=4, help="into how many parts the others are dealt")
    parser.add_argument("--params", default="", help="more parameters, as for `kedro run`")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


def read_sides(arguments: argparse.Namespace) -> pd.DataFrame:
    """Draw the split; return `split, group` of each patient."""
    params = ",".join(filter(None, [f"folds={arguments.folds}", f"fold={arguments.fold}", arguments.params]))
    for pipeline in ("ingestion", "splitting"):
        run_pipeline(pipeline, arguments.env, params)
    tables = {name: newest_output(arguments.env, name, "03_primary", f"{name}.parquet") for name in ("splits", "cases")}
    splits, cases = pd.read_parquet(tables["splits"]), pd.read_parquet(tables["cases"])
    return splits.merge(cases[["case_id", "group"]], on="case_id").groupby("patient")[["split", "group"]].first()


def deal_parts(sides: pd.DataFrame, parts: int) -> Iterator[pd.Series]:
    """Put one part of the training patients after the other aside, among those who are tested.

    Args:
        sides: `split, group` of each patient.
        parts: Number of parts; groups are not torn.

    Yields:
        Split of each patient.

    Example:
        >>> sides = pd.DataFrame({"split": ["train", "train", "test"], "group": ["a", "b", "c"]}, index=["anna", "bert", "carl"])
        >>> [split.to_dict() for split in deal_parts(sides, 2)]  # doctest: +NORMALIZE_WHITESPACE
        [{'anna': 'test', 'bert': 'train', 'carl': 'test'}, {'anna': 'train', 'bert': 'test', 'carl': 'test'}]
    """
    training = sides["split"] == "train"
    part = sides["group"].map({group: place % parts for place, group in enumerate(sorted(set(sides.loc[training, "group"])))})
    yield from (sides["split"].mask(training & (part == left_out), "test") for left_out in range(parts))


def train_without(arguments: argparse.Namespace, split: pd.Series) -> dict[str, str]:
    """Train one network; return the versions of what its run left."""
    file = ROOT / "build" / "benchmarks" / "split.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    split.rename("split").rename_axis("patient_id").to_csv(file)
    run_pipeline("segmentation", arguments.env, ",".join(filter(None, [f"split_file={file}", arguments.params])))
    manifests = (ROOT / "data/08_reporting" / EMBEDDED.get(arguments.env, arguments.env) / "run_manifest.json").glob("*/run_manifest.json")
    return dict(json.loads(max(manifests).read_text())["versions"])


def score_networks(
    arguments: argparse.Namespace, versions: list[dict[str, str]], held_out: set[str]
) -> tuple[list[pd.DataFrame], pd.DataFrame]:
    """Score each network alone, and the average of all, on the patients that none of them saw."""
    cohort, options = EMBEDDED.get(arguments.env, arguments.env), PredictionOptions()
    read = [read_corridor(ROOT / "data", cohort, each, options) for each in versions]
    corridor, index, _ = read[0]
    index = take_back(index, held_out)
    networks = [network for _, _, network in read]
    return [corridor.score_held_out(network, index) for network in networks], corridor.score_held_out(average_networks(networks), index)


def take_back(index: pd.DataFrame, held_out: set[str]) -> pd.DataFrame:
    """Count those who were put aside among the training patients, as they have trained the other networks.

    Args:
        index: Table of all prepared slices, with `patient, split`; its rows are those of the images, so that none may be left out.
        held_out: Patients whom no network saw.
    """
    return index.assign(split=index["split"].mask((index["split"] == "test") & ~index["patient"].isin(held_out), "train"))


if __name__ == "__main__":
    main()
