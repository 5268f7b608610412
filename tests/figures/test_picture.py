from io import BytesIO

from PIL import Image

from tumourflow.figures.panels import notice
from tumourflow.figures.picture import render


def test_the_same_figure_gives_the_same_bytes():
    assert render(notice("Title", "A sentence.")) == render(notice("Title", "A sentence."))
    assert Image.open(BytesIO(render(notice("Title", "A sentence.")))).format == "PNG"
