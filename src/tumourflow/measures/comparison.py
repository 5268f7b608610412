"""Several runs on the same patients: how good each is, how far they are apart, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from tumourflow.measures.disagreement import rank_patients, rank_slices
from tumourflow.measures.effects import MEASURES, compare_sums, sum_measure
from tumourflow.measures.figure import figure_ratio
from tumourflow.measures.intervals import PatientSums
from tumourflow.measures.run_names import MARKS
from tumourflow.measures.shared_patients import Judged, Shared

LISTED = 10
"""Patients, and slices, that are listed as those in which runs differ most."""
COLUMNS = [
    *("run", "measure", "value", "low", "high", "n", "unit", "against", "difference", "difference_low", "difference_high", "verdict"),
    *("small_n", "leaky"),
]


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
        name: {measure: figure_ratio(each[measure], unit) for measure, unit in MEASURES.items()} for name, each in sums.items()
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
