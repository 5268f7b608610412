"""Agreement with other people's implementations on 200 random pairs of masks."""

import numpy as np
import pytest

from tumourflow.measures.counts import count_pixels
from tumourflow.measures.overlap import dice, iou
from tumourflow.measures.surface import compare_surfaces, hausdorff_95


def test_there_are_200_pairs(mask_pairs) -> None:
    assert len(mask_pairs) == 200


def test_counts_and_overlap_agree_with_scikit_learn(mask_pairs) -> None:
    from sklearn.metrics import confusion_matrix, f1_score, jaccard_score

    for truth, prediction in mask_pairs:
        flat = truth.ravel(), prediction.ravel()
        counts = count_pixels(truth, prediction)
        tn, fp, fn, tp = confusion_matrix(*flat, labels=[False, True]).ravel()
        assert counts == (tp, fp, fn, tn)
        assert dice(*counts[:3]) == pytest.approx(f1_score(*flat), abs=1e-9)
        assert iou(*counts[:3]) == pytest.approx(jaccard_score(*flat), abs=1e-9)


def test_hd95_agrees_with_medpy(mask_pairs) -> None:
    from medpy.metric.binary import hd95

    ours = [hausdorff_95(truth, prediction) for truth, prediction in mask_pairs]
    np.testing.assert_allclose(ours, [hd95(prediction, truth) for truth, prediction in mask_pairs], rtol=0, atol=1e-9)


# The package imports from names that SciPy and NumPy are about to retire.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("tolerance", [1.0, 2.0])
def test_surface_dice_agrees_with_surface_distance(mask_pairs, tolerance) -> None:
    from surface_distance import compute_surface_dice_at_tolerance, compute_surface_distances

    for truth, prediction in mask_pairs:
        theirs = compute_surface_dice_at_tolerance(compute_surface_distances(truth, prediction, (1, 1)), tolerance)
        within, length = compare_surfaces(truth, prediction, tolerance)
        assert within / length == pytest.approx(theirs, abs=1e-9)
