"""Nested values under the names by which MLflow shows them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from tumourflow.options import Parameters

LONGEST_VALUE = 6000
"""Characters of a parameter that MLflow takes; a tag may be longer."""
_REFUSED = re.compile(r"[^\w\-. :]")
"""Signs that MLflow does not take in the name of a metric, and the slash, of which it takes some."""


def describe_parameters(parameters: Parameters) -> dict[str, Any]:
    """Give each parameter its dotted name; the decisions about a cohort are one, for cases have names that MLflow refuses.

    Args:
        parameters: All parameters of a run.

    Returns:
        Values by name.
    """
    values = parameters.model_dump(mode="json", exclude={"training": {"resume"}})  # a resumed run is the same run
    values["curation"]["decisions"] = json.dumps(values["curation"]["decisions"], ensure_ascii=False)
    return flatten(values)


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give each leaf of a nested dictionary its dotted name; a metric's `value` takes the name of the metric.

    Example:
        >>> flatten({"test": {"volume_dice": {"value": 0.8, "low": 0.7}}})
        {'test.volume_dice': 0.8, 'test.volume_dice.low': 0.7}
    """
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = prefix if key == "value" and prefix else f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping):
            flat |= flatten(value, name)
        else:
            flat[name] = value
    return flat


def numbers(flat: Mapping[str, Any]) -> dict[str, float]:
    """Keep what MLflow can plot, under names that it takes: numbers, but neither booleans nor missing values.

    A class may be called after a folder, and a folder anything; what stands for a sign that MLflow refuses is the sign's name, so that
    `< 2 cm` and `> 2 cm` stay two.

    Example:
        >>> numbers({"test.recall.glioma+edema": 0.5, "leaky": True, "auroc": None})
        {'test.recall.glioma_plus sign_edema': 0.5}
    """
    return {_name(name): float(v) for name, v in flat.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _name(name: str) -> str:
    return _REFUSED.sub(lambda sign: f"_{unicodedata.name(sign[0], hex(ord(sign[0]))).lower()}_", name)
