import inspect

import pytest

from tumourflow.networks.classifiers import build_classifier
from tumourflow.networks.registry import BUILDERS
from tumourflow.options import ClassificationOptions, TrainingOptions
from tumourflow.options.classification import describe_classifier
from tumourflow.options.networks import describe_network, find_wrong_size, network_stride


@pytest.mark.parametrize(
    ("name", "expected"),
    [("unet", 8), ("resunet", 8), ("sk_unet", 8), ("deeplabv3", 16), ("deeplabv3plus", 16)],
)
def test_sides_are_bound_by_the_poolings_or_by_the_output_stride(name: str, expected: int) -> None:
    assert network_stride(name, depth=3, output_stride=16) == expected


def test_a_size_that_fits_is_not_spoken_of() -> None:
    assert find_wrong_size(64, "resunet", depth=6, output_stride=16) is None


def test_the_parameter_to_change_and_the_next_size_are_named() -> None:
    sentence = find_wrong_size(72, "deeplabv3", depth=3, output_stride=16)
    assert sentence == "`preparation.size` is 72, allowed is: a multiple of 16 (`training.output_stride`), such as 80."


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_a_network_is_described_by_what_its_builder_takes(name: str) -> None:
    taken = set(inspect.signature(BUILDERS[name]).parameters) - {"input_shape", "seed"}
    described = describe_network(TrainingOptions(network=name, output_stride=8).describe())
    assert described.pop("name") == name
    assert set(described) == taken
    assert described.get("output_stride", 8) == 8


@pytest.mark.parametrize("name", ["cnn", "resnet50", "lite0"])
def test_a_classifier_is_described_by_what_makes_it_another(name: str) -> None:
    narrow, wide = (build_classifier(name, (32, 32, 1), 2, width=width).count_params() for width in (2, 4))
    options = TrainingOptions(width=4).describe() | {"classification": ClassificationOptions(network=name).model_dump(mode="json")}
    assert describe_classifier(options) == {"name": name} | ({"width": 4} if narrow != wide else {})
