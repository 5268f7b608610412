import random
import tracemalloc
import zlib
from contextlib import suppress
from itertools import count
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from tumourflow.cohorts.cjdata import read_image
from tumourflow.cohorts.cjdata_header import read_header
from tumourflow.cohorts.hdf5 import UnreadableError, open_hdf5
from tumourflow.cohorts.hdf5_chunks import _list_starts, read_array
from tumourflow.cohorts.hdf5_fields import LARGEST, LONGEST, find_array, find_group
from tumourflow.cohorts.outline import note_outline, read_mask
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="figshare")


def read(path, name="image"):
    with open_hdf5(path) as file:
        return read_array(find_array(file, name))


@pytest.fixture
def write(tmp_path):
    def write(**arguments):
        path = tmp_path / "a.h5"
        with h5py.File(path, "w") as file:
            file.create_dataset("image", **arguments)
        return path

    return write


@pytest.mark.parametrize(
    "storage",
    [
        {},
        {"chunks": (32, 48)},
        {"chunks": (32, 48), "compression": "gzip"},
        {"chunks": (70, 33), "compression": "gzip", "shuffle": True},
    ],
)
@pytest.mark.parametrize("dtype", ["<i2", ">i2", "u1", "<f8", "?"])
def test_values_are_those_that_h5py_reads(write, storage, dtype):
    values = np.random.default_rng(0).integers(0, 2 if dtype == "?" else 99, (100, 70)).astype(dtype)
    path = write(data=values, **storage)
    assert (read(path) == values).all()
    assert read(path).dtype.isnative


def test_a_piece_that_was_never_written_is_zero(write):
    path = write(shape=(64, 64), chunks=(32, 32), dtype="i2")
    with h5py.File(path, "r+") as file:
        file["image"][40, 40] = 7
    assert read(path).sum() == read(path)[40, 40] == 7


def test_an_array_that_is_not_there_or_empty_is_none(write):
    path = write(data=np.array([0, 0], np.uint64))
    with h5py.File(path, "r+") as file:
        file["image"].attrs["MATLAB_empty"] = 1
    with open_hdf5(path) as file:
        assert find_array(file, "image") is None
        assert find_array(file, "other") is None


@pytest.mark.parametrize("shape", [(10**6, 10**6), (LARGEST // 2 + 1,), (1, LONGEST + 1)])
def test_terabytes_are_refused_before_they_are_read(write, shape):
    with pytest.raises(UnreadableError, match="declares") as refused:
        read(write(shape=shape, dtype="i2", chunks=tuple(min(side, 1024) for side in shape)))
    assert refused.value.finding == "too_large"


def test_a_piece_that_swells_is_refused_before_it_fills_the_memory(write):
    path = write(shape=(64, 64), chunks=(64, 64), dtype="i2", compression="gzip")
    packing = zlib.compressobj(9)
    bomb = b"".join([*(packing.compress(bytes(2**20)) for _ in range(15)), packing.flush()])
    with h5py.File(path, "r+") as file:
        file["image"].id.write_direct_chunk((0, 0), bomb)
    tracemalloc.start()
    with pytest.raises(UnreadableError, match="of another size once unpacked"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_other_compression_than_matlabs_is_refused(write):
    with pytest.raises(UnreadableError, match="compressed in a way"):
        read(write(data=np.zeros((64, 64)), compression="lzf"))


class Listed:
    """Stands for an array of 4 x 4 bytes in pieces of 2 x 2, whose file lists what it likes."""

    def __init__(self, pieces):
        self.pieces, self.told = pieces, 0

    def chunk_iter(self, take):
        for start, size in self.pieces:
            self.told += 1
            if take(SimpleNamespace(chunk_offset=start, size=size)) is not None:
                return


@pytest.mark.parametrize(
    ("pieces", "sentence"),
    [
        ([((0, 0), 4), ((1, 0), 4)], "lies where the array has none"),
        ([((0, 4), 4)], "lies where the array has none"),
        ([((0, 0), 4), ((2, 2), 2000)], "a piece of 4 bytes takes 2000"),
    ],
)
def test_pieces_that_the_array_does_not_have_are_refused(pieces, sentence):
    with pytest.raises(UnreadableError, match=sentence):
        _list_starts(Listed(pieces), (4, 4), (2, 2), 4)


def test_a_list_of_pieces_without_end_is_left_after_a_few():
    endless = Listed(((0, number), 4) for number in count())
    with pytest.raises(UnreadableError, match="lies where the array has none"):
        _list_starts(endless, (4, 4), (2, 2), 4)
    assert endless.told == 5


def test_pieces_come_in_order_and_some_may_be_missing():
    assert _list_starts(Listed([((2, 2), 4), ((0, 2), 4)]), (4, 4), (2, 2), 4) == [(0, 2), (2, 2)]


def test_pieces_without_number_are_refused(write):
    with pytest.raises(UnreadableError, match="pieces"):
        read(write(shape=(2**13, 2**13), dtype="u1", chunks=(1, 1)))


@pytest.mark.parametrize("link", [h5py.ExternalLink("/etc/passwd", "/image"), h5py.SoftLink("/b"), h5py.SoftLink("/image")])
def test_links_are_not_followed(tmp_path, link):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["image"] = link
        file["b"] = h5py.SoftLink("/image")
    with pytest.raises(UnreadableError, match="is a link, which is not followed"):
        read(path)


def test_groups_in_a_circle_end(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("cjdata")
        group["image"] = group
    with open_hdf5(path) as file, pytest.raises(UnreadableError, match="no array"):
        find_array(find_group(file, "cjdata"), "image")


def test_values_in_another_file_are_not_read(tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(range(64)))
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("image", shape=(8, 8), dtype="u1", external=[(str(tmp_path / "secret.bin"), 0, 64)])
    with pytest.raises(UnreadableError, match="in a way that MATLAB does not"):
        read(path)


def test_an_array_made_of_other_files_is_not_read(tmp_path):
    layout = h5py.VirtualLayout(shape=(4,), dtype="u1")
    layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "image", shape=(4,))
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("image", layout)
    with pytest.raises(UnreadableError, match="in a way that MATLAB does not"):
        read(path)


@pytest.mark.parametrize(
    ("content", "finding", "told"),
    [(b"", "empty", "empty"), (b"\x89PNG", "undecodable", "no HDF5"), (b"MATLAB 5.0 MAT-file", "undecodable", "older")],
)
def test_what_is_no_hdf5_file_is_told_apart(tmp_path, content, finding, told):
    (tmp_path / "1.mat").write_bytes(content)
    with pytest.raises(UnreadableError, match=told) as refused, open_hdf5(tmp_path / "1.mat"):
        pass
    assert refused.value.finding == finding


def test_a_file_larger_than_any_is_refused_before_it_is_opened(write, monkeypatch):
    path = write(data=np.zeros((64, 64)))
    monkeypatch.setattr("tumourflow.cohorts.hdf5._LARGEST", path.stat().st_size)
    assert not read(path).any()
    monkeypatch.setattr("tumourflow.cohorts.hdf5._LARGEST", path.stat().st_size - 1)
    with pytest.raises(UnreadableError, match="more than the") as refused:
        read(path)
    assert refused.value.finding == "too_large"


def test_a_truncated_file_is_damaged(write_mat):
    path = write_mat("1.mat")
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(UnreadableError, match=r"damaged: .*truncated"):
        read_header(path)


def read_mutants(path, count: int, seed: int) -> None:
    whole = path.read_bytes()
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        content = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 8, 32])):
            place = chance.randrange(512, len(content))
            content[place] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256), content[place] ^ 1 << chance.randrange(8)])
        path.write_bytes(content[: chance.randrange(len(content))] if chance.random() < 0.1 else content)
        for function in (read_header, lambda file: read_image(file, OPTIONS), read_mask, note_outline):
            with suppress(UnreadableError):
                function(path)


@pytest.fixture(params=[{}, {"compression": "gzip"}, {"compression": "gzip", "chunks": (8, 16)}], ids=["plain", "packed", "pieces"])
def whole(request, write_mat):
    path = write_mat("1.mat", image=None)
    with h5py.File(path, "r+") as file:
        file["cjdata"].create_dataset("image", data=np.arange(1024, dtype=np.int16).reshape(32, 32), **request.param)
    return path


def test_mutated_files_end_in_a_sentence(whole):
    read_mutants(whole, 150, seed=1)


@pytest.mark.slow
def test_ten_thousand_mutated_files_end_in_a_sentence(whole):
    read_mutants(whole, 5000, seed=2)
