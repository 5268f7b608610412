"""All measures of a run with their intervals, as points and as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tumourflow.figures.lettering import count, wrap
from tumourflow.figures.palette import SERIES, SPLIT_COLOURS
from tumourflow.figures.panels import notice, panel_grid
from tumourflow.measures.figure import name_units
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Metrics = Mapping[str, Any]
"""`{split: {metric: {value, low, high, n, unit}}}`, and marks: `protocol`, `leaky`, `note`."""

_TITLE = "Measures with 95 % intervals"
_COLOURS = {**SPLIT_COLOURS, "cross_validated": SERIES[2]}
_SHARES = (
    "volume_dice",
    "volume_iou",
    "tumour_slice_dice",
    "tumour_slice_iou",
    "all_slice_dice",
    "pooled_dice",
    "volume_surface_dice",
    "lesion_recall",
    "lesion_precision",
    "slice_sensitivity",
    "empty_slice_specificity",
    "empty_patient_specificity",
)
_UNBOUNDED = ("slice_hd95", "area_error", "soft_dice_loss", "cross_entropy")


def draw_metrics(metrics: Metrics) -> Figure:
    """Draw each measure as a point with its interval, a colour a split, and write the numbers beside it.

    Measures that are no shares (distances, errors, losses) stand below a line, with their numbers alone.

    Args:
        metrics: `{split: {metric: {value, low, high, n, unit}}}`; a value that could not be measured is `None`. A `note` says why there
            are no figures.
    """
    if "note" in metrics:
        return notice(_TITLE, metrics["note"])
    splits = [split for split in _COLOURS if metrics.get(split)]
    names = _ordered({name for split in splits for name in metrics[split]})
    if not names:
        return notice(_TITLE, "Nothing was measured: no split has a case with a mask.")
    figure, axes = panel_grid(1, 1 + len(splits), _title(metrics, splits), cell=(3.4, 0.8 + 0.32 * len(names)))
    _draw_points(axes[0, 0], metrics, splits, names)
    for panel, split in zip(axes[0, 1:], splits, strict=True):
        _write_numbers(panel, metrics[split], names, split)
    return figure


def _ordered(names: set[str]) -> list[str]:
    known = [name for name in _SHARES if name in names]
    rest = sorted(names - set(_SHARES) - set(_UNBOUNDED))
    return known + rest + [name for name in _UNBOUNDED if name in names]


def _title(metrics: Metrics, splits: Sequence[str]) -> str:
    # A classifier has no masks, and is counted in images.
    name, unit = (
        ("accuracy", "images") if any("accuracy" in metrics[split] for split in splits) else ("volume_dice", "patients with tumour")
    )
    counts = ", ".join(f"{split} n = {metrics[split].get(name, {}).get('n', 0):,}" for split in splits)
    return f"{_TITLE} ({unit}: {counts})"


def _draw_points(axes: Axes, metrics: Metrics, splits: Sequence[str], names: Sequence[str]) -> None:
    for place, split in enumerate(splits):
        shift = 0.22 * (place - (len(splits) - 1) / 2)
        rows = [(height + shift, metrics[split].get(name, {})) for height, name in enumerate(names) if name not in _UNBOUNDED]
        rows = [(height, entry) for height, entry in rows if entry.get("value") is not None]
        heights, values = [height for height, _ in rows], [entry["value"] for _, entry in rows]
        intervals = [_interval(entry) for _, entry in rows]
        axes.hlines(heights, [low for low, _ in intervals], [high for _, high in intervals], color=_COLOURS[split])
        axes.plot(values, heights, "o", markersize=5, color=_COLOURS[split], label=split)
    axes.set_xlim(-0.02, 1.02)
    axes.set_yticks(range(len(names)), [wrap(_with_unit(name, metrics, splits), 34) for name in names])
    axes.grid(axis="x", alpha=0.3)
    _frame_rows(axes, names)


def _with_unit(name: str, metrics: Metrics, splits: Sequence[str]) -> str:
    unit = name_units(metrics[split].get(name, {}) for split in splits)
    return f"{name} ({unit})" if unit else name


def _write_numbers(axes: Axes, entries: Mapping[str, Mapping[str, Any]], names: Sequence[str], split: str) -> None:
    axes.set_title(f"● {split}", fontsize=11, color=_COLOURS[split], fontweight="bold")
    for height, name in enumerate(names):
        axes.text(0, height, _number(entries.get(name, {})), va="center", fontsize=9)
    _frame_rows(axes, names)
    axes.set_axis_off()


def _frame_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_ylim(len(names) - 0.4, -0.6)
    bounded = sum(name not in _UNBOUNDED for name in names)
    if bounded < len(names):
        axes.axhline(bounded - 0.5, color="black", linewidth=0.8)


def _interval(entry: Mapping[str, Any]) -> tuple[float, float]:
    low, high = entry.get("low"), entry.get("high")
    return entry["value"] if low is None else low, entry["value"] if high is None else high


def _number(entry: Mapping[str, Any]) -> str:
    if entry.get("value") is None:
        return "not measured (n = 0)"
    numbers = (entry["value"], *_interval(entry))
    value, low, high = (f"{number:.{1 if max(numbers) >= 10 else 3}f}" for number in numbers)
    return f"{value} [{low}, {high}]   n = {count(entry['n'], entry['unit'])}"
