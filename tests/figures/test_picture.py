import gc
import weakref
from io import BytesIO

import numpy as np
from PIL import Image

from tumourflow.figures.panels import notice, panel_grid
from tumourflow.figures.picture import render


def test_the_same_figure_gives_the_same_bytes():
    assert render(notice("Title", "A sentence.")) == render(notice("Title", "A sentence."))
    assert Image.open(BytesIO(render(notice("Title", "A sentence.")))).format == "PNG"


def test_what_a_figure_showed_is_gone_once_it_is_drawn():
    figure, axes = panel_grid(1, 1, "Title")
    shown = weakref.ref(axes[0, 0].imshow(np.zeros((8, 8))))
    del axes
    gc.disable()
    try:
        assert render(figure)
        assert shown() is None
    finally:
        gc.enable()
