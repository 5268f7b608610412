"""Losses from logits; all are computed in float32 and are means over the batch as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from tumourflow.measures.losses import dice_ratio

Loss = Callable[[Any, Any], Any]


def soft_dice(masks: Any, logits: Any) -> Any:
    """Soft Dice loss over all pixels of the batch together.

    `1 - (2 sum(p y) + s) / (sum(p) + sum(y) + s)` with `p = sigmoid(logits)`, masks `y` and smoothing `s = 1` pixel. The sums run
    over the whole batch: slice by slice, a tumour-free slice would give a loss of nearly 1 for a single false pixel and no
    gradient worth the name otherwise. A batch without any tumour has the loss `1 - s / (sum(p) + s)`, which is 0 when it is
    predicted empty.

    Args:
        masks: `(batch, height, width, 1)`, 0 or 1, any dtype.
        logits: `(batch, height, width, 1)`.

    Returns:
        Scalar tensor in 0..1, float32.

    Reference:
        Milletari, Navab and Ahmadi 2016, doi:10.1109/3DV.2016.79 (there with squares in the denominator).
    """
    truth, logits = _float32(masks, logits)
    probability = ops.sigmoid(logits)
    return 1.0 - dice_ratio(ops.sum(probability * truth), ops.sum(probability) + ops.sum(truth))


def cross_entropy(masks: Any, logits: Any) -> Any:
    """Binary cross-entropy, mean over the pixels: `max(z, 0) - z y + log(1 + exp(-|z|))` for logits `z` and masks `y`.

    In this form no logit overflows. Empty masks are nothing special to it.

    Args:
        masks: `(batch, height, width, 1)`, 0 or 1, any dtype.
        logits: `(batch, height, width, 1)`.

    Returns:
        Scalar tensor in nats, at least 0, float32.
    """
    truth, logits = _float32(masks, logits)
    return ops.mean(ops.relu(logits) - logits * truth + ops.log1p(ops.exp(-ops.abs(logits))))


def dice_cross_entropy(masks: Any, logits: Any) -> Any:
    """Sum of `soft_dice` and `cross_entropy`: one sees the tumour's share, the other each pixel.

    The soft Dice alone can fall into the empty mask and stay there; the cross-entropy's gradient leads out again.

    Args:
        masks: `(batch, height, width, 1)`, 0 or 1, any dtype.
        logits: `(batch, height, width, 1)`.

    Returns:
        Scalar tensor, at least 0, float32.

    Reference:
        Isensee et al. 2021, doi:10.1038/s41592-020-01008-z.
    """
    return soft_dice(masks, logits) + cross_entropy(masks, logits)


LOSSES: dict[str, Loss] = {
    "dice_cross_entropy": dice_cross_entropy,
    "soft_dice": soft_dice,
    "cross_entropy": cross_entropy,
}


def _float32(masks: Any, logits: Any) -> tuple[Any, Any]:
    return ops.cast(masks, "float32"), ops.cast(logits, "float32")
