import json

import numpy as np
import pytest

from tumourflow.prediction.postprocessing import PostProcessing


def test_survives_json() -> None:
    chosen = PostProcessing(0.4, 0.1, 50)
    assert PostProcessing.from_dict(json.loads(json.dumps(chosen.to_dict()))) == chosen


@pytest.mark.parametrize("values", [(0.0, 0, 0), (1.0, 0, 0), (0.5, 1.1, 0), (0.5, -0.1, 0), (0.5, 0, -1)])
def test_impossible_values_are_refused(values) -> None:
    with pytest.raises(ValueError, match="Received"):
        PostProcessing(*values)


def test_a_pixel_at_the_threshold_is_tumour() -> None:
    masks = PostProcessing(0.5, 0, 0).apply([np.array([[0.5, 0.49]], np.float32)], [1])
    assert masks[0].tolist() == [[True, False]]


def test_a_speck_beside_a_tumour_goes() -> None:
    probability = np.zeros((3, 20), np.float32)
    probability[:, :4] = 0.9
    probability[1, 15] = 0.9
    assert PostProcessing().apply([probability], [1])[0].sum() == 12
