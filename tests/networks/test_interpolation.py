import keras
import numpy as np
import pytest

from tumourflow.networks import BilinearUpSampling2D


def image(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, height, width, 3)).astype(np.float32)


@pytest.mark.parametrize("options", [{}, {"interpolation": "nearest"}, {"dtype": "mixed_bfloat16"}])
def test_it_equals_keras(options: dict[str, str]) -> None:
    plain = {"interpolation": "bilinear"} | options
    outputs, expected = BilinearUpSampling2D((2, 3), **options)(image(4, 5)), keras.layers.UpSampling2D((2, 3), **plain)(image(4, 5))
    assert outputs.shape == (2, 8, 15, 3)
    assert outputs.dtype == expected.dtype
    np.testing.assert_array_equal(keras.ops.cast(outputs, "float32"), keras.ops.cast(expected, "float32"))


def test_images_of_several_sizes_pass_through_one_model() -> None:
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, BilinearUpSampling2D(2)(inputs))
    assert model.output.shape == (None, None, None, 3)
    for height, width in [(1, 1), (4, 2), (3, 5), (8, 8)]:
        assert model.predict_on_batch(image(height, width)).shape == (2, 2 * height, 2 * width, 3)


def test_between_two_centres_it_goes_straight() -> None:
    """Centres of the new pixels lie at 1/4 and 3/4 of an old one; beyond the outer centres nothing changes."""
    outputs = np.asarray(BilinearUpSampling2D((1, 2))(np.array([0.0, 4.0], np.float32).reshape(1, 1, 2, 1)))
    np.testing.assert_allclose(outputs.ravel(), [0, 1, 3, 4], atol=1e-6)


def test_a_stored_layer_keeps_its_options() -> None:
    layer = BilinearUpSampling2D((2, 3), name="up", dtype="float32")
    again = BilinearUpSampling2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
