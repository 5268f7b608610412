from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.errors import UserError
from tumourflow.imaging.layout import InputLayout
from tumourflow.options import AugmentationOptions
from tumourflow.training.batches import Batch, ClassBatch, Sampler, make_batches, make_sampler, shrink_batch
from tumourflow.training.loader import Loader

LAYOUT = InputLayout(channels=2, lead_channel=0, context=1)
STILL = AugmentationOptions(**{name: 0 for name in AugmentationOptions.model_fields if name not in ("hole_size",)})


def sampler(tumours: int, others: int, batch: int, share: float, seed: int = 0) -> Sampler:
    return Sampler(np.arange(tumours), np.arange(tumours, tumours + others), batch, share, seed)


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 9), st.sampled_from([0.0, 0.1, 0.5, 0.75, 1.0]))
def test_batches_are_full_and_hold_their_share_of_tumours(tumours: int, others: int, batch: int, share: float) -> None:
    chosen = [sampler(tumours, others, batch, share).rows(number) for number in range(20)]
    assert all(len(rows) == batch for rows in chosen)
    assert abs(sum((rows < tumours).sum() for rows in chosen) - 20 * batch * share) < 1


def test_a_share_of_one_means_tumour_slices_only() -> None:
    assert all((sampler(3, 30, 8, 1.0).rows(number) < 3).all() for number in range(10))


def test_without_other_slices_batches_hold_tumours_only() -> None:
    assert len(sampler(3, 0, 8, 0.25).rows(0)) == 8


def test_no_slice_comes_twice_before_all_came_once() -> None:
    """Five batches of 4 with a share of 1/2: ten cards of a deck of five, so each twice."""
    rows = np.concatenate([sampler(5, 5, 4, 0.5).rows(number) for number in range(5)])
    assert Counter(rows.tolist()) == dict.fromkeys(range(10), 2)


def test_tumour_slices_come_first() -> None:
    """Of three slices a batch half are tumours: one, then two."""
    chosen = [sampler(9, 9, 3, 0.5).rows(number) < 9 for number in (0, 1)]
    assert [rows.tolist() for rows in chosen] == [[True, False, False], [True, True, False]]


def test_the_two_decks_are_shuffled_apart() -> None:
    """Else the same tumour slice would come with the same other slice each time."""
    rows = sampler(50, 50, 100, 0.5).rows(0)
    assert not np.array_equal(rows[:50], rows[50:] - 50)


def test_each_seed_deals_the_other_slices_in_another_order() -> None:
    assert not np.array_equal(sampler(1, 50, 50, 0.0).rows(0), sampler(1, 50, 50, 0.0, seed=1).rows(0))


def test_each_round_has_another_order_and_each_seed_another() -> None:
    first, second = (sampler(50, 0, 50, 1.0).rows(number) for number in (0, 1))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, sampler(50, 0, 50, 1.0, seed=1).rows(0))


def test_only_training_slices_are_dealt(cohort) -> None:
    _, _, index = cohort
    made = make_sampler(index, batch=4, tumour_share=0.5, seed=0)
    dealt = np.unique(np.concatenate([made.rows(number) for number in range(6)]))
    assert dealt.tolist() == np.flatnonzero(index["split"] == "train").tolist()


def test_training_slices_without_tumour_are_refused_in_one_sentence() -> None:
    index = pd.DataFrame({"split": ["train", "train", "validation"], "tumour": [False, False, True]})
    with pytest.raises(UserError, match="None of the 2 training slices with a mask has a tumour"):
        make_sampler(index, batch=4, tumour_share=0.5, seed=0)


def batches_of(cohort, options: AugmentationOptions, seed: int = 3):
    images, masks, index = cohort
    chosen = make_sampler(index, batch=4, tumour_share=0.5, seed=seed)
    return make_batches(images, masks, index, LAYOUT, augmentation=options, sampler=chosen), chosen


def test_unchanged_batches_are_the_stored_slices_with_their_neighbours(cohort) -> None:
    images, masks, index = cohort
    make_batch, chosen = batches_of(cohort, STILL)
    batch, rows = make_batch(0), chosen.rows(0)
    assert batch.images.dtype == np.float32
    assert batch.images.shape == (4, 32, 32, 4)
    np.testing.assert_allclose(batch.images[..., :2], images[rows], atol=1e-6)
    np.testing.assert_array_equal(batch.masks[..., 0], masks[rows])
    before = [row - (index["slice"][row] > 0) for row in rows]
    np.testing.assert_allclose(batch.images[..., 2], images[before, :, :, 0], atol=1e-6)


def test_a_batch_depends_on_its_seed_and_number_alone(cohort) -> None:
    options = AugmentationOptions()
    make_batch, _ = batches_of(cohort, options)
    alone = make_batch(5)
    with Loader(make_batch, threads=2) as loader:
        threaded = [next(loader) for _ in range(6)][5]
    np.testing.assert_array_equal(alone.images, threaded.images)
    np.testing.assert_array_equal(alone.masks, threaded.masks)
    assert not np.array_equal(alone.images, batches_of(cohort, options, seed=4)[0](5).images)


def test_a_slice_that_comes_again_is_augmented_anew(cohort) -> None:
    """The only tumour slice is every batch; batch and seed change what is done to it."""
    images, masks, index = cohort
    alone = index.assign(tumour=index["case_id"] == "a/1")

    def make(number: int, seed: int) -> np.ndarray:
        dealt = make_sampler(alone, batch=1, tumour_share=1.0, seed=seed)
        return make_batches(images, masks, alone, LAYOUT, augmentation=AugmentationOptions(), sampler=dealt)(number).images

    first = make(0, seed=3)
    assert not np.array_equal(first, make(1, seed=3))
    assert not np.array_equal(first, make(0, seed=4))


def test_classes_stay_where_images_are_halved() -> None:
    images = np.arange(8, dtype=np.float32).reshape(1, 2, 4, 1)
    classes = np.array([[0.25, 0.75]], np.float32)
    small = shrink_batch(ClassBatch(images, classes))
    assert isinstance(small, ClassBatch)
    assert small.images[0, ..., 0].tolist() == [[2.5, 4.5]]
    assert small.classes is classes


def test_a_pixel_of_four_is_tumour_where_at_least_two_of_them_are() -> None:
    masks = np.array([[[1, 0, 1, 0], [0, 0, 1, 0]]], np.uint8)[..., None]
    assert shrink_batch(Batch(masks.astype(np.float32), masks)).masks[..., 0].tolist() == [[[0, 1]]]


def test_making_batches_leaves_the_arrays_as_they_are(cohort) -> None:
    images, masks, _ = cohort
    before = images.tobytes(), masks.tobytes()
    make_batch, _ = batches_of(cohort, AugmentationOptions())
    batch = make_batch(0)
    batch.images[:], batch.masks[:] = 0, 0
    assert (images.tobytes(), masks.tobytes()) == before


def test_slices_without_a_mask_are_not_dealt() -> None:
    index = pd.DataFrame({"split": "train", "tumour": [True, False, False, True], "labelled": [True, True, False, False]})
    made = make_sampler(index, batch=4, tumour_share=0.5, seed=0)
    assert (made.tumour_rows.tolist(), made.other_rows.tolist()) == ([0], [1])
