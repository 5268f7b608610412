import numpy as np
import pandas as pd
import pytest

from tumourflow.imaging.preparation import Preparation

SIZE, HEIGHT, WIDTH = 16, 20, 24
BOX = (2, 4, 16)


@pytest.fixture
def preparation() -> Preparation:
    return Preparation(size=SIZE, crop="foreground", normalisation="zscore", context=1, lead_channel=1, channels=3)


@pytest.fixture
def index() -> pd.DataFrame:
    """Four patients of three slices; the box is as large as the network's input, so that nothing is resampled."""
    rows = []
    for patient, split in zip("abcd", ["train", "validation", "validation", "validation"], strict=True):
        for number in (1, 2, 3):
            rows.append((f"{patient}/{number}", patient, number, split, True, *BOX, HEIGHT, WIDTH))
    columns = ["case_id", "patient", "slice", "split", "tumour", "top", "left", "side", "height", "width"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def probability() -> np.ndarray:
    """Tumour of 5 x 5 pixels with probability .9 in the first two slices, and a speck of one pixel with .55 in the third."""
    patient = np.zeros((3, SIZE, SIZE), np.float16)
    patient[:2, 4:9, 4:9] = 0.9
    patient[2, 14, 14] = 0.55
    return np.tile(patient, (4, 1, 1))
