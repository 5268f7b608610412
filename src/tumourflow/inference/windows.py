"""Through which window a model sees values beyond 8 bits: the one of the images that it was trained on."""

from __future__ import annotations

from tumourflow.cohorts.shown import DEFAULT_WINDOW, describe_window, recall_window
from tumourflow.inference.models import Chosen, ModelAtHand
from tumourflow.options import IngestionOptions

_LEADING = ("segmentation", "detection", "typing")
"""Steps whose models say how images of a kind are shown, the first that is there for all of them."""


def find_router_window(chosen: Chosen) -> IngestionOptions:
    """Tell how images are shown while they are sorted.

    Args:
        chosen: The models.

    Returns:
        Options with the router's window; those of the defaults where no router is there.
    """
    return _window_of(chosen.router) if chosen.router else DEFAULT_WINDOW


def find_kind_window(chosen: Chosen, kind: str) -> IngestionOptions:
    """Tell how images of a kind are shown.

    Args:
        chosen: The models.
        kind: One of `CHANNELS`.

    Returns:
        Options with the window of its segmenter, else of what detects or types it; that of the router where no model sees them.
    """
    models = list_models(chosen, kind)
    return _window_of(models[0]) if models else find_router_window(chosen)


def tell_windows(chosen: Chosen) -> list[str]:
    """Say which models are shown images through another window than they were trained with: those of a kind all see the same.

    Args:
        chosen: The models.
    """
    told = []
    for kind in chosen.kinds:
        first, *others = list_models(chosen, kind)
        for model in others:
            if _window_of(model) != _window_of(first):
                line = f"{model.label} takes images through the window {describe_window(_window_of(model))}, but is shown them through"
                told.append(f"{line} {describe_window(_window_of(first))}, as {first.label}: ingest alike and train again.")
    return told


def list_models(chosen: Chosen, kind: str) -> list[ModelAtHand]:
    """List the models of a kind, first the one that says how its images are shown."""
    # A classifier may serve two steps.
    found = {model.label: model for step in _LEADING if (model := chosen.find(step, kind))}
    return list(found.values())


def _window_of(model: ModelAtHand) -> IngestionOptions:
    return recall_window(model.bundle.get("window"))
