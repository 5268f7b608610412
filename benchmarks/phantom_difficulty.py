"""How far does a threshold get on the phantom cohort? Nowhere near a network, or the cohort would teach nothing.

Three rules without learning are scored on FLAIR inside the brain, with the true inside of the skull as a present: one fixed grey
value, one fixed value after each patient's FLAIR was divided by its own 99th percentile inside the brain, and Otsu's per slice and
per volume. The two fixed values are the best on the first half of the patients; all rules are scored on the second half.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from report import describe_machine, write_json

from tumourflow.cohorts.phantoms import draw_patient, draw_slices
from tumourflow.options import PhantomOptions

FLAIR = 1
Counts = npt.NDArray[np.int64]


def main() -> None:
    """Measure, print, and write a file if asked to."""
    options = _arguments()
    results = measure(options.patients, options.seed, options.size)
    print(f"{describe_machine()}\n{json.dumps(results, indent=2)}")
    write_json(options.json, results)


def measure(patients: int, seed: int, size: int) -> dict[str, object]:
    """Score the rules.

    Args:
        patients: Number of patients, half of which choose the fixed thresholds.
        seed: Seed of the cohort.
        size: Height and width of a slice in pixels.

    Returns:
        Mean volume Dice of each rule on the second half, and what the cohort looks like.
    """
    histograms, otsu_slice, otsu_volume, facts = [], [], [], []
    for volume in _volumes(PhantomOptions(patients=patients, seed=seed, size=size)):
        histograms.append([_histogram(volume, 1.0), _histogram(volume, _brightest(volume))])
        otsu_volume.append(_dice_above(histograms[-1][0], _otsu(histograms[-1][0].sum(axis=0))))
        otsu_slice.append(_otsu_by_slice(volume))
        facts += [int(mask.sum()) for _, mask in volume[1]]
    dice = np.array([[_dice_curve(histogram) for histogram in pair] for pair in histograms])
    half = patients // 2
    best = dice[:half].mean(axis=0).argmax(axis=1)
    areas = np.array(facts)
    return {
        "patients": patients,
        "seed": seed,
        "size": size,
        "best_fixed_raw": float(dice[half:, 0, best[0]].mean()),
        "best_fixed_normalised": float(dice[half:, 1, best[1]].mean()),
        "otsu_per_volume": float(np.mean(otsu_volume[half:])),
        "otsu_per_slice": float(np.mean(otsu_slice[half:])),
        "best_threshold_of_each_patient": float(dice[half:, 0].max(axis=1).mean()),
        "slices": len(areas),
        "share_with_tumour": float((areas > 0).mean()),
        "tumour_area_percentiles_5_50_95": np.percentile(areas[areas > 0], (5, 50, 95)).tolist(),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=PhantomOptions().patients)
    parser.add_argument("--seed", type=int, default=PhantomOptions().seed)
    parser.add_argument("--size", type=int, default=PhantomOptions().size)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


Volume = tuple[list[npt.NDArray[np.uint8]], list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]]


def _volumes(options: PhantomOptions) -> Iterator[Volume]:
    for index in range(options.patients):
        drawn = list(draw_slices(draw_patient(options, index)))
        yield [one.image[..., FLAIR] for one in drawn], [(one.brain, one.mask) for one in drawn]


def _brightest(volume: Volume) -> float:
    inside = np.concatenate([flair[brain] for flair, (brain, _) in zip(*volume, strict=True)])
    return max(float(np.percentile(inside, 99)), 1.0) / 200


def _histogram(volume: Volume, scale: float) -> Counts:
    counts = np.zeros((2, 256), np.int64)
    for flair, (brain, mask) in zip(*volume, strict=True):
        values = np.clip(np.rint(flair / scale), 0, 255).astype(np.uint8)
        for kind in (0, 1):
            counts[kind] += np.bincount(values[brain & (mask == bool(kind))], minlength=256)
    return counts


def _dice_curve(counts: Counts) -> npt.NDArray[np.float64]:
    above = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
    return np.asarray(2 * above[1] / np.maximum(above.sum(axis=0) + counts[1].sum(), 1))


def _dice_above(counts: Counts, threshold: int) -> float:
    return float(_dice_curve(counts)[min(threshold + 1, 255)])


def _otsu(histogram: Counts) -> int:
    levels = np.arange(histogram.size)
    below, moment = histogram.cumsum(), (histogram * levels).cumsum()
    above = below[-1] - below
    with np.errstate(invalid="ignore", divide="ignore"):
        between = below * above * (moment / below - (moment[-1] - moment) / above) ** 2
    return int(np.nan_to_num(between).argmax())


def _otsu_by_slice(volume: Volume) -> float:
    hit = predicted = truth = 0
    for flair, (brain, mask) in zip(*volume, strict=True):
        inside = brain & (flair > _otsu(np.bincount(flair[brain], minlength=256))) if brain.any() else brain
        hit, predicted, truth = hit + int((inside & mask).sum()), predicted + int(inside.sum()), truth + int(mask.sum())
    return 2 * hit / max(predicted + truth, 1)


if __name__ == "__main__":
    main()
