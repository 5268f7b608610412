from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def make_files(tmp_path) -> Callable[..., Path]:
    """Write a tiny image under each name; its grey value is its place in the list."""

    def make(*names: str) -> Path:
        for number, name in enumerate(names):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix.lower() in {".tif", ".png", ".jpg", ".bmp"}:
                Image.fromarray(np.full((2, 2), number, np.uint8)).save(path)
            else:
                path.write_text(name)
        return tmp_path

    return make
