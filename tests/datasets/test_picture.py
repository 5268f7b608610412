import base64

from kedro.io import Version
from matplotlib.figure import Figure

from tumourflow.datasets import PictureDataset
from tumourflow.figures.picture import render


def test_a_picture_is_written_as_it_is_and_shown_as_kedro_viz_wants_it(tmp_path):
    dataset = PictureDataset(filepath=str(tmp_path / "sheet.png"), version=Version(None, "v1"))
    dataset.save(b"a picture")
    assert (tmp_path / "sheet.png/v1/sheet.png").read_bytes() == b"a picture"
    assert dataset.load() == b"a picture"
    assert base64.b64decode(dataset.preview()) == b"a picture"
    assert PictureDataset.preview.__annotations__["return"] == "ImagePreview"


def test_a_figure_is_drawn_when_it_is_saved(tmp_path):
    dataset = PictureDataset(filepath=str(tmp_path / "sheet.png"), version=Version(None, "v1"))
    figure = Figure((2, 1))
    dataset.save(figure)
    assert dataset.load() == render(figure)
