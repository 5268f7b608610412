"""What every family of features gives."""

from __future__ import annotations

from typing import TypeAlias

Features: TypeAlias = dict[str, float]
"""Numbers by name; NaN where a region does not define one."""


def ratio(above: float, below: float) -> float:
    """Divide; NaN where there is nothing to divide by.

    Example:
        >>> ratio(1, 2), ratio(1, 0)
        (0.5, nan)
    """
    return float(above / below) if below else float("nan")
