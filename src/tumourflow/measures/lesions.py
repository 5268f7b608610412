"""How many lesions were found, and how many findings are lesions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tumourflow.measures.counts import require_same_shape
from tumourflow.types import Mask

_EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


class LesionCounts(NamedTuple):
    """Connected components of one slice.

    Attributes:
        lesions: Components of the truth.
        lesions_found: Those of them that share a pixel with the prediction.
        findings: Components of the prediction.
        findings_confirmed: Those of them that share a pixel with the truth.
    """

    lesions: int
    lesions_found: int
    findings: int
    findings_confirmed: int


def count_lesions(truth: Mask, prediction: Mask) -> LesionCounts:
    """Match the components of two masks of one slice; pixels that touch in a corner belong together.

    A lesion and a finding match when they touch, that is, have at least one pixel in common. One finding may match several lesions.

    Args:
        truth: `(height, width)` booleans.
        prediction: `(height, width)` booleans.

    Returns:
        Counts; all 0 where both masks are empty.

    Raises:
        ValueError: If the masks differ in shape.

    Example:
        >>> count_lesions(np.array([[1, 0, 1, 0, 0, 0]]) > 0, np.array([[1, 1, 1, 0, 0, 1]]) > 0)
        LesionCounts(lesions=2, lesions_found=2, findings=2, findings_confirmed=1)
    """
    from scipy import ndimage

    require_same_shape(truth, prediction)
    lesions, number_of_lesions = ndimage.label(truth, _EIGHT_NEIGHBOURS)
    findings, number_of_findings = ndimage.label(prediction, _EIGHT_NEIGHBOURS)
    both = truth & prediction
    return LesionCounts(number_of_lesions, len(np.unique(lesions[both])), number_of_findings, len(np.unique(findings[both])))
