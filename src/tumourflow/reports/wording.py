"""Numbers as a page says them."""

from __future__ import annotations

import math

NONE = "–"
"""Where there is no number."""


def begin(text: str) -> str:
    """Begin a sentence: unlike `capitalize`, it leaves all but the first letter as they are.

    Example:
        >>> begin("slice 1: tumour on T1-CE")
        'Slice 1: tumour on T1-CE'
    """
    return text[:1].upper() + text[1:]


def share(value: float | None, decimals: int = 2) -> str:
    """Write a share, a probability or a coefficient.

    Example:
        >>> share(0.875, 1), share(None), share(float("nan"))
        ('0.9', '–', '–')
    """
    return NONE if value is None or math.isnan(value) else f"{value:.{decimals}f}".replace("-", "−")


def quantity(value: float | None, unit: str = "", decimals: int = 0) -> str:
    """Write a quantity with its unit.

    Example:
        >>> quantity(1234.5, "mm²"), quantity(28.34, "mm", 1), quantity(float("nan"), "mm")
        ('1,234 mm²', '28.3 mm', '–')
    """
    if value is None or math.isnan(value):
        return NONE
    return f"{value:,.{decimals}f}{f' {unit}' if unit else ''}"
