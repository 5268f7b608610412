import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import gaussian_filter
from scipy.special import expit, logit

from tumourflow.prediction.crf import SUREST, Potentials, refine, refine_volume

SHAPE = (9, 12)
STRONG = Potentials(appearance=10, distance=0.2, contrast=0.05, smoothness=3, reach=1, iterations=10)
WEAK = Potentials(appearance=1, distance=1, contrast=1, smoothness=0.5, reach=3, iterations=2)
FEW = settings(deadline=None, max_examples=30)
images = arrays(np.float32, SHAPE, elements=st.floats(0, 1, width=32))


def mean_field(probability: np.ndarray, picture: np.ndarray, potentials: Potentials) -> np.ndarray:
    """All pairs of pixels, one by one, in float64."""
    height, width = probability.shape
    rows, columns = (each.ravel() for each in np.mgrid[:height, :width])
    grey = picture.ravel().astype(float)
    apart = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
    near = apart / (potentials.distance * max(height, width)) ** 2
    alike = (grey[:, None] - grey) ** 2 / potentials.contrast**2
    coupling = np.zeros_like(alike)
    for weight, exponent in ((potentials.appearance, near + alike), (potentials.smoothness, apart / potentials.reach**2)):
        kernel = np.exp(-exponent / 2)
        sums = kernel.sum(axis=1)
        coupling += weight * kernel / np.sqrt(np.outer(sums, sums)) * (1 - np.eye(len(kernel)))
    evidence = logit(np.clip(probability.ravel().astype(float), SUREST, 1 - SUREST))
    q = expit(evidence)
    for _ in range(potentials.iterations):
        q = expit(evidence + coupling @ (2 * q - 1))
    return q.reshape(height, width)


def blobs(seed: int, shape: tuple[int, int]) -> np.ndarray:
    smooth = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2)
    return ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)


@pytest.mark.parametrize("potentials", [Potentials(), STRONG, WEAK])
@pytest.mark.parametrize("shape", [(32, 40), (1, 30), (24, 24)])
def test_all_pairs_of_pixels_give_the_same(potentials: Potentials, shape: tuple[int, int]) -> None:
    """The promise is 1e-3; float32 alone leaves 1e-5, and ten strong iterations make little of it more."""
    rng = np.random.default_rng(1)
    for probability, picture in ((blobs(1, shape), blobs(2, shape)), rng.random((2, *shape)).astype(np.float32)):
        np.testing.assert_allclose(refine(probability, picture, potentials), mean_field(probability, picture, potentials), atol=1e-4)


def test_two_pixels_by_hand() -> None:
    """Alike in grey and one apart, with `k = exp(-1/2)`, `n = 1 + k`: `z = ± log 3 + w k / (1 + k) x ∓ 1/2`."""
    potentials = Potentials(appearance=0, smoothness=2, reach=1, iterations=1)
    k = np.exp(-0.5)
    up = expit(np.log(3) - 2 * k / (1 + k) / 2)
    found = refine(np.array([[0.75, 0.25]], np.float32), np.ones((1, 2), np.float32), potentials)
    np.testing.assert_allclose(found, [[up, 1 - up]], atol=1e-6)


def test_a_border_moves_to_where_the_picture_changes() -> None:
    """The network is unsure from column 8 to 11; the picture changes at column 10."""
    probability = np.tile(np.repeat([0.9, 0.55, 0.1], [8, 4, 8]), (20, 1)).astype(np.float32)
    picture = np.tile(np.repeat([0.8, 0.2], 10), (20, 1)).astype(np.float32)
    mask = refine(probability, picture) >= 0.5
    np.testing.assert_array_equal(mask, picture > 0.5)


def test_a_constant_picture_smooths() -> None:
    rng = np.random.default_rng(0)
    noisy = np.clip(0.5 + 0.3 * rng.normal(size=(24, 24)), 0.05, 0.95).astype(np.float32)
    smoothed = refine(noisy, np.full((24, 24), 0.5, np.float32))
    roughness = [np.abs(np.diff(logit(each.astype(float)), axis=0)).mean() for each in (noisy, smoothed)]
    lonely = np.full((24, 24), 0.1, np.float32)
    lonely[12, 12] = 0.7
    assert roughness[1] <= roughness[0] + 1e-5
    assert refine(lonely, np.full((24, 24), 0.5, np.float32))[12, 12] < 0.5


@given(images, images)
@FEW
def test_probabilities_stay_probabilities_and_inputs_as_they_are(probability, picture) -> None:
    before = probability.copy(), picture.copy()
    refined = refine(probability, picture, STRONG)
    assert refined.dtype == np.float32
    assert ((refined >= 0) & (refined <= 1)).all()
    np.testing.assert_array_equal(probability, before[0])
    np.testing.assert_array_equal(picture, before[1])


@given(images, images)
@FEW
def test_tumour_and_background_are_treated_alike(probability, picture) -> None:
    there, back = refine(probability, picture, WEAK), refine(1 - probability, picture, WEAK)
    np.testing.assert_allclose(there, 1 - back, atol=1e-4)


@given(images, images)
@FEW
def test_without_weights_nothing_changes(probability, picture) -> None:
    np.testing.assert_allclose(refine(probability, picture, Potentials(appearance=0, smoothness=0)), probability, atol=2 * SUREST)


@given(images, images)
@FEW
def test_without_a_pixel_above_one_half_all_only_fall(probability, picture) -> None:
    probability = probability / 2
    assert (refine(probability, picture, STRONG) <= probability + 2 * SUREST).all()


@given(images, images)
@FEW
def test_mirrored_images_give_mirrored_results(probability, picture) -> None:
    mirrored = refine(probability[:, ::-1], picture[:, ::-1], WEAK)[:, ::-1]
    np.testing.assert_allclose(refine(probability, picture, WEAK), mirrored, atol=1e-4)


@given(images, images, st.sampled_from([0.2, 0.5, 0.8]))
@FEW
def test_slices_that_are_passed_over_have_empty_masks_anyhow(probability, picture, threshold) -> None:
    kept = refine_volume([probability], [picture], threshold)[0]
    np.testing.assert_array_equal(kept >= threshold, refine(probability, picture) >= threshold)


def test_a_slice_below_a_high_threshold_can_rise_above_it() -> None:
    """A faint lesion that its picture sets apart clearly: .6 everywhere in it becomes more than .7."""
    lesion = np.zeros((24, 24), np.float32)
    lesion[8:16, 8:16] = 1
    probability = np.where(lesion > 0, 0.6, 0.1).astype(np.float32)
    assert refine_volume([probability], [lesion], threshold=0.7)[0][11, 11] > 0.7


def test_a_slice_that_can_only_fall_is_not_computed() -> None:
    low = np.full(SHAPE, 0.3, np.float32)
    assert refine_volume([low], [low], threshold=0.4)[0] is low


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="same shape"):
        refine(np.zeros((2, 2), np.float32), np.zeros((2, 3), np.float32))
    with pytest.raises(ValueError, match="one for each slice"):
        refine_volume([np.zeros((2, 2), np.float32)], [], 0.5)
