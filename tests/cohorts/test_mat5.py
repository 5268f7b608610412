import io
import struct
import zlib

import numpy as np
import pytest
import scipy.io

from tumourflow.cohorts.hdf5 import UnreadableError
from tumourflow.cohorts.mat5 import read_numbers

FOLDS = np.array([1, 5, 2])


def write(packed: bool = False, **arrays: object) -> bytes:
    file = io.BytesIO()
    scipy.io.savemat(file, arrays, do_compression=packed)
    return file.getvalue()


def element(kind: int, data: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(order: str = "<", shape: tuple[int, ...] = (1, 3), kind: int = 9, values: np.ndarray = FOLDS) -> bytes:
    parts = [element(6, struct.pack(f"{order}II", 6, 0), order), element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)]
    parts += [element(1, b"cvind", order), element(kind, values.astype(f"{order}f8").tobytes(), order)]
    return element(14, b"".join(parts), order)


def head(order: str = "<") -> bytes:
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(f"{order}HH", 0x100, 0x4D49)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_numbers_of_every_type_are_read_as_they_were_saved(kind, packed):
    for count in (0, 1, 4, 5, 3064):
        numbers = np.random.default_rng(0).integers(1, 6, count).astype(kind)
        found = read_numbers(write(packed, other=np.eye(3), text="text", cvind=numbers), "cvind", 4000)
        assert (found.dtype, found.tolist()) == (np.float64, numbers.tolist())


@pytest.mark.parametrize("order", ["<", ">"])
def test_files_of_either_order_of_bytes_are_read(order):
    assert read_numbers(head(order) + matrix(order), "cvind", 3).tolist() == [1, 5, 2]


@pytest.mark.parametrize("packed", [False, True])
def test_any_damaged_byte_is_another_number_or_a_sentence(packed):
    """One of them, the type of the numbers, ended the process where SciPy read the file."""
    sound = write(packed, cvind=FOLDS.astype(np.float64))
    refused = 0
    for place in range(124, len(sound)):
        for value in (0, 1, 9, 14, 15, 99, 255):
            damaged = bytearray(sound)
            damaged[place] = value
            try:
                assert len(read_numbers(bytes(damaged), "cvind", 1000)) < 1000
            except UnreadableError:
                refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    ("content", "sentence", "finding"),
    [
        (b"MATLAB 5", "the head of the file is not what it was", "undecodable"),
        (head() + matrix()[:60], "ends beyond what it lies in", "undecodable"),
        (head() + element(9, b"12345678"), "an element of kind 9 stands where an array should", "undecodable"),
        (head() + element(15, b"12345678"), "damaged: Error -3", "undecodable"),
        (head() + matrix(kind=14), "`cvind` is no array of numbers", "undecodable"),
        (head() + matrix(shape=(1, 2)), "`cvind` has 24 bytes, not those of 1 x 2 values", "undecodable"),
        (head() + matrix(shape=(1,) * 40), "the head of the array `cvind`", "undecodable"),
        (head() + matrix(shape=(70_000, 70_000)), "`cvind` declares 70000 x 70000 values", "too_large"),
        (head() + element(15, zlib.compress(element(14, bytes(10**6)))), "ends beyond what it lies in", "undecodable"),
        (write(folds=FOLDS), "there is no array `cvind` in it", "undecodable"),
        (write(cvind="text"), "`cvind` is no array of numbers", "undecodable"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(content, sentence, finding):
    with pytest.raises(UnreadableError, match=sentence) as caught:
        read_numbers(content, "cvind", 1000)
    assert caught.value.finding == finding
