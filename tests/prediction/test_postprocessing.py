import json

import numpy as np
import pytest

from tumourflow.prediction.postprocessing import PostProcessing


def test_survives_json() -> None:
    chosen = PostProcessing(0.4, 0.1, 50, fill_holes=True, crf=True)
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


def test_a_bundle_that_knows_neither_holes_nor_field_is_read_as_it_was_meant() -> None:
    old = PostProcessing.from_dict({"threshold": 0.4, "components": 0.1, "minimum_area": 50})
    assert old == PostProcessing(0.4, 0.1, 50, fill_holes=False, crf=False)


def ring(rim: float, centre: float) -> np.ndarray:
    probability = np.full((5, 5), rim, np.float32)
    probability[2, 2] = centre
    return np.pad(probability, 2)


def test_holes_are_filled_where_it_is_wanted() -> None:
    kept, filled = (PostProcessing(0.5, 0, 0, fill_holes=fill).apply([ring(0.9, 0.1)], [1])[0] for fill in (False, True))
    assert (kept.sum(), filled.sum()) == (24, 25)


def test_a_component_is_measured_with_its_holes_filled() -> None:
    assert PostProcessing(0.5, 0, 25, fill_holes=True).apply([ring(0.9, 0.1)], [1])[0].sum() == 25
    assert PostProcessing(0.5, 0, 25).apply([ring(0.9, 0.1)], [1])[0].sum() == 0


def test_the_field_comes_before_the_threshold() -> None:
    """The centre looks like the rim, so the field lifts it over the threshold."""
    probability = np.pad(ring(0.9, 0.4), 20)
    picture = (probability > 0).astype(np.float32)
    assert PostProcessing(0.5, 0, 0, crf=True).apply([probability], [1], [picture])[0].sum() == 25
    assert PostProcessing(0.5, 0, 0).apply([probability], [1], [picture])[0].sum() == 24


def test_the_field_without_pictures_is_refused() -> None:
    with pytest.raises(ValueError, match="`pictures` must have one for each slice"):
        PostProcessing(crf=True).apply([ring(0.9, 0.4)], [1])
