import keras
import numpy as np

from tumourflow.networks.deeplab_head import aspp, deeplab_decoder, upsampled_logits


def test_the_pyramid_takes_any_feature_maps_and_any_rates() -> None:
    x = keras.Input((None, None, 7))
    model = keras.Model(x, aspp(x, (2, 3), 4))
    assert model.predict_on_batch(np.ones((2, 5, 3, 7), np.float32)).shape == (2, 5, 3, 4)


def test_the_pyramid_sees_the_whole_image() -> None:
    """A change in one corner moves the output in the other, beyond the reach of its kernels."""
    x = keras.Input((None, None, 1))
    model = keras.Model(x, aspp(x, (2,), 4))
    image = np.random.default_rng(0).normal(size=(1, 12, 12, 1)).astype(np.float32)
    changed = image.copy()
    changed[0, 0, 0] += 50
    assert not np.allclose(model.predict_on_batch(image)[0, -1, -1], model.predict_on_batch(changed)[0, -1, -1])


def test_two_projections_added_are_one_of_the_branches_side_by_side() -> None:
    x = keras.Input((4, 4, 3))
    model = keras.Model(x, aspp(x, (2,), 2))
    names = ("aspp_join", "aspp_image_relu", "aspp_add")
    image = np.random.default_rng(0).normal(size=(1, 4, 4, 3)).astype(np.float32)
    joined, pooled, added = keras.Model(x, [model.get_layer(name).output for name in names]).predict_on_batch(image)
    kernel = np.concatenate([model.get_layer(f"aspp_{name}").get_weights()[0] for name in ("project", "image_project")], axis=2)
    side_by_side = np.concatenate([joined, np.broadcast_to(pooled, (1, 4, 4, 2))], axis=-1)
    np.testing.assert_allclose(added, side_by_side @ kernel[0, 0], atol=1e-5)


def test_the_decoder_brings_the_pyramid_to_the_sides_of_an_early_stage() -> None:
    high, low = keras.Input((None, None, 5)), keras.Input((None, None, 3))
    model = keras.Model([high, low], deeplab_decoder(high, low, 4, 6, low_width=2))
    outputs = model.predict_on_batch([np.ones((1, 2, 3, 5), np.float32), np.ones((1, 8, 12, 3), np.float32)])
    assert outputs.shape == (1, 8, 12, 6)
    assert model.get_layer("decoder_skip").output.shape[-1] == 5 + 2


def test_logits_are_interpolated_linearly() -> None:
    """Between 0 and 4, two pixels each: centres at 1/4 and 3/4 of a coarse pixel; beyond the outer centres nothing changes."""
    x = keras.Input((1, 2, 1))
    model = keras.Model(x, upsampled_logits(x, 2, seed=0))
    model.get_layer("logits_coarse").set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    logits = model.predict_on_batch(np.array([0.0, 4.0], np.float32).reshape(1, 1, 2, 1))
    np.testing.assert_allclose(logits[0, :, :, 0], [[0, 1, 3, 4], [0, 1, 3, 4]], atol=1e-6)
