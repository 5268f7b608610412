from collections.abc import Callable

import keras
import numpy as np
import pytest

from tumourflow.networks import append_lite0_head, build_lite0


def build(channels: int = 3, output_stride: int = 32, side: int | None = 64) -> keras.Model:
    inputs = keras.Input((side, side, channels))
    return keras.Model(inputs, build_lite0(inputs, seed=0, output_stride=output_stride))


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_the_number_of_weights_is_that_of_the_layout(channels: int, count_lite0: Callable[..., int]) -> None:
    model = build(channels)
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == count_lite0(channels, norm=2)
    assert model.count_params() == count_lite0(channels, norm=4)


def test_with_head_and_classifier_there_are_the_published_4_65_million(count_lite0: Callable[..., int]) -> None:
    head, classifier = 320 * 1280 + 2 * 1280, 1280 * 1000 + 1000
    assert count_lite0(3, norm=2) + head + classifier == 4_652_008


@pytest.mark.parametrize(("output_stride", "sides"), [(32, [32, 16, 8, 4, 2]), (16, [32, 16, 8, 4, 4]), (8, [32, 16, 8, 8, 8])])
def test_feature_maps_come_at_each_stride_up_to_the_last(output_stride: int, sides: list[int]) -> None:
    outputs = build(output_stride=output_stride).outputs
    assert [output.shape[1:] for output in outputs] == [
        (side, side, filters) for side, filters in zip(sides, (16, 24, 40, 112, 320), strict=True)
    ]


def test_what_is_not_halved_is_dilated_instead_from_the_block_after() -> None:
    model = build(output_stride=8)
    depthwise = [layer for layer in model.layers if isinstance(layer, keras.layers.DepthwiseConv2D)]
    rates = [layer.dilation_rate[0] for layer in depthwise]
    assert rates == [1] * 6 + [2] * 6 + [4] * 4
    assert max(layer.dilation_rate[0] for layer in build().layers if isinstance(layer, keras.layers.DepthwiseConv2D)) == 1


def test_dilation_keeps_the_weights() -> None:
    shapes = [[weight.shape for weight in build(output_stride=stride).weights] for stride in (8, 32)]
    assert shapes[0] == shapes[1]


def test_every_second_number_of_a_dilated_encoder_is_the_plain_ones() -> None:
    """Same padding at stride 2 looks from the second of two pixels: rows and columns 1, 3, 5, ..."""
    picture = np.random.default_rng(0).normal(size=(1, 128, 128, 3)).astype(np.float32)
    plain, dense = build(side=128), build(side=128, output_stride=16)
    dense.set_weights(plain.get_weights())
    coarse, fine = (model.predict_on_batch(picture)[-1] for model in (plain, dense))
    np.testing.assert_allclose(fine[:, 1::2, 1::2], coarse, rtol=1e-3, atol=1e-5)


def test_the_head_has_1280_feature_maps_at_most_6() -> None:
    inputs = keras.Input((2, 2, 320))
    model = keras.Model(inputs, append_lite0_head(inputs))
    outputs = model.predict_on_batch(100 * np.random.default_rng(0).normal(size=(1, 2, 2, 320)).astype(np.float32))
    assert outputs.shape == (1, 2, 2, 1280)
    assert outputs.min() == 0
    assert outputs.max() == 6


def test_an_unknown_output_stride_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be 8, 16 or 32. Received: output_stride=4"):
        build(output_stride=4)
