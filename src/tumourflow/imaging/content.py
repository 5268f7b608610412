"""The name of an image is what is in it."""

from __future__ import annotations

import hashlib

import numpy as np

from tumourflow.types import Pixels


def content_key(pixels: Pixels) -> str:
    """Compute the key under which an image is stored: a hash of dtype, shape and bytes.

    Two files have one key exactly where they decode to the same pixels, whatever their format, compression or byte order.

    Args:
        pixels: Array of any shape and numeric dtype.

    Returns:
        32 hexadecimal digits: the first half of a SHA-256.

    Example:
        >>> flat = np.arange(6, dtype=np.uint8)
        >>> content_key(flat.reshape(2, 3)) == content_key(flat.reshape(3, 2).T.copy().reshape(2, 3))
        False
        >>> content_key(flat.reshape(2, 3)) == content_key(np.asfortranarray(flat.reshape(2, 3)))
        True
    """
    # Little-endian rows, so that the machine and the memory layout have no say.
    array = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{array.dtype.name} {pixels.shape}".encode())
    digest.update(array.data)
    return digest.hexdigest()[:32]
