"""Short names for runs, and the parameters by which they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

MARKS = ("differences", "patients", "slices", "settings", "refers_to", "notes", "shared", "leaky", "protocol")
"""Keys of a comparison that are no runs."""
_TAKEN = {*MARKS, "patient", "slice", "case_id", "tumour_pixels", "spread"}
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
