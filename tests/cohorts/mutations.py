"""Ways to damage a file."""

import struct
import zlib
from collections.abc import Callable

import numpy as np

Mutator = Callable[[np.random.Generator, bytearray], bytearray]


def flip_bits(rng: np.random.Generator, data: bytearray) -> bytearray:
    for place in rng.integers(0, len(data), rng.integers(1, 9)):
        data[place] ^= 1 << int(rng.integers(8))
    return data


def truncate(rng: np.random.Generator, data: bytearray) -> bytearray:
    return data[: int(rng.integers(0, len(data)))]


def splice(rng: np.random.Generator, data: bytearray) -> bytearray:
    start, end = sorted(int(place) for place in rng.integers(0, len(data) + 1, 2))
    place = int(rng.integers(0, len(data) + 1))
    return data[:place] + data[start:end] + data[place + (end - start if rng.random() < 0.5 else 0) :]


def edit_header(rng: np.random.Generator, data: bytearray) -> bytearray:
    width = int(rng.choice([1, 2, 4, 8]))
    values = [0, 1, 2 ** (8 * width - 1) - 1, 2 ** (8 * width - 1), 2 ** (8 * width) - 1, int(rng.integers(0, 256))]
    reach = int(rng.choice([64, 400, len(data)]))
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(0, max(min(reach, len(data)) - width, 1)))
        data[place : place + width] = int(rng.choice(np.array(values, object))).to_bytes(width, str(rng.choice(["little", "big"])))
    return data


def blank(rng: np.random.Generator, data: bytearray) -> bytearray:
    start, end = sorted(int(place) for place in rng.integers(0, len(data) + 1, 2))
    data[start:end] = bytes([int(rng.choice([0, 255]))]) * (end - start)
    return data


MUTATORS: tuple[Mutator, ...] = (flip_bits, truncate, splice, edit_header, edit_header, blank)


def mend_png(data: bytes) -> bytes:
    """Make the sums of a PNG's chunks right again, so that a decoder looks at what they hold."""
    mended, place = bytearray(data), 8
    while place + 12 <= len(mended):
        (length,) = struct.unpack_from(">I", mended, place)
        if place + 12 + length > len(mended):
            break
        struct.pack_into(">I", mended, place + 8 + length, zlib.crc32(mended[place + 4 : place + 8 + length]))
        place += 12 + length
    return bytes(mended)


def choose(rng: np.random.Generator, contents: list[bytes]) -> bytes:
    return contents[int(rng.integers(len(contents)))]


def mutate(rng: np.random.Generator, data: bytes, suffix: str) -> bytes:
    mutated = bytearray(data)
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        if mutated:
            mutated = MUTATORS[rng.integers(len(MUTATORS))](rng, mutated)
    return mend_png(bytes(mutated)) if suffix == "png" and rng.random() < 0.7 else bytes(mutated)
