import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tumourflow.errors import UserError
from tumourflow.networks.weights.torch_file import HEADER, read_torch_file

STORED = Path(__file__).parents[1] / "data" / "tensors.pth"
"""Written by PyTorch: `benchmarks/reference_activations.py`."""


class Caller:
    """A pickle that calls a function when it is read."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


def write(path: Path, *pickles: object) -> Path:
    path.write_bytes(HEADER + b"".join(pickle.dumps(part, protocol=2) for part in (1001, {"little_endian": True}, *pickles)))
    return path


def test_tensors_come_as_pytorch_had_them() -> None:
    """24 numbers 0 to 23 as (2, 3, 4) with the axes turned to (4, 2, 3); four of them; one alone."""
    tensors = read_torch_file(STORED)
    assert list(tensors) == ["turned", "part", "count"]
    np.testing.assert_array_equal(tensors["turned"], np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1))
    np.testing.assert_array_equal(tensors["part"], [5, 6, 7, 8])
    assert tensors["count"] == 7
    assert [tensor.dtype for tensor in tensors.values()] == [np.float32, np.float32, np.int64]


def test_tensors_of_one_storage_do_not_change_one_another() -> None:
    tensors = read_torch_file(STORED)
    tensors["part"][:] = -1
    assert tensors["turned"].min() == 0


def test_nothing_in_a_file_is_called(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.touch()
    with pytest.raises(UserError, match=r"hostile.pth is no file of tensors .*: it names posix.remove"):
        read_torch_file(write(tmp_path / "hostile.pth", Caller(os.remove, str(victim))))
    assert victim.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "begins otherwise"), (b"PK\x03\x04" + bytes(99), "begins otherwise"), (HEADER, ""), (STORED.read_bytes()[:-1], "not there")],
)
def test_what_is_no_whole_file_of_tensors_is_refused_in_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "foreign.pth").write_bytes(content)
    with pytest.raises(UserError, match=rf"foreign.pth is no file of tensors as PyTorch wrote them .*{reason}") as caught:
        read_torch_file(tmp_path / "foreign.pth")
    assert "\n" not in str(caught.value)


def test_a_file_of_other_objects_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it holds more than tensors"):
        read_torch_file(write(tmp_path / "other.pth", {"epoch": 3}))


def test_a_number_that_would_take_gigabytes_is_refused_first(tmp_path: Path) -> None:
    """`q`, followed by a byte, remembers an object; `r` does so by four bytes, and Python makes room for so many objects."""
    content = STORED.read_bytes()
    place = content.index(b"q", content.index(b"torch._utils"))
    (tmp_path / "damaged.pth").write_bytes(content[:place] + b"r" + content[place + 1 :])
    with pytest.raises(UserError, match=r"it remembers an object by the number \d{6,}"):
        read_torch_file(tmp_path / "damaged.pth")


@given(place=st.integers(0, len(STORED.read_bytes()) - 1), value=st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_damage_ends_in_tensors_or_in_a_users_error(tmp_path: Path, place: int, value: int) -> None:
    content = bytearray(STORED.read_bytes())
    content[place] = value
    (tmp_path / "damaged.pth").write_bytes(content)
    try:
        tensors = read_torch_file(tmp_path / "damaged.pth")
    except UserError:
        return
    assert all(isinstance(tensor, np.ndarray) for tensor in tensors.values())
