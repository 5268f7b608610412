import numpy as np
import pandas as pd

from tumourflow.imaging.model_input import prepare_volume
from tumourflow.imaging.preparation import Preparation
from tumourflow.training.state import fingerprint_index

PREPARATION = Preparation(size=16, crop="foreground", normalisation="zscore", context=1, lead_channel=1, channels=3)
CASES = pd.DataFrame({"case_id": ["p/1", "p/2"], "patient": "p", "slice": [1, 2], "split": "train"}, index=[7, 9])
ROWS, COLUMNS = np.indices((48, 40))
MASK = (ROWS - 20) ** 2 + (COLUMNS - 22) ** 2 < 30


def ellipse(number: int) -> np.ndarray:
    inside = (ROWS - 22) ** 2 * 4 + (COLUMNS - 19) ** 2 * 9 < 1100
    tissue = [60 + (ROWS * 7 + COLUMNS * 3 * channel + number * 11) % 90 for channel in (1, 2, 3)]
    return np.asarray(inside[..., None] * np.stack(tissue, axis=-1), np.uint8)


def test_defaults_compute_what_they_always_have():
    """Values of version 0.1: networks in use were trained on them."""
    chunk = prepare_volume([ellipse(0), ellipse(1) // 3], [MASK, None], CASES, PREPARATION)
    images = chunk.arrays["images"].astype(float)

    assert chunk.index[["top", "left", "side", "height", "width"]].to_numpy().tolist() == [[2, -1, 41, 48, 40]] * 2
    first = [[-1.7197, 1.5176, 0.521, -1.7197], [-1.5195, 0.6963, 1.1191, -1.5]]
    np.testing.assert_allclose(images[0, 3:9:3, 3:13:3, 1], first, atol=2e-3)
    second = [[-1.7373, -0.9009, -1.0703, -1.7373], [-1.6562, -1.0195, -0.6895, -1.6562]]
    np.testing.assert_allclose(images[1, 3:9:3, 3:13:3, 2], second, atol=2e-3)
    np.testing.assert_allclose(images.sum(axis=(1, 2)), [[-220.27, -214.96, -217.93], [-372.7, -366.46, -369.39]], atol=0.1)
    drawn = ["".join(map(str, row)) for row in chunk.arrays["masks"][0, 5:9, 6:13].tolist()]
    assert drawn == ["0011000", "0111100", "0111100", "0011100"]
    assert chunk.arrays["masks"].sum() == 13


def test_prepared_volume_has_the_columns_that_prediction_needs():
    chunk = prepare_volume([ellipse(0), ellipse(1)], [MASK, None], CASES, PREPARATION)

    assert chunk.arrays["images"].shape == (2, 16, 16, 3)
    assert chunk.arrays["images"].dtype == np.float16
    assert chunk.arrays["masks"].dtype == np.uint8
    assert set(np.unique(chunk.arrays["masks"])) == {0, 1}
    assert chunk.index["tumour"].tolist() == [True, False]
    assert chunk.index["labelled"].tolist() == [True, False]
    assert chunk.index["case_id"].tolist() == ["p/1", "p/2"]
    assert list(chunk.index.columns) == [
        "case_id",
        "patient",
        "slice",
        "split",
        "tumour",
        "labelled",
        "top",
        "left",
        "side",
        "height",
        "width",
        "content",
    ]


def test_a_mended_mask_or_image_is_another_content():
    """Names, places and sides are the same; what a training knows its data by must not be."""
    smaller = (ROWS - 20) ** 2 + (COLUMNS - 22) ** 2 < 14
    drawn, mended, darker = (
        prepare_volume([image, ellipse(1)], [mask, None], CASES, PREPARATION).index
        for image, mask in [(ellipse(0), MASK), (ellipse(0), smaller), (ellipse(0) // 3, MASK)]
    )

    for other in (mended, darker):
        assert drawn.drop(columns="content").equals(other.drop(columns="content"))
        assert fingerprint_index(drawn) != fingerprint_index(other)
    assert (drawn["content"] != mended["content"]).tolist() == [True, False]


def test_edges_are_stored_with_the_channels():
    preparation = Preparation(16, "foreground", "zscore", 1, 1, 3, edges="sobel")

    chunk = prepare_volume([ellipse(0), ellipse(1)], [None, None], CASES, preparation)

    assert chunk.arrays["images"].shape == (2, 16, 16, preparation.layout.channels)
