import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.imaging.augmentation import augment, draw_augmentation, read_policy, record_policy
from tumourflow.imaging.layout import InputLayout
from tumourflow.options import AugmentationOptions

LAYOUT = InputLayout(channels=3, lead_channel=1, context=1)
GEOMETRY = {"rotation": 0, "scale": 0, "zoom": 0, "shear": 0, "shift": 0, "crop": 0, "flip": 0, "elastic": 0, "holes": 0}
INTENSITY = {"brightness": 0, "contrast": 0, "gamma": 0, "blur": 0, "noise": 0, "missing_sequence": 0}
NOTHING = AugmentationOptions(**GEOMETRY, **INTENSITY)
EVERYTHING = AugmentationOptions(crop=0.3, holes=3, hole_size=0.3, elastic_share=0.5, missing_sequence=0.5)


def only(**options) -> AugmentationOptions:
    return NOTHING.model_copy(update=options)


def picture(depth: int = 5, size: int = 48) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(size, size, depth)).astype(np.float32)


def blob(size: int = 48) -> np.ndarray:
    mask = np.zeros((size, size), np.uint8)
    mask[15:30, 20:32] = 1
    return mask


@pytest.mark.parametrize("layout", [InputLayout(1, 0, 0), InputLayout(1, 0, 3), InputLayout(2, 1, 0), LAYOUT, InputLayout(4, 2, 2)])
def test_zero_ranges_change_nothing(layout: InputLayout):
    image = picture(layout.depth)

    changed, mask = augment(image, blob(), NOTHING, layout, np.random.default_rng(0))

    assert np.array_equal(changed, image)
    assert np.array_equal(mask, blob())


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), layout=st.sampled_from([InputLayout(1, 0, 0), InputLayout(2, 0, 1), LAYOUT]))
def test_shapes_dtypes_and_mask_values_are_kept(seed: int, layout: InputLayout):
    changed, mask = augment(picture(layout.depth), blob(), EVERYTHING, layout, np.random.default_rng(seed))

    assert changed.shape == (48, 48, layout.depth)
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) <= {0, 1}


@pytest.mark.parametrize("options", [NOTHING, EVERYTHING])
@pytest.mark.parametrize("layout", [InputLayout(1, 0, 0), LAYOUT])
def test_inputs_are_neither_modified_nor_handed_out(options, layout):
    image, mask = picture(layout.depth), blob()
    image.flags.writeable = mask.flags.writeable = False

    changed, moved = augment(image, mask, options, layout, np.random.default_rng(0))

    assert not np.shares_memory(changed, image)
    assert not np.shares_memory(moved, mask)


def test_same_seed_same_bytes_and_another_seed_another_image():
    one, same, other = (augment(picture(), blob(), EVERYTHING, LAYOUT, np.random.default_rng(seed)) for seed in (5, 5, 6))

    assert one[0].tobytes() == same[0].tobytes()
    assert one[1].tobytes() == same[1].tobytes()
    assert not np.array_equal(one[0], other[0])


def test_flip_twice_is_the_identity():
    options = only(flip=1)
    once = augment(picture(), blob(), options, LAYOUT, np.random.default_rng(0))
    twice = augment(*once, options, LAYOUT, np.random.default_rng(1))

    assert np.array_equal(once[1], blob()[:, ::-1])
    assert np.array_equal(twice[0], picture())
    assert np.array_equal(twice[1], blob())


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_mask_and_image_move_together(seed: int):
    mask = np.zeros((96, 96), np.uint8)
    mask[36:60, 40:58] = 1
    image = mask[:, :, None].repeat(5, axis=2).astype(np.float32)
    options = AugmentationOptions(**INTENSITY, elastic=0.05, elastic_share=0.5, crop=0.2)

    changed, moved = augment(image, mask, options, LAYOUT, np.random.default_rng(seed))

    for channel in range(5):
        seen = changed[:, :, channel] > 0.5
        # A line half a pixel wide along the rim may fall either way.
        assert 2 * (seen & (moved > 0)).sum() / (seen.sum() + moved.sum()) > 0.96


def test_neighbours_share_the_tone_of_the_lead_channel():
    image = picture()
    image[:, :, 3] = image[:, :, 4] = image[:, :, 1]

    changed, _ = augment(image, blob(), only(brightness=0.5, contrast=0.5, gamma=0.5), LAYOUT, np.random.default_rng(0))

    assert np.array_equal(changed[:, :, 1], changed[:, :, 3])
    assert np.array_equal(changed[:, :, 1], changed[:, :, 4])
    assert not np.allclose(changed, image, atol=0.05)


def test_channels_have_tones_of_their_own():
    changed, _ = augment(np.zeros((8, 8, 5), np.float32), blob(8), only(brightness=1), LAYOUT, np.random.default_rng(0))

    assert len(set(changed[0, 0, :3].tolist())) == 3


@pytest.mark.parametrize("name", ["brightness", "contrast", "gamma", "blur", "noise"])
def test_intensity_leaves_the_mask_alone(name: str):
    changed, mask = augment(picture(), blob(), only(**{name: 1}), LAYOUT, np.random.default_rng(2))

    assert np.array_equal(mask, blob())
    assert not np.allclose(changed, picture())


def test_gamma_keeps_the_range():
    image = picture()

    changed, _ = augment(image, blob(), only(gamma=1), LAYOUT, np.random.default_rng(0))

    np.testing.assert_allclose(changed[..., 0].min(), image[..., 0].min(), atol=1e-5)
    np.testing.assert_allclose(changed[..., 0].max(), image[..., 0].max(), atol=1e-5)


def test_noise_is_independent_between_channels_and_of_the_drawn_size():
    rng = np.random.default_rng(0)
    drawn = draw_augmentation(only(noise=1), LAYOUT, np.random.default_rng(0))

    changed, _ = augment(np.zeros((128, 128, 5), np.float32), np.zeros((128, 128), np.uint8), only(noise=1), LAYOUT, rng)

    np.testing.assert_allclose(changed.std(axis=(0, 1)), drawn.noise, rtol=0.05)
    assert np.abs(np.corrcoef(changed.reshape(-1, 5).T) - np.eye(5)).max() < 0.05


def test_holes_are_filled_with_the_background_and_leave_the_mask():
    image = picture()
    image[0, 0] = -4

    changed, mask = augment(image, blob(), only(holes=5, hole_size=0.5), LAYOUT, np.random.default_rng(2))

    cut = (changed != image).any(axis=2)
    assert cut.any()
    assert (changed[cut] == -4).all()
    assert np.array_equal(mask, blob())


def test_missing_sequences_are_exact_copies_of_the_lead_channel():
    rng = np.random.default_rng(0)
    options = AugmentationOptions(missing_sequence=1)
    changed = [augment(picture(size=16), blob(16), options, LAYOUT, rng)[0] for _ in range(300)]

    copied = np.array([[np.array_equal(image[:, :, 1], image[:, :, other]) for other in (0, 2)] for image in changed])

    assert copied.any(axis=1).all()
    assert copied.all(axis=1).mean() == pytest.approx(0.6, abs=0.1)
    assert copied[:, 0].mean() == pytest.approx(copied[:, 1].mean(), abs=0.15)


def test_share_of_missing_sequences_is_as_asked():
    rng = np.random.default_rng(0)
    drawn = [draw_augmentation(AugmentationOptions(missing_sequence=0.25), LAYOUT, rng) for _ in range(1000)]

    assert np.mean([bool(each.missing) for each in drawn]) == pytest.approx(0.25, abs=0.04)


def test_policy_survives_json():
    policy = json.loads(json.dumps(record_policy(EVERYTHING, LAYOUT)))

    assert read_policy(policy) == (EVERYTHING, LAYOUT)


def test_policies_recorded_before_derived_channels_are_read():
    policy = {name: value for name, value in record_policy(NOTHING, LAYOUT).items() if name != "derived"}

    assert read_policy(policy) == (NOTHING, LAYOUT)


EDGES = InputLayout(channels=4, lead_channel=1, context=1, derived=1)


def test_a_missing_sequence_leaves_the_edges_alone():
    image = picture(EDGES.depth)

    for seed in range(20):
        changed, _ = augment(image, blob(), only(missing_sequence=1), EDGES, np.random.default_rng(seed))
        assert np.array_equal(changed[:, :, 3], image[:, :, 3])


def test_edges_move_with_the_image_and_keep_their_tone():
    image = picture(EDGES.depth)
    image[:, :, 3] = image[:, :, 1]

    moved, _ = augment(image, blob(), only(flip=1), EDGES, np.random.default_rng(0))
    toned, _ = augment(image, blob(), only(brightness=1, contrast=1, gamma=1), EDGES, np.random.default_rng(0))

    assert np.array_equal(moved[:, :, 3], moved[:, :, 1])
    assert not np.array_equal(moved[:, :, 3], image[:, :, 3])
    assert np.array_equal(toned[:, :, 3], image[:, :, 3])
    assert not np.array_equal(toned[:, :, 1], image[:, :, 1])


def test_edges_do_not_change_what_is_drawn_for_the_sequences():
    first, second = (draw_augmentation(only(brightness=1), layout, np.random.default_rng(5)) for layout in (LAYOUT, EDGES))

    assert second.tones[:3] == first.tones
