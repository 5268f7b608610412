import resource
import signal

import numpy as np
import pytest

from tumourflow.curation.row_file import RowFile
from tumourflow.errors import UserError


@pytest.fixture
def table():
    with RowFile(3, np.int16) as table:
        yield table


def test_rows_come_back_in_the_order_that_they_were_asked_for(table):
    rows = np.arange(300, dtype=np.int16).reshape(100, 3)
    table.append(rows[:40])
    table.append(rows[40:].astype(np.int64))
    assert (table.shape, len(table), table.dtype) == ((100, 3), 100, np.int16)
    for asked in ([0], [99, 0], [5, 6, 7, 50, 51, 3, 3], list(range(100)), []):
        found = table[np.array(asked, np.int64)]
        assert found.dtype == np.int16
        np.testing.assert_array_equal(found, rows[asked])


def test_rows_may_be_added_after_some_were_read(table):
    table.append(np.zeros((2, 3)))
    table[np.array([0])]
    table.append(np.ones((1, 3)))
    np.testing.assert_array_equal(table[np.arange(3)], [[0, 0, 0], [0, 0, 0], [1, 1, 1]])


def test_an_empty_table_has_no_rows(table):
    table.append(np.empty((0, 3)))
    assert table[np.empty(0, np.int64)].shape == (0, 3)
    assert not len(table)


def test_a_disk_without_room_is_named(table):
    """A limit on the size of files stands for a disk that is full in the middle of a block."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        with pytest.raises(UserError, match="TMPDIR"):
            table.append(np.ones((1000, 3)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, former)
    assert not len(table)


def test_rows_that_are_not_there_are_no_rubbish(table):
    table.append(np.ones((2, 3)))
    with pytest.raises(IndexError, match="Rows 1 to 5"):
        table[np.arange(1, 6)]
