"""Tables and figures so small that a page of them is made in a moment."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

MADE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
NONE = float("nan")
FINDING: dict[str, Any] = {
    "patient": "p",
    "slice": 0,
    "status": "done",
    "reason": "",
    "modality": "brain",
    "input_kind": "brain-flair3",
    "height": 32,
    "width": 40,
    "row_spacing": NONE,
    "column_spacing": NONE,
    "detection": "done",
    "segmentation": "done",
    "typing": "no model",
    "tumour_probability": 0.25,
    "area": 0.0,
    "area_mm2": NONE,
    "diameter": NONE,
    "diameter_mm": NONE,
    "centre_row": NONE,
    "centre_column": NONE,
    "lesions": NONE,
    "probability": NONE,
    "confidence": NONE,
    "uncertainty": NONE,
    "type": "",
    "type_probability": NONE,
    "router_model": "router v1",
    "detection_model": "lgg-classification v2",
    "segmentation_model": "lgg-segmentation v3",
    "typing_model": "",
    "mask": "",
}
UNSEEN = {"segmentation": "none to do", "detection": "none to do", "typing": "none to do", "area": NONE, "tumour_probability": NONE}
UNSEEN |= dict.fromkeys(("input_kind", "modality", "router_model", "detection_model", "segmentation_model"), "")


@pytest.fixture
def make_finding() -> Callable[..., dict[str, Any]]:
    """Make a row of findings: of a slice without tumour, but for what is given."""
    return lambda source, **values: {"source": source, **FINDING, **values}


@pytest.fixture
def findings(make_finding) -> pd.DataFrame:
    """Of three slices of one patient and one of another, a refused and an unreadable file."""
    tumour = {"area": 48.0, "area_mm2": 12.0, "diameter": 9.5, "diameter_mm": 4.75, "centre_row": 11.5, "centre_column": 13.0}
    tumour |= {"lesions": 1.0, "probability": 0.9, "confidence": 0.8, "uncertainty": 0.05, "tumour_probability": 0.97}
    typed = {"type": "glioma", "type_probability": 0.75, "typing": "done", "typing_model": "t v1"}
    rows = [
        make_finding("ann/1.png", patient="ann"),
        make_finding("ann/2.png", patient="ann", slice=1, **typed, **tumour),
        make_finding("ann/3.png", patient="ann", slice=2),
        make_finding("bob.png", patient="bob", input_kind="breast-us", segmentation="no model", segmentation_model=""),
        make_finding("photo.jpg", patient="photo.jpg", **UNSEEN, status="refused", reason="It looks like no scan."),
        make_finding("half.dcm", patient="half.dcm", **UNSEEN, status="unreadable", reason="The file ends too early."),
    ]
    return pd.DataFrame(rows)


def read_image(source: str) -> np.ndarray:
    return np.random.default_rng(list(source.encode())).integers(0, 255, (32, 40, 3), dtype=np.uint8)


def read_mask(source: str) -> np.ndarray | None:
    if source != "ann/2.png":
        return None
    mask = np.zeros((32, 40), bool)
    mask[8:14, 9:17] = True
    return mask


@pytest.fixture
def inference_page(findings) -> str:
    from tumourflow.reports.inference_page import render_inference

    return render_inference(findings, read_image, read_mask, made=MADE)


def make_png(height: int, width: int) -> bytes:
    return cv2.imencode(".png", np.full((height, width, 3), 200, np.uint8))[1].tobytes()


@pytest.fixture
def training() -> dict[str, Any]:
    """What a page of a training is made of."""
    figure = {"value": 0.5, "low": 0.4, "high": 0.625, "n": 12, "unit": "patient"}
    few = {"value": 0.75, "low": 0.125, "high": 1.0, "n": 3, "unit": "patient", "small_n": True}
    nothing = {"value": None, "low": None, "high": None, "n": 0, "unit": "patient", "small_n": True}
    options = {"network": "unet", "learning_rate": 0.002}
    return {
        "cohort": "lgg",
        "task": "segmentation",
        "bundle": {
            "tumourflow": "0.1.0",
            "input_kind": "brain-flair3",
            "channels": ["T1", "FLAIR", "T1-CE"],
            "classes": ["background", "tumour"],
            "network": {"name": "unet", "width": 16, "depth": 4},
            "layout": {"channels": 3, "lead_channel": 1, "context": 1, "derived": 0},
            "preparation": {"size": 128, "filters": []},
            "augmentation": {"flip": 0.5},
            "postprocessing": {"threshold": 0.4, "crf": False},
            "mirrors": True,
            "training": {
                "options": options,
                "seed": 0,
                "precision": "float32",
                "backend": "tensorflow",
                "parameters": 1945569,
                "steps": 20,
                "best_step": 16,
            },
            "data_fingerprint": "3c8a67f34514365a",
        },
        "metrics": {"train": {"volume_dice": figure}, "validation": {"volume_dice": few}, "test": {"volume_dice": nothing}},
        "leakage_report": {
            "protocol": "patient",
            "leaky": False,
            "leaks": {},
            "joined_patients": ["a", "b"],
            "patients": {"train": 12, "validation": 3, "test": 0},
            "cases": {"train": 120, "validation": 31, "test": 0},
            "tumour_cases": {"train": 40, "validation": 11, "test": 0},
        },
        "curation_summary": {"found": 5, "images": 2, "masks": 2, "metadata": 0, "excluded": 1, "cases": 2, "patients": 1},
        "curation_findings": pd.DataFrame(
            {"finding": ["near_black"], "action": ["kept"], "rows": [18], "rule": ["black slices are real"], "example": ["p/36: <0.05>"]}
        ),
        "figures": {name: make_png(300, 1200) for name in ("split_overview", "cohort_overview", "overlays", "learning_curves")},
        "groups": {
            "train": {"site": {"CS": {"volume_dice": figure}}},
            "validation": {"site": {"CS": {"volume_dice": few}, "unknown": {"volume_dice": few}}, "tumour_size": {}},
        },
        "made": MADE,
    }
