from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tumourflow.classical.active_contour import evolve_contour
from tumourflow.classical.field import Field


@pytest.fixture
def ragged() -> Field:
    """A bright disc in noise."""
    rows, columns = np.mgrid[:48, :48]
    image = 2.0 * ((rows - 24) ** 2 + (columns - 24) ** 2 < 100) + np.random.default_rng(0).normal(0, 0.8, (48, 48))
    return Field(image.astype(np.float32), np.ones((48, 48), bool))


def outline(mask: np.ndarray) -> int:
    return int((mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum())


def test_smoothing_shortens_the_outline_and_keeps_the_disc(ragged):
    rough, smooth = (evolve_contour(ragged, level=1, smoothness=smoothness) for smoothness in (0, 2))
    assert outline(smooth) < outline(rough) / 2
    assert smooth[20:29, 20:29].all()
    assert smooth.sum() == pytest.approx(np.pi * 100, rel=0.1)


def test_neither_earlier_calls_nor_other_threads_change_the_result(ragged):
    alone = evolve_contour(ragged, level=1, smoothness=1, steps=5)
    np.testing.assert_array_equal(evolve_contour(ragged, level=1, smoothness=1, steps=5), alone)
    with ThreadPoolExecutor(4) as pool:
        beside = list(pool.map(lambda _: evolve_contour(ragged, level=1, smoothness=1, steps=5), range(24)))
    assert all((mask == alone).all() for mask in beside)


def test_only_the_largest_component_is_the_start(ragged):
    specks = ragged.image.copy()
    specks[2:5, 2:5] = 9
    assert not evolve_contour(Field(specks, ragged.tissue), level=1, smoothness=1)[2:5, 2:5].any()
