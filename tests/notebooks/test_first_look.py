import base64
import os
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "first_look.ipynb"
PNG = b"\x89PNG\r\n\x1a\n"


def _is_png(encoded: str) -> bool:
    return base64.b64decode(encoded).startswith(PNG)


def test_it_is_stored_without_outputs() -> None:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_figures_of_several_seeds_are_no_split() -> None:
    (cell,) = (cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if "def describe(" in cell.source)
    dice = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 8}
    metrics = {
        "protocol": "patient",
        "train": {"volume_dice": dice},
        "test": {"volume_dice": dice | {"low": None}},
        "between_seeds": {"test": {"volume_dice": {"values": [0.5, 0.6], "standard_deviation": 0.07}}},
    }
    shown: dict[str, Any] = {"load": lambda _: metrics, "pd": pd}
    *lines, table = cell.splitlines()
    exec("\n".join(lines) + f"\nfigures = {table}", shown)
    assert shown["figures"].to_dict() == {"train": {"volume_dice": "0.500 [0.400, 0.600], n = 8"}, "test": {"volume_dice": "0.500, n = 8"}}


@pytest.mark.filterwarnings("ignore")  # Jupyter's own, of its event loop and its sockets; errors in cells are raised all the same
def test_it_shows_cohort_overlays_and_metrics_of_a_finished_run(finished_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEDRO_ENV", "test")
    monkeypatch.setenv("PYTHONPATH", str(finished_project / "src"), prepend=os.pathsep)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(finished_project / "notebooks")}}).execute()
    shown = {cell.source: [output.get("data", {}) for output in cell.outputs] for cell in notebook.cells if cell.cell_type == "code"}
    pictures = [source for source, outputs in shown.items() if any(_is_png(data.get("image/png", "")) for data in outputs)]
    for name in ("cohort_samples", "cohort_overview", "learning_curves", "overlays", "false_alarms", "dice_by_size"):
        assert f'show_picture("{name}")' in pictures
    assert any("draw_patients(slices" in source for source in pictures)
    text = "\n".join(data.get("text/plain", "") for outputs in shown.values() for data in outputs)
    assert "'test'" in text  # the cohort
    assert "case_id" in text
    assert "volume_dice" in text
