"""Tell what a step of prediction is worth: the test patients of finished runs, predicted with it and without it.

    python benchmarks/prediction_effect.py --env lgg patient_statistics

takes every network of `--pipeline=segmentation` that is stored below `--data`, such as those of the folds of `compare_training.py`, and
trains nothing. Post-processing is chosen on the validation patients for each way by itself; differences are paired by patient.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from cross_validation import EMBEDDED, ROOT
from report import describe_machine, write_json

from tumourflow.datasets.array_store import ArrayStore
from tumourflow.datasets.image_store import ImageStore
from tumourflow.experiments.held_out import Corridor
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.effects import MEASURES, compare_sums, sum_measure
from tumourflow.measures.summary import summarise_rows
from tumourflow.options import AugmentationOptions, PredictionOptions, TrainingOptions
from tumourflow.options.prediction import WAYS
from tumourflow.prediction.case_reader import CaseReader

if TYPE_CHECKING:
    import keras

STEPS = (*WAYS, "fill_holes", "crf")


def main() -> None:
    """Score every network twice and print the table."""
    arguments = parse_arguments()
    beside = dict.fromkeys(arguments.beside, True)
    ways = {way: PredictionOptions(**beside | {arguments.option: way == "with"}) for way in ("with", "without")}
    kept: dict[str, list[pd.DataFrame]] = {way: [] for way in ways}
    cohort = EMBEDDED.get(arguments.env, arguments.env)
    for data, versions in find_runs(arguments.data, cohort):
        for way, options in ways.items():
            kept[way].append(score_run(data, cohort, versions, options))
    pooled = {way: pd.concat(scores, ignore_index=True) for way, scores in kept.items()}
    told = f"{len(kept['with'])} networks, {pooled['with']['patient'].nunique()} patients"
    print(f"{describe_machine()}\n{told}, {arguments.option} beside {arguments.beside or 'mirrors'}:")
    rows = [compare(measure, pooled["without"], pooled["with"]) for measure in MEASURES]
    print(pd.DataFrame(rows).to_string(index=False))
    write_json(arguments.json, {"option": arguments.option, "beside": arguments.beside, "env": arguments.env, "rows": rows})


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("option", choices=STEPS, help="what is left out")
    parser.add_argument(
        "--beside", nargs="*", choices=STEPS, default=[], help="what is there both with it and without it; mirror images are"
    )
    parser.add_argument("--env", default="lgg", help="cohort")
    parser.add_argument("--data", type=Path, nargs="+", default=[ROOT / "data"], help="data folders of projects that have trained")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


def find_runs(folders: Iterable[Path], cohort: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Find the versions that each finished training of a cohort has left, and the folder they lie in."""
    manifests = "08_reporting", cohort, "run_manifest.json"
    for file in (file for data in folders for file in sorted(data.joinpath(*manifests).glob("*/run_manifest.json"))):
        manifest = json.loads(file.read_text())
        if {"segmenter", "model_input"} <= set(manifest["outputs"]):
            yield file.parents[4], manifest["versions"]


def score_run(data: Path, cohort: str, versions: dict[str, str], options: PredictionOptions) -> pd.DataFrame:
    """Predict and score the test patients of a run anew."""
    corridor, index, network = read_corridor(data, cohort, versions, options)
    return corridor.score_held_out(network, index)


def read_corridor(
    data: Path, cohort: str, versions: dict[str, str], options: PredictionOptions
) -> tuple[Corridor, pd.DataFrame, keras.Model]:
    """Read what a run has prepared, the table of its slices with `split`, and the network that it trained."""
    import keras

    def find(layer: str, name: str, file: str) -> Path:
        return data / layer / cohort / file / versions[name] / file

    # An array store is a folder whose versions are the folders themselves.
    prepared = ArrayStore(data / "05_model_input" / cohort / "model_input" / versions["model_input"])
    cases = pd.read_parquet(find("03_primary", "cases", "cases.parquet"))
    preparation = Preparation.from_dict(json.loads(find("05_model_input", "preparation", "preparation.json").read_text()))
    reader = CaseReader(ImageStore(data / "02_intermediate" / cohort / "images"), cases)
    others = AugmentationOptions(), TrainingOptions()
    corridor = Corridor(prepared["images"], prepared["masks"], reader, preparation, *others, options)
    return corridor, prepared.index, keras.models.load_model(find("06_models", "segmenter", "segmenter.keras"), compile=False)


def compare(measure: str, without: pd.DataFrame, with_it: pd.DataFrame) -> dict[str, Any]:
    """Put one measure into words, both ways and paired."""
    both = {name: summarise_rows(scores)[measure] for name, scores in (("without", without), ("with", with_it))}
    against = compare_sums(sum_measure(without, measure), sum_measure(with_it, measure))
    row = {"measure": measure, "n": f"{against['n']} ({MEASURES[measure]})"}
    row |= {name: _show(figure, "{value:.3f} [{low:.3f}, {high:.3f}]") for name, figure in both.items()}
    return row | {"difference": _show(against, "{difference:+.3f} [{low:+.3f}, {high:+.3f}]")}


def _show(figure: dict[str, Any], form: str) -> str:
    # A cohort may have no slice that counts, such as one without tumour.
    return form.format(**figure) if figure["low"] is not None else "none"


if __name__ == "__main__":
    main()
