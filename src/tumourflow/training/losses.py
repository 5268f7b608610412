"""Losses from logits; all are computed in float32 and are means over the batch as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from tumourflow.measures.losses import (
    FOCAL_GAMMA,
    FOCAL_TUMOUR_WEIGHT,
    FOCAL_TVERSKY_EXPONENT,
    FOCAL_TVERSKY_FLOOR,
    dice_ratio,
    tversky_ratio,
)

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


def tversky(masks: Any, logits: Any) -> Any:
    """Tversky loss over all pixels of the batch together: a missed pixel costs more than a false one.

    `1 - (tp + s) / (tp + .3 fp + .7 fn + s)` with `tp = sum(p y)`, `fp = sum(p (1 - y))`, `fn = sum((1 - p) y)`, `p = sigmoid(logits)`
    and `s` half a pixel, so that equal weights would give `soft_dice`. A batch without any tumour has the loss
    `1 - s / (.3 sum(p) + s)`, which is 0 when it is predicted empty.

    Args:
        masks: `(batch, height, width, 1)`, 0 or 1, any dtype.
        logits: `(batch, height, width, 1)`.

    Returns:
        Scalar tensor in 0..1, float32.

    Reference:
        Salehi, Erdogmus and Gholipour 2017, doi:10.1007/978-3-319-67389-9_44.
    """
    truth, logits = _float32(masks, logits)
    probability = ops.sigmoid(logits)
    return 1.0 - tversky_ratio(ops.sum(probability * truth), ops.sum(probability), ops.sum(truth))


def focal_tversky(masks: Any, logits: Any) -> Any:
    """Tversky loss to the power of 3/4, whose slope grows where the loss is small already: what is nearly right goes on learning.

    `max(tversky, 1e-7)^(3/4)`; the floor keeps the slope finite where batch and prediction agree, as for an empty batch that is
    predicted empty, whose loss is 6e-6 with no gradient. Otherwise empty masks are treated as by `tversky`.

    Args:
        masks: `(batch, height, width, 1)`, 0 or 1, any dtype.
        logits: `(batch, height, width, 1)`.

    Returns:
        Scalar tensor in 0..1, float32.

    Reference:
        Abraham and Khan 2019, doi:10.1109/ISBI.2019.8759329 (their gamma of 4/3 and their weights .7 for missed, .3 for false).
    """
    return ops.power(ops.maximum(tversky(masks, logits), FOCAL_TVERSKY_FLOOR), FOCAL_TVERSKY_EXPONENT)


def focal(masks: Any, logits: Any) -> Any:
    """Focal loss, mean over the pixels: cross-entropy that hardly counts what is told apart already.

    `-a (1 - q)^2 log(q)` with the probability `q` of what is true (`p` in the tumour, `1 - p` elsewhere), `a = .25` in the tumour and
    .75 elsewhere. It is computed from `z = ± logits`, the logit of `q`: `log(q) = -softplus(-z)`, so that no logit overflows. Empty
    masks are nothing special to it.

    Args:
        masks: `(batch, height, width, 1)`, 0 or 1, any dtype.
        logits: `(batch, height, width, 1)`.

    Returns:
        Scalar tensor in nats, at least 0, float32.

    Reference:
        Lin et al. 2017, doi:10.1109/ICCV.2017.324 (there divided by the number of tumour anchors instead of all).
    """
    truth, logits = _float32(masks, logits)
    against = logits * (1.0 - 2.0 * truth)
    weight = FOCAL_TUMOUR_WEIGHT * truth + (1.0 - FOCAL_TUMOUR_WEIGHT) * (1.0 - truth)
    return ops.mean(weight * ops.power(ops.sigmoid(against), FOCAL_GAMMA) * ops.softplus(against))


def class_cross_entropy(classes: Any, logits: Any) -> Any:
    """Cross-entropy of classes, mean over the images: `-sum(y log softmax(z))` for logits `z` and wanted probabilities `y`.

    Args:
        classes: `(batch, classes)`: the wanted probabilities, times the weight of each image where there are weights.
        logits: `(batch, classes)`.

    Returns:
        Scalar tensor in nats, at least 0, float32.
    """
    truth, logits = _float32(classes, logits)
    return -ops.mean(ops.sum(truth * ops.log_softmax(logits, axis=-1), axis=-1))


LOSSES: dict[str, Loss] = {
    "dice_cross_entropy": dice_cross_entropy,
    "soft_dice": soft_dice,
    "cross_entropy": cross_entropy,
    "tversky": tversky,
    "focal_tversky": focal_tversky,
    "focal": focal,
}


def _float32(masks: Any, logits: Any) -> tuple[Any, Any]:
    return ops.cast(masks, "float32"), ops.cast(logits, "float32")
