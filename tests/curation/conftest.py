from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.imaging.read import read_pixels


@pytest.fixture
def make_cases() -> Callable[..., pd.DataFrame]:
    """Make a table of cases out of `{patient: tumour pixels of each slice}`."""

    def make(loads: dict[str, list[int]], sites: dict[str, str] | None = None) -> pd.DataFrame:
        rows = [
            {
                "case_id": f"{patient}/{place}",
                "patient": patient,
                "site": (sites or {}).get(patient, ""),
                "slice": place,
                "label": "",
                "image": f"{patient}-{place}",
                "mask": "m",
                "height": 8,
                "width": 8,
                "channels": 1,
                "tumour_pixels": load,
                "blank": False,
                "family": patient,
                "group": patient,
                "official_fold": -1,
            }
            for patient, slices in loads.items()
            for place, load in enumerate(slices, start=1)
        ]
        return pd.DataFrame(rows)

    return make


@pytest.fixture
def write_case(tmp_path: Path) -> Callable[..., Case]:
    """Write an image and a mask as PNG and make the case that reads them."""

    def write(name: str, image: np.ndarray | bytes, mask: np.ndarray | bytes, patient: str = "") -> Case:
        patient = patient or name
        files = [Path(f"{name}.png"), Path(f"{name}_mask.png")]
        for file, content in zip(files, (image, mask), strict=True):
            if isinstance(content, bytes):
                (tmp_path / file).write_bytes(content)
            else:
                Image.fromarray(content).save(tmp_path / file)
        return Case(
            case_id=f"{patient}/{name}",
            patient=patient,
            site="",
            slice=0,
            label="",
            image=files[0],
            masks=(files[1],),
            load_image=lambda: read_pixels(tmp_path / files[0]),
            load_mask=lambda: read_pixels(tmp_path / files[1]),
        )

    return write


@pytest.fixture
def make_index(tmp_path: Path) -> Callable[..., CohortIndex]:
    """Make the index of the cases written into the test's folder."""

    def make(*cases: Case, **rest: tuple[Path, ...]) -> CohortIndex:
        return CohortIndex(tmp_path, cases, **rest)

    return make


@pytest.fixture
def square() -> np.ndarray:
    """An 8 x 8 mask with a tumour of 2 x 3 pixels."""
    mask = np.zeros((8, 8), np.uint8)
    mask[2:4, 3:6] = 255
    return mask


@pytest.fixture
def tissue() -> np.ndarray:
    """An 8 x 8 image whose values are 0 to 189 by threes."""
    return np.arange(0, 192, 3, dtype=np.uint8).reshape(8, 8)


@pytest.fixture
def union() -> pd.DataFrame:
    """A union of two cohorts: two patients of a with 5 slices and 1, three of b with one each; the last of b is blank."""
    rows = [("a", "p", n, "brain") for n in range(5)] + [("a", "q", 0, "brain")] + [("b", name, 0, "breast") for name in "xyz"]
    table = pd.DataFrame(
        [(f"{cohort}/{patient}/{n}", f"{cohort}/{patient}", cohort, label) for cohort, patient, n, label in rows],
        columns=["case_id", "patient", "site", "label"],
    )
    return table.assign(group=table["patient"], blank=table["patient"] == "b/z")
