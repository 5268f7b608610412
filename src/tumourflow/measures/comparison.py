"""Several runs on the same patients: how good each is, how far they are apart, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.measures.effects import MEASURES, compare_sums, sum_measure
from tumourflow.measures.intervals import PatientSums, as_json, bootstrap_ratio
from tumourflow.measures.overlap import dice_with_empties, tumour_dice
from tumourflow.measures.shared_patients import Judged, Shared
from tumourflow.measures.summary import SMALL_N

LISTED = 10
"""Patients, and slices, that are listed as those in which runs differ most."""
MARKS = ("differences", "patients", "slices", "settings", "refers_to", "notes", "shared", "leaky", "protocol")
"""Keys of a comparison that are no runs."""
_TAKEN = {*MARKS, "patient", "slice", "case_id", "tumour_pixels", "spread"}
COLUMNS = [
    *("run", "measure", "value", "low", "high", "n", "unit", "against", "difference", "difference_low", "difference_high", "verdict"),
    *("small_n", "leaky"),
]
NOT_OF_THE_MODEL = ("runs", "scheduler", "promotion", "prune")
"""Parameters, and groups of them, that say nothing about how a run came to its masks."""
_UNSAFE = re.compile(r"[^\w-]+", re.ASCII)


def label_runs(runs: Sequence[tuple[str, str]]) -> list[str]:
    """Give each run a short name of its own, in letters that MLflow takes for the name of a metric.

    Args:
        runs: Name and id of each.

    Example:
        >>> label_runs([("unet", "8c1f00"), ("resunet", "77aa00")])
        ['unet', 'resunet']
        >>> label_runs([("unet (best)", "8c1f00"), ("unet (best)", "77aa00")])
        ['unet-best-8c1f00', 'unet-best-77aa00']
    """
    names = [_UNSAFE.sub("-", name).strip("-") for name, _ in runs]
    plain = len(set(names)) == len(names) and all(name and name not in _TAKEN for name in names)
    return names if plain else [f"{name}-{run_id[:6]}".lstrip("-") for name, (_, run_id) in zip(names, runs, strict=True)]


def differing_settings(parameters: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Tell in which parameters runs differ that have to do with what they found.

    Args:
        parameters: Of each run.

    Returns:
        Of each run those whose value is not the same in all runs; one that a run does not have is `-`.

    Example:
        >>> differing_settings({"a": {"seed": "0", "fold": "1"}, "b": {"seed": "0", "fold": "2"}})
        {'a': {'fold': '1'}, 'b': {'fold': '2'}}
    """
    names = sorted({name for each in parameters.values() for name in each if name.split(".")[0] not in NOT_OF_THE_MODEL})
    differing = [name for name in names if len({each.get(name) for each in parameters.values()}) > 1]
    return {run: {name: each.get(name, "-") for name in differing} for run, each in parameters.items()}


def compare_shared(shared: Shared, runs: Mapping[str, Judged]) -> dict[str, Any]:
    """Give each run's figures on the shared slices, and the difference of each to the first, paired by patient.

    Args:
        shared: What all have tested.
        runs: The runs, for their protocols.

    Returns:
        `{run: {measure: {value, low, high, n, unit}}}`; `differences`, `{run: {measure: {difference, low, high, n, unit, small_n,
        verdict}}}` of each run but the first, which is subtracted; `patients` and `slices`, where they differ most; `shared`, the numbers
        of patients and slices; `notes` on what was left out; `leaky` and `protocol` where the split of one of them leaks. One run is
        better only where the interval leaves 0 out.
    """
    first, *others = shared.scores
    sums = {name: {measure: sum_measure(rows, measure) for measure in MEASURES} for name, rows in shared.scores.items()}
    found: dict[str, Any] = {
        name: {measure: _figure(each[measure], unit) for measure, unit in MEASURES.items()} for name, each in sums.items()
    }
    found["differences"] = {
        name: {measure: _difference(sums[first][measure], sums[name][measure], unit) for measure, unit in MEASURES.items()}
        for name in others
    }
    found["patients"] = rank_patients(shared).head(LISTED).to_dict("records")
    found["slices"] = rank_slices(shared).head(LISTED).to_dict("records")
    found["shared"] = {"patients": shared.patients, "slices": shared.slices, "tested": shared.tested}
    leaking = {name: run.protocol for name, run in runs.items() if run.leaky}
    found["notes"] = [*shared.notes(), *(f"The split of {name} leaks ({protocol} protocol)." for name, protocol in leaking.items())]
    return found | ({"leaky": True, "protocol": " and ".join(sorted(set(leaking.values())))} if leaking else {"leaky": False})


def tabulate_comparison(comparison: Mapping[str, Any]) -> pd.DataFrame:
    """Put a comparison into rows, one a measure and run.

    Args:
        comparison: What `compare_shared` gave.

    Returns:
        `run, measure, value, low, high, n, unit`, and of each run but the first `against, difference, difference_low, difference_high,
        verdict`; `small_n` marks fewer than 10 patients, `leaky` a comparison in which no figure may be believed.
    """
    return pd.DataFrame(list(_rows(comparison)), columns=COLUMNS)


def compared_runs(comparison: Mapping[str, Any]) -> list[str]:
    """List the runs of a comparison, the one first that the others are compared with."""
    return [name for name in comparison if name not in MARKS]


def patient_dice(shared: Shared) -> pd.DataFrame:
    """Take each patient's volume Dice in each run.

    Returns:
        A column a run, indexed by patient; patients without tumour are not in it.
    """
    columns = {}
    for name, rows in shared.scores.items():
        sums = rows.groupby("patient", sort=True)[["tp", "fp", "fn"]].sum()
        columns[name] = pd.Series(tumour_dice(sums["tp"], sums["fp"], sums["fn"]), index=sums.index)
    return pd.DataFrame(columns).dropna(how="all")


def rank_patients(shared: Shared) -> pd.DataFrame:
    """Order patients with tumour by how far the runs are apart on them.

    Returns:
        `patient`, the volume Dice in each run, and `spread`, the largest minus the smallest; the largest spread first.
    """
    table = patient_dice(shared)
    table["spread"] = table.max(axis=1) - table.min(axis=1)
    return table.reset_index().sort_values(["spread", "patient"], ascending=[False, True], ignore_index=True)


def rank_slices(shared: Shared) -> pd.DataFrame:
    """Order slices by how far the runs are apart in the number of wrong pixels.

    Of their Dice that would not do: one pixel in an empty slice changes it from 1 to 0.

    Returns:
        `case_id, patient, slice, tumour_pixels`, the Dice in each run (1 where an empty slice was left empty), and `spread`, the largest
        number of wrong pixels minus the smallest; the largest spread first.
    """
    first = next(iter(shared.scores.values()))
    table = first[["case_id", "patient", "slice"]].assign(tumour_pixels=first["tp"] + first["fn"])
    wrong = np.stack([(rows["fp"] + rows["fn"]).to_numpy() for rows in shared.scores.values()])
    for name, rows in shared.scores.items():
        table[name] = dice_with_empties(rows["tp"], rows["fp"], rows["fn"])
    table["spread"] = wrong.max(axis=0) - wrong.min(axis=0)
    return table.sort_values(["spread", "case_id"], ascending=[False, True], ignore_index=True)


def judge(difference: Mapping[str, Any]) -> str:
    """Say what an interval of a difference allows to say.

    Example:
        >>> judge({"low": 0.01, "high": 0.1}), judge({"low": -0.01, "high": 0.1}), judge({"low": None, "high": None})
        ('better', 'not told apart', 'not measured')
    """
    low, high = difference["low"], difference["high"]
    if low is None:
        return "not measured"
    return "better" if low > 0 else "worse" if high < 0 else "not told apart"


def _figure(sums: PatientSums, unit: str) -> dict[str, Any]:
    figure: dict[str, Any] = {name: as_json(number) for name, number in bootstrap_ratio(sums)._asdict().items()}
    figure |= {"n": int(sums.denominators.sum()), "unit": unit}
    return figure | ({"small_n": True} if (sums.denominators > 0).sum() < SMALL_N else {})


def _difference(first: PatientSums, other: PatientSums, unit: str) -> dict[str, Any]:
    found = {name: value for name, value in compare_sums(first, other).items() if name not in ("without", "with")}
    return {**found, "unit": unit, "verdict": judge(found)}


def _rows(comparison: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    first, *_ = runs = compared_runs(comparison)
    for measure in MEASURES:
        for name in runs:
            figure = comparison[name][measure]
            found = comparison["differences"].get(name, {}).get(measure)
            against = (
                {
                    "against": first,
                    "difference": found["difference"],
                    "difference_low": found["low"],
                    "difference_high": found["high"],
                    "verdict": found["verdict"],
                }
                if found
                else {}
            )
            marks = {"small_n": figure.get("small_n", False), "leaky": comparison["leaky"]}
            yield {"run": name, "measure": measure, **figure, **against, **marks}
