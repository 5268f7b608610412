import numpy as np

from tumourflow.measures import resampling
from tumourflow.measures.resampling import draw_patients, draw_weights


def test_weights_in_parts_are_all_of_the_resamples() -> None:
    whole, parts = (np.concatenate([*draw_weights(3, most)]) for most in (2000, 300))
    assert whole.shape == (2000, 3)
    assert (whole.sum(axis=1) == 3).all()
    np.testing.assert_array_equal(parts, whole)


def test_large_cohorts_are_resampled_in_parts(monkeypatch) -> None:
    monkeypatch.setattr(resampling, "_INDICES_AT_ONCE", 700)
    shapes = [draw.shape for draw in draw_patients(100)]
    assert shapes[0] == (7, 100)
    assert sum(rows for rows, _ in shapes) == resampling.RESAMPLES
    assert next(draw_patients(701)).shape == (1, 701), "one resample may be larger than a part"
