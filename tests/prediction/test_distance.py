import keras
import numpy as np
import pytest

from tumourflow.networks import build_classifier
from tumourflow.prediction.distance import BATCH, add_distance, fit_gaussians, route, take_features


@pytest.fixture(scope="module")
def classifier() -> keras.Model:
    return build_classifier("cnn", (16, 16, 1), 2, width=2, seed=0)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(BATCH + 5, 16, 16, 1)).astype(np.float16)


@pytest.fixture(scope="module")
def router(classifier, images) -> keras.Model:
    rows = np.arange(len(images))
    return add_distance(classifier, fit_gaussians(take_features(classifier, images, rows), rows % 2))


def mahalanobis(features: np.ndarray, means: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    rests = [features - mean for mean in means]
    return np.sqrt(np.min([np.einsum("nf,fg,ng->n", rest, np.linalg.inv(covariance), rest) for rest in rests], axis=0))


def test_means_are_those_of_the_classes_and_the_root_whitens_what_is_left():
    rng = np.random.default_rng(1)
    classes = np.arange(20_000) % 2
    rest = rng.multivariate_normal([0, 0], [[4.0, 1.2], [1.2, 1.0]], len(classes))
    features = (rest + np.array([[0.0, 5.0], [3.0, 0.0]])[classes]).astype(np.float32)
    fitted = fit_gaussians(features, classes)
    np.testing.assert_allclose(fitted.means, [[0, 5], [3, 0]], atol=0.06)
    white = (features - fitted.means[classes]) @ fitted.root
    np.testing.assert_allclose(np.cov(white.T), np.eye(2), atol=0.03)


def test_a_feature_that_never_varies_does_no_harm():
    features = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    features[:, 1] = 0
    fitted = fit_gaussians(features, np.arange(50) % 2)
    assert np.isfinite(fitted.root).all()


def test_the_model_tells_the_distance_that_numpy_tells_and_the_logits_of_the_classifier(classifier, images, tmp_path):
    rows = np.arange(len(images))
    features = take_features(classifier, images, rows)
    assert features.shape == (len(images), 2 + 2 * 4 + 2 * 8 + 16)  # the maps of all blocks
    gaussians = fit_gaussians(features, rows % 2)
    add_distance(classifier, gaussians).save(tmp_path / "router.keras")
    logits, distance = route(keras.saving.load_model(tmp_path / "router.keras", compile=False), images, rows)
    covariance = np.linalg.inv(gaussians.root @ gaussians.root.T)
    np.testing.assert_allclose(distance, mahalanobis(features, gaussians.means, covariance), rtol=2e-3)
    expected = classifier.predict_on_batch(images[:BATCH].astype(np.float32))
    np.testing.assert_allclose(logits[:BATCH], expected[0] if isinstance(expected, list) else expected, atol=1e-5)


def test_features_are_the_means_of_the_maps_behind_each_block(classifier, images):
    rows = np.array([2, 0])
    blocks = [layer.output for layer in classifier.layers if layer.name.endswith("_out")]
    maps = keras.Model(classifier.inputs, blocks).predict_on_batch(np.repeat(images[rows], BATCH // 2, axis=0).astype(np.float32))
    expected = np.concatenate([each.mean(axis=(1, 2)) for each in maps], axis=1)[[0, BATCH // 2]]
    np.testing.assert_allclose(take_features(classifier, images, rows), expected, rtol=1e-4, atol=1e-5)


def test_of_blocks_with_too_many_maps_only_the_last_layer_counts(images):
    inputs = keras.Input((16, 16, 1))
    wide = keras.layers.Conv2D(257, 1, name="block_out")(inputs)
    pooled = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(wide))
    model = keras.Model(inputs, keras.layers.Dense(2, name="logits")(pooled))
    assert take_features(model, images, np.arange(2)).shape == (2, 3)


def test_an_image_unlike_all_others_is_far_away(router, images):
    strange = np.concatenate([images, np.full((1, 16, 16, 1), 9, np.float16)])
    _, distance = route(router, strange, np.arange(len(strange)))
    assert distance[-1] > 2 * distance[:-1].max()


def test_upside_down_is_the_image_with_its_rows_in_reverse(router, images):
    rows = np.array([3, 1, 4])
    turned = route(router, images, rows, upside_down=True)
    for one, other in zip(turned, route(router, images[:, ::-1], rows), strict=True):
        np.testing.assert_array_equal(one, other)
