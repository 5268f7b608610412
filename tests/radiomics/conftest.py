import numpy as np
import pytest

_ = 0  # outside the region

PHANTOM = [
    [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
    [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [_, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
    [[1, 4, 4, _, _], [1, 1, 1, 1, 1], [1, 1, _, 1, 1], [1, 1, 6, 1, 1]],
    [[1, 4, 4, _, _], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
]


@pytest.fixture
def phantom() -> np.ndarray:
    """The digital phantom of the Image Biomarker Standardisation Initiative, slice by slice: six grey levels, 0 outside the region."""
    return np.array(PHANTOM, np.uint8)
