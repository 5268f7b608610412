from dataclasses import replace

import numpy as np

from tumourflow.imaging.preparation import Preparation
from tumourflow.imaging.steps import follow_steps

PREPARATION = Preparation(32, "contour", "zscore", 1, 1, 3, ("median", "crop", "clahe", "median"), "canny")


def slices() -> list[np.ndarray]:
    volume = np.zeros((2, 60, 50, 3), np.uint8)
    volume[:, 10:50, 12:40] = np.random.default_rng(0).integers(60, 180, (2, 40, 28, 3))
    return list(volume)


def test_each_step_is_what_the_preparation_does():
    volume = slices()
    images, frames = PREPARATION.prepare(volume)

    steps = follow_steps("p/1", volume[0], volume, images[0], np.zeros((32, 32), bool), PREPARATION)

    assert list(steps.cut) == ["cut out", "filter 1: median", "filter 2: clahe", "filter 3: median"]
    view = frames[0].view_of(volume[0])
    assert steps.view == view
    assert all(plane.shape == (view.box.side, view.box.side) for plane in steps.cut.values())
    # Without its filters, the same preparation of what the last of them left is what the network sees.
    last = replace(PREPARATION, filters=(), crop="none", channels=1, lead_channel=0, edges="none")
    again = last.apply(
        steps.cut["filter 3: median"],
        replace(last.measure([volume[0][..., :1]]), scales=(frames[0].scales[1],), views=last.locate([steps.cut["filter 3: median"]])),
    )
    np.testing.assert_allclose(again[..., 0], images[0][..., 1], atol=1e-5)


def test_edges_are_pictures_in_0_to_1_and_the_channel_is_named():
    volume = slices()
    images, _ = PREPARATION.prepare(volume)

    edges = follow_steps("p/1", volume[0], volume, images[0], np.zeros((32, 32), bool), PREPARATION).edges

    assert list(edges) == ["edges: canny (input channel)", "edges: sobel (picture only)"]
    assert np.array_equal(edges["edges: canny (input channel)"], images[0][..., -1])
    assert all(0 <= picture.min() <= picture.max() == 1 for picture in edges.values())


def test_a_black_slice_can_be_followed():
    black = np.zeros((20, 20, 3), np.uint8)
    (prepared,), _ = PREPARATION.prepare([black])

    steps = follow_steps("p/1", black, [black], prepared, np.zeros((32, 32), bool), PREPARATION)

    assert all(picture.max() == 0 for picture in steps.edges.values())
