"""A figure as the picture that a person opens."""

from __future__ import annotations

from io import BytesIO

from tumourflow.types import Figure


def render(figure: Figure) -> bytes:
    """Draw a figure as PNG; the same figure gives the same bytes."""
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=110, bbox_inches="tight")
    return picture.getvalue()
