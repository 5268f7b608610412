"""What a person changes in a project between two commands."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

RAW = "data/01_raw/test"
DECISIONS = "conf/test/curation.yml"


def change_image(project: Path, draw: random.Random) -> str:
    """Draw a bright square into an image."""
    path = _choose_image(project, draw)
    pixels = np.array(Image.open(path))
    pixels[10:20, 10:20] = draw.randint(100, 255)
    Image.fromarray(pixels).save(path)
    return f"a square in {path.name}"


def remove_image(project: Path, draw: random.Random) -> str:
    """Remove an image, whose mask stays."""
    path = _choose_image(project, draw)
    path.unlink()
    return f"removed {path.name}"


def add_image(project: Path, draw: random.Random) -> str:
    """Add a slice to a patient, with its mask: one more that is like the last, or a copy of another patient's."""
    source, beside = _choose_image(project, draw), _choose_image(project, draw)
    stem = f"{beside.parent.name}_{draw.randint(20, 99)}"
    copied = draw.random() < 0.5
    for suffix in ("", "_mask"):
        pixels = np.array(Image.open(source.with_name(f"{source.stem}{suffix}.tif")))
        Image.fromarray(pixels if copied else np.roll(pixels, 3, axis=1)).save(beside.with_name(f"{stem}{suffix}.tif"))
    return f"added {stem}.tif, {'a copy' if copied else 'made'} of {source.name}"


def decide(project: Path, draw: random.Random) -> str:
    """Exclude a case or a patient by a person's decision, or take all decisions back."""
    path = _choose_image(project, draw)
    case = f"{path.parent.name}/{path.stem.rpartition('_')[2]}"
    line = draw.choice([f"    {case}: 'excluded: blurred'", f"    {path.parent.name}: 'excluded: no consent'", ""])
    (project / DECISIONS).write_text(f"curation:\n  decisions:\n{line}\n" if line else "")
    return f"decided:{line}"


CHANGES: list[Callable[[Path, random.Random], str]] = [change_image, remove_image, add_image, decide]


def _choose_image(project: Path, draw: random.Random) -> Path:
    paths = sorted(path for path in (project / RAW).rglob("*.tif") if path.with_name(f"{path.stem}_mask.tif").exists())
    return draw.choice([path for path in paths if path.stat().st_size > 500 and _is_whole(path)])


def _is_whole(path: Path) -> bool:
    try:
        for each in (path, path.with_name(f"{path.stem}_mask.tif")):
            Image.open(each).load()
    except (OSError, SyntaxError):
        return False
    return True
