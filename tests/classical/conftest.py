import numpy as np
import pytest

from tumourflow.classical.field import Field

SIDE = 64


def disc(row: float, column: float, radius: float, side: int = SIDE) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


HEAD = disc(31.5, 31.5, 28)
TUMOUR = disc(24, 44, 6)


@pytest.fixture
def head() -> np.ndarray:
    """Grey values of a round head with a tumour twice as bright: air 0, tissue 100, tumour 200, with a little grain."""
    grain = np.random.default_rng(0).normal(0, 3, (SIDE, SIDE))
    return np.where(HEAD, 100 + 100 * TUMOUR + grain, 0).astype(np.float32)


@pytest.fixture
def tumour() -> np.ndarray:
    return TUMOUR.copy()


@pytest.fixture
def field(head) -> Field:
    """The same, in standard deviations of its tissue."""
    values = head[HEAD]
    return Field(np.where(HEAD, (head - values.mean()) / values.std(), 0).astype(np.float32), HEAD.copy())
