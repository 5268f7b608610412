from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tumourflow.cohorts.shown import DEFAULT_WINDOW
from tumourflow.inference.gather import gather_volumes
from tumourflow.inference.models import ModelAtHand
from tumourflow.inference.place import open_input
from tumourflow.inference.reading import Reading, read_volumes


@pytest.fixture
def write_images(tmp_path) -> Callable[..., Path]:
    """Write an image under each name, of three different channels unless `grey`; texts under other names."""

    def write(*names: str, grey: bool = False, size: int = 16) -> Path:
        rng = np.random.default_rng(len(names))
        for name in names:
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix in {".tif", ".png", ".jpg"}:
                pixels = rng.integers(0, 256, (size, size) if grey else (size, size, 3), np.uint8)
                Image.fromarray(pixels).save(path)
            else:
                path.write_text("no image")
        return tmp_path / "in"

    return write


@pytest.fixture
def write_scans(tmp_path) -> Callable[[], Path]:
    """Write the values 0, 50, 100 and 200 in each form that may need a window."""
    import h5py
    import nibabel
    import SimpleITK

    values = np.array([[0, 50], [100, 200]], np.int16)

    def write() -> Path:
        folder = tmp_path / "scans"
        folder.mkdir(exist_ok=True)
        Image.fromarray(values.astype(np.float32)).save(folder / "anna.tif")
        with h5py.File(folder / "bert.mat", "w", userblock_size=512) as file:
            file.create_group("cjdata")["image"] = values
        nibabel.save(nibabel.Nifti1Image(values[..., None], np.eye(4)), folder / "carl.nii")
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values[None]), str(folder / "dora.dcm"))
        return folder

    return write


@pytest.fixture
def read_all() -> Callable[[Path], list[Reading]]:
    """Read every volume of a folder."""
    return lambda folder: list(read_volumes(gather_volumes(open_input(str(folder))).volumes, "synchronous", DEFAULT_WINDOW))


@pytest.fixture
def at_hand() -> Callable[..., ModelAtHand]:
    """A model by its label; what it does is told by its name."""

    def make(label: str, kind: str = "brain-flair3", step: str = "", **bundle: object) -> ModelAtHand:
        name = label.partition(" ")[0].rpartition("-")[2]
        return ModelAtHand(label, step or name, kind, bundle, lambda: label)

    return make
