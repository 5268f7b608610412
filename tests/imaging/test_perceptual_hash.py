import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.imaging.perceptual_hash import NORM, correlate, hash_radius, hash_thumbnails


def draw(seed: int, sharpness: float, noise: float) -> np.ndarray:
    """Two thumbnails: structures of some sharpness, and the same with noise."""
    rng = np.random.default_rng(seed)
    frequencies = np.arange(48) / 48 * sharpness
    picture = sum(np.outer(np.cos(f * np.arange(48) + rng.uniform(0, 6)), rng.normal(size=48)) for f in frequencies[1:9])
    both = np.stack([picture, picture + noise * rng.normal(size=(48, 48))])
    return np.clip(128 + 30 * both, 0, 255).astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 60), st.floats(0, 3))
def test_hashes_are_never_further_apart_than_the_correlation_says(seed, sharpness, noise):
    pair = draw(seed, sharpness, noise)
    hashes = hash_thumbnails(pair)
    correlation = correlate(pair, np.array([0]), np.array([1]))[0]
    first, second = hashes / NORM
    assert np.linalg.norm(first - second) <= hash_radius(correlation)
    assert first @ second >= 1 - hash_radius(correlation) ** 2 / 2


def test_the_correlation_is_that_of_numpy():
    pair = draw(1, 5, 1)
    expected = np.corrcoef(pair.reshape(2, -1).astype(float))
    assert np.allclose(correlate(pair, np.array([0, 0, 1]), np.array([0, 1, 0])), [1, expected[0, 1], expected[0, 1]], atol=1e-12)


def test_more_pairs_than_fit_into_memory_at_once_are_taken_in_turn():
    pair = draw(1, 5, 1)
    firsts = np.zeros(5000, np.int64)
    assert np.unique(correlate(pair, firsts, firsts + 1)).size == 1
    assert np.ptp(hash_thumbnails(np.repeat(pair[:1], 5000, axis=0)), axis=0).max() <= 1


def test_a_hash_has_norm_one_and_ignores_brightness_and_contrast():
    pair = draw(2, 5, 0)
    hashes = hash_thumbnails(np.stack([pair[0], pair[0] // 2 + 60])) / NORM
    assert np.allclose(np.linalg.norm(hashes, axis=1), 1, atol=1e-3)
    assert np.linalg.norm(hashes[0] - hashes[1]) < 0.02


def test_a_constant_thumbnail_is_like_nothing():
    constant = np.full((2, 48, 48), 9, np.uint8)
    assert (hash_thumbnails(constant) == 0).all()
    assert correlate(constant, np.array([0]), np.array([1])).tolist() == [0]
