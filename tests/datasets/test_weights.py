from pathlib import Path

import pytest

from tumourflow.datasets import record_weights
from tumourflow.errors import UserError


@pytest.mark.parametrize("weights", ["none", "imagenet"])
def test_what_is_the_same_everywhere_is_recorded_as_it_is_called(weights: str) -> None:
    assert record_weights(weights, weights) == weights


def test_a_file_is_recorded_with_its_content(tmp_path: Path) -> None:
    file = tmp_path / "version/segmenter.keras"
    file.parent.mkdir()
    file.write_bytes(b"abc")  # the first example of the standard, FIPS 180-4
    assert record_weights("models:/a@champion", str(file)) == "models:/a@champion (SHA-256 ba7816bf8f01cfea)"
    assert record_weights(str(file.parent), str(file.parent)) == f"{file.parent} (SHA-256 ba7816bf8f01cfea)"
    file.write_bytes(b"abd")
    assert "ba7816bf8f01cfea" not in record_weights(str(file.parent), str(file.parent))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"`training\.weights` is .*nowhere"):
        record_weights(str(tmp_path / "nowhere"), str(tmp_path / "nowhere"))
