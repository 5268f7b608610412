import pytest

from tumourflow.options.networks import find_wrong_size, network_stride


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
