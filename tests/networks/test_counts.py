"""The numbers of weights that the docstrings tell; from which layout each follows is tested with the network."""

import inspect
import re
from collections.abc import Callable

import keras
import pytest

from tumourflow.networks.classifiers import CLASSIFIERS
from tumourflow.networks.registry import BUILDERS

pytestmark = pytest.mark.skipif(keras.backend.backend() == "jax", reason="the layout is the same on any backend")
WITH_AVERAGES = {name: builder for name, builder in (BUILDERS | CLASSIFIERS).items() if name != "cnn"}
"""That of the small classifier is told without averages, and tested with it."""


def read_count(builder: Callable[..., keras.Model]) -> int:
    told = " ".join(str(inspect.getdoc(builder)).split())
    (count,) = re.findall(r"For 5 channels(?:, 2 classes)? and the defaults there are ([\d,]+) weights, averages .* included\.", told)
    return int(count.replace(",", ""))


@pytest.mark.parametrize("name", sorted(WITH_AVERAGES))
def test_every_network_has_the_number_of_weights_that_its_docstring_tells(name: str) -> None:
    builder = WITH_AVERAGES[name]
    model = builder((None, None, 5), **({"classes": 2} if name in CLASSIFIERS else {}))
    assert model.count_params() == read_count(builder)
