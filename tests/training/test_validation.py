import keras
import numpy as np
import pandas as pd
import pytest

from tumourflow.errors import UserError
from tumourflow.imaging.layout import InputLayout
from tumourflow.training.losses import LOSSES
from tumourflow.training.validation import make_validator

LAYOUT = InputLayout(channels=1, lead_channel=0, context=0)


def identity() -> keras.Model:
    """A network whose logits are its input."""
    inputs = keras.Input((2, 2, 1))
    return keras.Model(inputs, keras.layers.Identity()(inputs))


def index_of(patients: str, splits: list[str], masks: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"patient": list(patients), "split": splits, "tumour": masks.any(axis=(1, 2))})


@pytest.mark.parametrize("batch", [1, 2, 8])
def test_dice_is_the_mean_over_ill_patients_of_their_volumes(batch: int) -> None:
    """Patient a: overlap 2, predicted 3, true 3: 2/3. b: nothing found: 0. c and f are healthy and do not count. d trains. e: all found."""
    masks = [[[1, 1], [0, 0]], [[1, 0], [0, 0]], [[1, 0], [0, 0]], [[0, 0], [0, 0]], [[1, 1], [1, 1]], [[0, 0], [0, 1]], [[0, 0], [0, 0]]]
    found = [[[1, 1], [1, 0]], [[0, 0], [0, 0]], [[0, 0], [0, 0]], [[1, 0], [0, 0]], [[0, 0], [0, 0]], [[0, 0], [0, 1]], [[1, 1], [1, 1]]]
    images = np.where(found, 0.1, -0.1)[..., None].astype(np.float32)
    truth = np.array(masks, np.uint8)
    index = index_of("aabcdef", ["validation"] * 4 + ["train"] + ["validation"] * 2, truth)
    score = make_validator(images, truth, index, LAYOUT, batch).score(identity())
    assert score[:2] == pytest.approx(((2 / 3 + 0 + 1) / 3,) * 2), "a has as many false pixels as missed ones"


class Slow:
    """Gives the second channel as logits, and takes 2 s for a batch, 60 s more for the first of its size."""

    def __init__(self) -> None:
        self.seconds, self.sizes = 0.0, list[int]()

    def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
        self.seconds += 2 if len(images) in self.sizes else 62
        self.sizes.append(len(images))
        return images[..., 1:2]


def test_slices_stand_beside_their_neighbours() -> None:
    """What a network says that looks at the slice before alone: the mask of the second slice is found in the first one."""
    masks = np.array([[[0, 0], [0, 0]], [[1, 0], [0, 0]]], np.uint8)
    images = np.where(masks[[1, 0]], 1.0, -1.0)[..., None].astype(np.float32)
    index = index_of("aa", ["validation"] * 2, masks).assign(labelled=[False, True])
    layout = InputLayout(channels=1, lead_channel=0, context=1)
    assert make_validator(images, masks, index, layout, batch=2).score(Slow()).dice == 1


def test_where_everybody_trains_nobody_validates_in_no_time() -> None:
    masks = np.ones((1, 2, 2), np.uint8)
    validator = make_validator(np.zeros((1, 2, 2, 1)), masks, index_of("a", ["train"], masks), LAYOUT, batch=2)
    assert np.isnan(validator.score(Slow())).all()
    assert validator.estimate_seconds(Slow()) == 0


def test_the_tversky_index_weighs_what_is_missed_more_than_what_is_false() -> None:
    """Patients a and c miss one of two pixels: 1 / 1.7. Patient b finds its one and a false one: 1 / 1.3. Their Dice is 2/3 alike."""
    masks = np.array([[[1, 1], [0, 0]], [[1, 0], [0, 0]], [[1, 1], [0, 0]]], np.uint8)
    found = np.array([[[1, 0], [0, 0]], [[1, 1], [0, 0]], [[1, 0], [0, 0]]])
    images = np.where(found, 5.0, -5.0)[..., None].astype(np.float32)
    score = make_validator(images, masks, index_of("abc", ["validation"] * 3, masks), LAYOUT, batch=2).score(identity())
    assert (score.dice, score.tversky) == pytest.approx((2 / 3, (2 / 1.7 + 1 / 1.3) / 3))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_is_the_trained_one_of_all_slices_together(batch: int, loss: str) -> None:
    rng = np.random.default_rng(0)
    masks = rng.integers(0, 2, size=(5, 2, 2)).astype(np.uint8)
    images = rng.normal(size=(5, 2, 2, 1)).astype(np.float32)
    score = make_validator(images, masks, index_of("aabbb", ["validation"] * 5, masks), LAYOUT, batch, loss).score(identity())
    assert score.loss == pytest.approx(float(LOSSES[loss](masks[..., None], images)), rel=1e-5)


def test_slices_without_a_mask_are_not_judged() -> None:
    """Patient a is found whole on the one slice that has a mask; everything on the other would be a false alarm."""
    masks = np.array([[[1, 0], [0, 0]], [[0, 0], [0, 0]]], np.uint8)
    images = np.where(np.array([masks[0], 1 - masks[1]]), 5.0, -5.0)[..., None].astype(np.float32)
    index = index_of("aa", ["validation"] * 2, masks).assign(labelled=[True, False])
    assert make_validator(images, masks, index, LAYOUT, batch=2).score(identity()).dice == 1


def test_validation_without_tumour_is_refused_in_one_sentence() -> None:
    masks = np.array([[[1, 0], [0, 0]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]], np.uint8)
    index = index_of("abb", ["train", "validation", "validation"], masks)
    with pytest.raises(UserError, match="None of the 1 validation patients with masks has a tumour"):
        make_validator(np.zeros((3, 2, 2, 1)), masks, index, LAYOUT, batch=2)


def test_the_estimate_covers_all_batches_and_not_the_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five slices are three batches of two, at 2 s each."""
    masks, model = np.ones((5, 2, 2), np.uint8), Slow()
    monkeypatch.setattr("time.perf_counter", lambda: model.seconds)
    validator = make_validator(np.zeros((5, 2, 2, 1)), masks, index_of("aaabb", ["validation"] * 5, masks), LAYOUT, batch=2)
    assert validator.estimate_seconds(model) == 6
    assert set(model.sizes) == {2}, "another size would be compiled for itself"
