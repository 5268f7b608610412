import keras
import numpy as np
import pytest

from tumourflow.imaging.preparation import Preparation
from tumourflow.inference.routing import Route, Router, route_together

PREPARATION = Preparation(size=8, crop="none", normalisation="zscore", context=0, lead_channel=0, channels=1, unit="slice")
BRIGHT_BELOW = np.vstack([np.full((4, 8), 50, np.uint8), np.full((4, 8), 200, np.uint8)])


@pytest.fixture(scope="module")
def network():
    """Logits are the means of the upper and lower half; the distance is how far the first pixel is from 0."""
    inputs = keras.Input((8, 8, 1))
    upper, lower = (keras.layers.Flatten()(keras.layers.AveragePooling2D((4, 8))(inputs))[:, row : row + 1] for row in (0, 1))
    distance = keras.ops.abs(inputs[:, 0, 0, 0])
    return keras.Model(inputs, {"logits": keras.layers.Concatenate()([upper, lower]), "distance": distance})


def bundle(threshold, score="distance"):
    refusal = {"score": score, "threshold": threshold}
    return {"classes": ["brain", "breast"], "refusal": refusal, "preparation": PREPARATION.to_dict()}


def test_the_class_with_the_largest_logit_is_the_modality(network):
    routes = Router(network, bundle(9)).route([BRIGHT_BELOW, BRIGHT_BELOW[::-1], np.repeat(BRIGHT_BELOW, 3, axis=1)])
    assert [each.modality for each in routes] == ["breast", "brain", "breast"]


@pytest.mark.parametrize("score", ["distance", "energy"])
def test_what_is_beyond_the_threshold_is_refused_with_its_score(network, score):
    (refused,) = Router(network, bundle(-9, score)).route([BRIGHT_BELOW])
    assert refused.modality == ""
    assert refused.reason.startswith("The router takes it for neither brain nor breast as it knows them: its " + score)


def test_more_than_half_must_be_refused(network):
    odd = Route("", "Too strange.")
    assert route_together([odd, odd, Route("brain")]) == odd
    assert route_together([odd, Route("brain"), Route("breast"), Route("brain"), odd]).modality == "brain"
    assert Router(network, bundle(9)).route([]) == []
