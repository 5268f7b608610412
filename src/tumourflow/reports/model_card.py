"""What a network is, what it learned from, what it is for and where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tumourflow.figures.lettering import count
from tumourflow.options.prediction import WAYS
from tumourflow.reports.findings import Facts

Bundle = Mapping[str, Any]
"""What stands beside a model."""


def tell_model(bundle: Bundle) -> Facts:
    """Tell which network it is and how it was trained."""
    training, layout = bundle["training"], bundle["layout"]
    size, depth = bundle["preparation"]["size"], layout["channels"] + 2 * layout["context"]
    return [
        ("Network", _tell_network(bundle["network"])),
        ("Size", count(int(training["parameters"]), "weight")),
        ("Sees", f"{size} × {size} pixels, {count(depth, 'channel')}{_tell_context(layout)}"),
        ("Tells", ", ".join(bundle["classes"])),
        ("Trained for", _tell_steps(training)),
        *([("Average of", count(len(training["members"]), "network"))] if "members" in training else []),
        ("Precision", f"{training['precision']} on {training['backend']}, seed {training['seed']}"),
        ("Version", f"tumourflow {bundle['tumourflow']}, data {bundle['data_fingerprint'][:12]}"),
    ]


def tell_use(bundle: Bundle, cohort: str) -> str:
    """Tell which images the network is for."""
    kind = f" of the kind {bundle['input_kind']}" if bundle["input_kind"] else ""
    channels = f" ({', '.join(bundle['channels'])})" if bundle["channels"] else ""
    images = f"images{kind}{channels} like those of the cohort {cohort}"
    return f"Research, on {images}: other scanners, sequences, ages and kinds of tumour were not tried."


def list_parameters(bundle: Bundle) -> Facts:
    """List the settings that the model carries with it, by dotted name."""
    # Pictures have neither window nor sequences, nor has what an earlier version trained.
    sequences = bundle.get("sequences")
    groups = {"ingestion": (bundle.get("window") or {}) | ({"sequences": sequences} if sequences else {})}
    groups |= {name: bundle[name] for name in ("preparation", "augmentation", "postprocessing") if name in bundle}
    groups |= {"training": bundle["training"]["options"]}
    groups |= {"prediction": {name: bundle[name] for name in WAYS if name in bundle}}
    return [(name, _write(value)) for group, values in groups.items() for name, value in _flatten(values, group)]


def _tell_network(network: Mapping[str, Any]) -> str:
    return ", ".join([str(network["name"]), *(f"{name.replace('_', ' ')} {value}" for name, value in network.items() if name != "name")])


def _tell_context(layout: Mapping[str, Any]) -> str:
    return f": its own {layout['channels']}, and of {count(layout['context'], 'slice')} on each side" if layout["context"] else ""


def _tell_steps(training: Mapping[str, Any]) -> str:
    steps = count(int(training["steps"]), "step")
    best = f", of which step {int(training['best_step']):,} was the best by validation" if "best_step" in training else ""
    return steps + best


def _flatten(values: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in values.items():
        dotted = f"{prefix}.{name}"
        pairs += _flatten(value, dotted) if isinstance(value, Mapping) else [(dotted, value)]
    return pairs


def _write(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return {"None": "none", "True": "yes", "False": "no"}.get(str(value), str(value))
