import numpy as np
import pandas as pd
import pytest

from tumourflow.curation.sample import PATIENTS, SLICES, choose_sample, look_at
from tumourflow.imaging.preparation import Preparation


class Images:
    """Tissue of 40 x 40 pixels and grey value 90 to 109, with a tumour of 4 x 4 pixels, in an image of 100 x 80."""

    def __init__(self, tumour: int) -> None:
        self.tumour = tumour

    def read(self, key: str) -> np.ndarray:
        image = np.zeros((100, 80, 1), np.uint8)
        image[20:60, 20:60, 0] = 90 + np.arange(1600).reshape(40, 40) % 20
        image[30:34, 30:34] = self.tumour
        return image

    def read_mask(self, key: str) -> np.ndarray:
        mask = np.zeros((100, 80), bool)
        mask[30:34, 30:34] = True
        return mask


def recipe(unit: str = "patient") -> Preparation:
    return Preparation(size=32, crop="foreground", normalisation="zscore", context=0, lead_channel=0, channels=1, unit=unit)


def sample(mask: str = "m") -> list[pd.DataFrame]:
    return choose_sample(pd.DataFrame({"patient": ["a", "a"], "slice": [1, 2], "image": ["i", "i"], "mask": [mask, mask]}))


@pytest.mark.parametrize("unit", ["patient", "slice"])
def test_the_side_of_what_is_cut_out_is_told_in_pixels_and_of_the_longer_side(unit: str) -> None:
    seen = look_at(Images(100), sample(), recipe(unit))
    # The tissue and 4 pixels on each side.
    assert seen["view_side"] == {"low": 48, "median": 48, "high": 48}
    assert seen["view_of_side"] == 0.48


def test_tumours_beyond_the_window_of_a_normalisation_are_counted() -> None:
    assert look_at(Images(100), sample(), recipe())["tumour_clipped"] == {"zscore": 0, "percentile": 0}
    # One pixel in 100 at 255 makes the standard deviation 16 or so, but is itself the 99.5th percentile.
    assert look_at(Images(255), sample(), recipe())["tumour_clipped"] == {"zscore": 1, "percentile": 0}


def test_without_masks_nothing_is_clipped() -> None:
    assert look_at(Images(255), sample(mask=""), recipe())["tumour_clipped"] == {"zscore": 0, "percentile": 0}


def test_a_sample_is_bounded_and_reaches_from_the_first_to_the_last() -> None:
    rows = [(patient, number) for patient in range(100) for number in range(50)]
    chosen = choose_sample(pd.DataFrame(rows, columns=["patient", "slice"])[::-1])
    assert (len(chosen), {len(rows) for rows in chosen}) == (PATIENTS, {SLICES})
    assert (chosen[0]["patient"].iloc[0], chosen[-1]["patient"].iloc[0]) == (0, 99)
    assert (chosen[0]["slice"].iloc[0], chosen[0]["slice"].iloc[-1]) == (0, 49)
