"""What an image shows, or why no model is shown it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.refusal import energy
from tumourflow.prediction.distance import route
from tumourflow.types import KerasModel, Pixels


class Route(NamedTuple):
    """What a router says of an image.

    Attributes:
        modality: What it shows, empty where it is refused.
        reason: A sentence that says why it is refused.
    """

    modality: str
    reason: str = ""


class Router:
    """A network that tells modalities apart and refuses what is none of them, with all that its use needs."""

    def __init__(self, model: KerasModel, bundle: Mapping[str, Any]) -> None:
        """Take a network and the content of the `router.json` beside it."""
        self._model = model
        self._classes = [str(name) for name in bundle["classes"]]
        self._refusal = bundle["refusal"]
        self._preparation = Preparation.from_dict(bundle["preparation"])

    def route(self, images: Sequence[Pixels]) -> list[Route]:
        """Ask about images, each by itself.

        Args:
            images: `(height, width)`, uint8 or uint16.

        Returns:
            What each shows.
        """
        if not images:
            return []
        prepared = [self._preparation.prepare([image])[0][0] for image in images]
        # In half precision, as the images were on which the threshold was chosen.
        logits, distance = route(self._model, np.stack(prepared).astype(np.float16), np.arange(len(images)))
        scores = distance if self._refusal["score"] == "distance" else energy(logits)
        return [self._judge(float(score), each) for score, each in zip(scores, logits, strict=True)]

    def _judge(self, score: float, logits: Any) -> Route:
        threshold = float(self._refusal["threshold"])
        if score <= threshold:
            return Route(self._classes[int(np.argmax(logits))])
        name = self._refusal["score"]
        known = " nor ".join(self._classes)
        return Route("", f"The router takes it for neither {known} as it knows them: its {name} is {score:.3g}, above {threshold:.3g}.")


def route_together(routes: Sequence[Route]) -> Route:
    """Say what the slices of a volume show together.

    Args:
        routes: Of each slice; at least one.

    Returns:
        What most of those show that are not refused; a refusal where more than half of all are.

    Example:
        >>> route_together([Route("brain"), Route("brain"), Route("", "Too strange.")])
        Route(modality='brain', reason='')
    """
    refused = [each for each in routes if not each.modality]
    if 2 * len(refused) > len(routes):
        return refused[0]
    most = Counter(each.modality for each in routes if each.modality).most_common(1)[0][0]
    return next(each for each in routes if each.modality == most)
