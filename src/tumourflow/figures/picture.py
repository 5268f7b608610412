"""A figure as the picture that a person opens."""

from __future__ import annotations

from io import BytesIO

from tumourflow.types import Figure


def render(figure: Figure) -> bytes:
    """Draw a figure as PNG and take it apart; equal figures give the same bytes.

    Panels refer to one another: until Python looks for such circles, what they show and the canvas would stay in memory.
    """
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=110, bbox_inches="tight")
    figure.clear()
    return picture.getvalue()
