"""What a result follows from, as a short text that changes whenever the result might."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import PIL

import tumourflow


def take_fingerprint(inputs: Sequence[object]) -> str:
    """Compute a hash of some inputs, of the code of this package and of the libraries by which it reads and draws images.

    Those by which networks compute are not among them: images need not be looked at again when one of these is upgraded.

    Args:
        inputs: Tables, and values whose `repr` tells them apart.

    Returns:
        32 hexadecimal digits.

    Example:
        >>> table = pd.DataFrame({"a": [1, 2]})
        >>> take_fingerprint([table, 0.98]) == take_fingerprint([table.copy(), 0.98])
        True
        >>> take_fingerprint([table, 0.98]) == take_fingerprint([table, 0.99])
        False
    """
    digest = hashlib.sha256(_describe_code())
    for value in inputs:
        digest.update(_describe_table(value) if isinstance(value, pd.DataFrame) else repr(value).encode(errors="surrogateescape"))
        digest.update(b"\0")
    return digest.hexdigest()[:32]


def _describe_table(table: pd.DataFrame) -> bytes:
    columns = repr([(str(name), str(dtype)) for name, dtype in table.dtypes.items()])
    return columns.encode() + pd.util.hash_pandas_object(table).to_numpy().tobytes()


@cache
def _describe_code() -> bytes:
    # The sources themselves, as a number that somebody has to raise would one day not be raised.
    home = Path(tumourflow.__file__).parent
    sources = b"\0".join(path.read_bytes() for path in sorted(home.rglob("*.py")))
    libraries = [cv2.__version__, np.__version__, pd.__version__, PIL.__version__, version("matplotlib")]
    return hashlib.sha256(repr(libraries).encode() + sources).digest()
