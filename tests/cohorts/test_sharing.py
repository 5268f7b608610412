from concurrent.futures import ThreadPoolExecutor

import pytest

from tumourflow.cohorts import cjdata
from tumourflow.cohorts.figshare import read_figshare
from tumourflow.cohorts.sharing import read_shared, share_reading
from tumourflow.options import IngestionOptions


@pytest.fixture
def reads():
    return []


@pytest.fixture
def read(reads):
    def read(name):
        reads.append(name)
        return [name]

    return read


def test_nothing_is_kept_outside_the_block(read, reads):
    read_shared(read, "a")
    with share_reading():
        read_shared(read, "a")
    read_shared(read, "a")
    assert reads == ["a"] * 3


def test_inside_the_block_each_argument_is_read_once(read, reads):
    with share_reading():
        for name in "abab":
            assert read_shared(read, name) == [name]
    assert reads == ["a", "b"]


def test_what_failed_is_asked_again(reads):
    def fail(name):
        reads.append(name)
        raise OSError(name)

    with share_reading():
        for _ in range(2):
            with pytest.raises(OSError, match="a"):
                read_shared(fail, "a")
    assert reads == ["a", "a"]


def test_a_block_that_fails_leaves_nothing_behind(read, reads):
    def fail():
        with share_reading():
            read_shared(read, "a")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    read_shared(read, "a")
    assert reads == ["a", "a"]


def test_threads_share_nothing(read, reads):
    def twice(_):
        with share_reading():
            return read_shared(read, "a") is read_shared(read, "a")

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(twice, range(8)))
    assert len(reads) == 8


def test_image_mask_and_border_of_a_file_are_read_in_one_opening(write_mat, tmp_path, monkeypatch):
    write_mat("1.mat")
    (case,) = read_figshare(tmp_path, IngestionOptions(reader="figshare")).cases
    opened, really = [], cjdata.open_hdf5
    monkeypatch.setattr(cjdata, "open_hdf5", lambda path: opened.append(path) or really(path))
    with share_reading():
        case.load_image(), case.load_mask(), case.load_notes()
    assert opened == [tmp_path / "1.mat"]
