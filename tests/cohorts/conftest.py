from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tumourflow.cohorts.case import Case

# They are a program of their own, and find one another by standing in one folder.
collect_ignore = ["fuzz.py", "mutations.py", "victims.py"]


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


@pytest.fixture(scope="session")
def busi(publish) -> Path:
    return publish("busi")


@pytest.fixture(scope="session")
def brain_yes_no(publish) -> Path:
    return publish("brain_yes_no")


@pytest.fixture
def write_mat(tmp_path) -> Callable[..., Path]:
    """Write `<name>` as MATLAB would: the struct `cjdata`, fields transposed; a field that is None is left out."""
    import h5py

    def write(name: str, pid: str = "100360", label: Any = 1, **fields) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = np.arange(12 * 10, dtype=np.int16).reshape(12, 10)
        mask = np.zeros((12, 10), np.uint8)
        mask[3:8, 2:6] = 1
        # Round the pixels' edges, counted from 1.
        border = np.array([[2.5, 3.5, 6.5, 3.5, 6.5, 8.5, 2.5, 8.5]])
        known = {
            "PID": np.array([[ord(letter)] for letter in pid], np.uint16),
            "label": np.array([[float(label)]]) if isinstance(label, int | float) else label,
            "image": image,
            "tumorMask": mask,
            "tumorBorder": border.T,
        }
        with h5py.File(path, "w", userblock_size=512) as file:
            struct = file.create_group("cjdata")
            for field, values in (known | fields).items():
                if isinstance(values, h5py.SoftLink | h5py.ExternalLink):
                    struct[field] = values
                elif values is not None:
                    transposed = values.T if field in {"image", "tumorMask", "tumorBorder"} else values
                    struct.create_dataset(field, data=transposed)
        return path

    return write


@pytest.fixture(scope="session")
def make_case() -> Callable[[int], Case]:
    """`make_case(number)` makes one of Anna's slices, whose image is that number."""

    def make(number: int) -> Case:
        image, mask = Path(f"anna/{number}.png"), Path(f"anna/{number}_mask.png")
        return Case(f"anna/{number}", "anna", "", number, "", image, (mask,), load_image=partial(int, number))

    return make


@pytest.fixture
def cases(make_case, monkeypatch) -> list[Case]:
    """Ten slices, which are packed a few together."""
    monkeypatch.setattr("tumourflow.cohorts.packing._CASES_AT_ONCE", 4)
    monkeypatch.setattr("tumourflow.cohorts.packing._NAMES_AT_ONCE", 2)
    monkeypatch.setattr("tumourflow.cohorts.packing._OPEN", 1)
    return [make_case(number) for number in range(10)]
