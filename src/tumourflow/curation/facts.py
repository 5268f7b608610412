"""What is noted of a case that was inspected."""

from __future__ import annotations

import re

from tumourflow.imaging.read import TooLargeError

Facts = dict[str, str | int | float | bool | bytes]

DAMAGED = (OSError, ValueError, LookupError, ArithmeticError, TypeError, RuntimeError, MemoryError, EOFError)
"""Damaged files make decoders fail in all these ways; a user's mistake is none of them, and passes."""

TOO_LARGE = (TooLargeError, MemoryError)
"""Those that mean that a file declares too much."""

UNKNOWN: Facts = {
    "image_error": "",
    "mask_error": "",
    "too_large": False,
    "mask_values": "",
    "finite": True,
    "float_range": "",
    "constant": False,
    "brightest": float("nan"),
    "mean": float("nan"),
    "height": 0,
    "width": 0,
    "channels": 0,
    "dtype": "",
    "equal_channels": "",
    "flat_channels": "",
    "channel_maxima": "",
    "mask_height": 0,
    "mask_width": 0,
    "tumour_pixels": 0,
    "labels": "",
    "mask_low": float("nan"),
    "mask_high": float("nan"),
    "mask_colours": "",
    "tumour_row": float("nan"),
    "tumour_column": float("nan"),
    "image_key": "",
    "mask_key": "",
    "thumbnail": b"",
    "notes": "[]",
}
"""Every fact, as long as nothing is known."""


def say(error: BaseException) -> str:
    """Put an error into words that name no folder and no address, so that the ledger of a cohort is the same on every machine.

    Example:
        >>> say(OSError("cannot open '/home/me/a.png'"))
        "cannot open 'a.png'"
    """
    text = re.sub(r" ?<[\w.]+ object at 0x[0-9a-f]+>", "", " ".join(str(error).split()))
    text = re.sub(r"<_io\.\w+ name=('[^']*')>", r"\1", re.sub(r"'[^']*/([^'/]+)'", r"'\1'", text))
    # A file out of a store has no name for Pillow, and the ledger has one anyway.
    return re.sub(r"^(cannot identify image file) '.*'$", r"\1", text) or type(error).__name__
