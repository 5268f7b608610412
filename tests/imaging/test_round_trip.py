"""Masks that are prepared and restored lie where they lay, for images laid out as each cohort has them."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import distance_transform_edt

from tumourflow.imaging.preparation import Preparation

REAL = Path(__file__).parents[2] / "../shared/data"
LAYOUTS = {
    "lgg: a volume of three sequences": [(256, 256, 3)] * 4,
    "figshare: grey": [(512, 512)],
    "figshare: small and large": [(256, 256)] * 15 + [(512, 512)] * 2,
    "busi: narrow": [(474, 190)],
    "busi: wide": [(571, 1048)],
    "busi: odd": [(469, 563), (325, 411)],
    "busi: colour": [(469, 563, 3)],
    "brain_yes_no: small": [(198, 150)],
    "brain_yes_no: wide": [(1080, 1920, 3)],
}


def tissue(shape: tuple[int, ...], depth) -> np.ndarray:
    rows, columns = np.indices(shape[:2])
    inside = np.hypot((rows / shape[0] - 0.5) / 0.45, (columns / shape[1] - 0.5) / 0.4) < 1
    grain = np.random.default_rng(0).integers(60, 200, shape)
    image = (inside if len(shape) == 2 else inside[..., None]) * grain
    return image.astype(depth) * depth(1 if depth == np.uint8 else 256)


def lesion(shape: tuple[int, ...]) -> np.ndarray:
    rows, columns = np.indices(shape[:2])
    return np.hypot(rows - 0.4 * shape[0], columns - 0.55 * shape[1]) < 0.15 * min(shape[:2])


def check(volume: list[np.ndarray], masks: list[np.ndarray], preparation: Preparation) -> None:
    """What differs lies within a pixel of the network from the border of the lesion."""
    _, frames = preparation.prepare(volume)
    for mask, frame in zip(masks, frames, strict=True):
        view = frame.view_of(mask)
        small = preparation.apply_mask(mask, frame)
        back = preparation.restore(small.astype(np.float32), view.box, mask.shape) >= 0.5
        assert back.shape == mask.shape
        if mask.any() and not mask.all():
            to_border = np.maximum(distance_transform_edt(mask), distance_transform_edt(~mask))
            assert to_border[back != mask].max(initial=0) <= max(view.box.side / preparation.size, 1) + 1


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("crop", ["foreground", "contour", "fan", "none"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_masks_of_every_layout_come_back(layout: str, crop, depth):
    shapes = LAYOUTS[layout]
    channels = shapes[0][2] if len(shapes[0]) == 3 else 1
    unit = "patient" if "volume" in layout else "slice"
    preparation = Preparation(128, crop, "zscore", 0, 0, channels, unit=unit)

    check([tissue(shape, depth) for shape in shapes], [lesion(shape) for shape in shapes], preparation)


def read_mask(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file).convert("RGB"))[..., 0] > 0


@pytest.mark.parametrize(
    ("cohort", "pattern", "every", "crop"),
    [("figshare", "*_mask.png", 8, "contour"), ("busi", "*/*_mask.png", 4, "fan"), ("lgg", "*/*_mask.png", 12, "foreground")],
)
def test_masks_of_the_real_cohorts_come_back_and_no_crop_costs_tumour(cohort: str, pattern: str, every: int, crop):
    files = sorted((REAL / cohort).glob(pattern))[::every]
    if not files:
        pytest.skip(f"the real part of {cohort} is not at hand")
    colour = "RGB" if cohort == "lgg" else "L"
    for file in files:
        image = np.asarray(Image.open(file.with_name(file.name.replace("_mask.png", ".webp"))).convert(colour))
        mask = read_mask(file)
        preparation = Preparation(128, crop, "zscore", 0, 1 if cohort == "lgg" else 0, np.atleast_3d(image).shape[2], unit="slice")
        # Corners and threads thinner than a pixel of the network cannot come back.
        round_mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))) > 0
        check([image], [round_mask], preparation)
        view = preparation.measure([image]).view_of(mask)
        assert view.keep(mask).sum() == mask.sum(), file.name


def test_what_is_drawn_on_real_pictures_without_masks_comes_back():
    files = sorted(file for file in (REAL / "brain_yes_no").rglob("*") if file.suffix.lower() in (".png", ".jpg", ".jpeg"))[::10]
    if not files:
        pytest.skip("the real part of brain_yes_no is not at hand")
    for file in files:
        image = np.asarray(Image.open(file).convert("L"))
        check([image], [lesion(image.shape)], Preparation(128, "contour", "zscore", 0, 0, 1, unit="slice"))
