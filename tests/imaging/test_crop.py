import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tumourflow.imaging.crop import View, extreme_points, fill_largest, find_contour, find_fan, find_views
from tumourflow.imaging.geometry import MARGIN, Box, Extent, box_around, remove_specks, whole_box, whole_extent


def test_extreme_points_are_those_of_the_largest_contour():
    mask = np.zeros((20, 30), bool)
    mask[5:15, 8:12] = True
    mask[9, 4:20] = True  # arms that reach out to the left and right
    mask[0:3, 25:28] = True  # smaller, and apart

    assert extreme_points(mask) == Extent(top=5, bottom=15, left=4, right=20)
    assert extreme_points(mask, margin=6) == Extent(top=0, bottom=20, left=0, right=26)


def test_nothing_has_the_extreme_points_of_the_image():
    assert extreme_points(np.zeros((4, 7), bool)) == whole_extent(4, 7)


def test_holes_of_the_largest_contour_are_filled_and_others_dropped():
    mask = np.zeros((12, 12), bool)
    mask[1:8, 1:8] = True
    mask[3:6, 3:6] = False
    mask[10, 10] = True

    filled = fill_largest(mask)

    assert filled[1:8, 1:8].all()
    assert filled.sum() == 49


@given(mask=hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)), margin=st.integers(0, 3))
def test_extreme_points_lie_in_the_image_and_hold_what_was_filled(mask: np.ndarray, margin: int):
    extent, filled = extreme_points(mask, margin), fill_largest(mask)

    assert 0 <= extent.top < extent.bottom <= mask.shape[0]
    assert 0 <= extent.left < extent.right <= mask.shape[1]
    assert filled[extent.top : extent.bottom, extent.left : extent.right].sum() == filled.sum()


@pytest.mark.parametrize(("slices", "seen"), [(9, True), (10, False)])
def test_what_a_tenth_of_the_slices_show_does_not_widen_the_box(slices: int, seen: bool):
    """All show a square of rows and columns 20 to 29; one also has a nose that reaches down to row 39."""
    planes = [np.pad(np.full((10, 10), 100, np.uint8), ((20, 30), (20, 30))) for _ in range(slices)]
    planes[0][30:40, 20:30] = 100
    box = find_views(planes, "foreground", 50)[60, 60].box
    assert box.side == (20 if seen else 10) + 2 * MARGIN


def head(height: int = 200, width: int = 200) -> np.ndarray:
    rows, columns = np.indices((height, width))
    radius = np.hypot((rows - height / 2) / (0.4 * height), (columns - width / 2) / (0.3 * width))
    return np.where((radius < 1) & ~((radius > 0.85) & (radius < 0.88)), 100, 0).astype(np.uint8)


def test_writing_and_specks_beside_a_head_do_not_widen_its_contour():
    image = head()
    written = image.copy()
    written[5:20, 5:60:3] = 255
    written[190:193, 190:193] = 255

    assert np.array_equal(find_contour(written, 12), find_contour(image, 12))


def test_a_dark_skull_does_not_part_a_head_from_its_scalp():
    image = head()

    inside = find_contour(image, 12)

    # The ring between .85 and .88 of the radius is black, and the contour still goes round all of it.
    assert extreme_points(inside) == extreme_points(image > 0)


def fan(height: int = 150, width: int = 200) -> np.ndarray:
    return np.random.default_rng(0).integers(20, 90, (height, width)).astype(np.uint8)


@pytest.mark.parametrize("border", [0, 40])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_annotation_around_a_fan_is_dropped(border: int, depth):
    screen = np.full((260, 320), border, np.uint8)
    screen[60:210, 50:250] = fan()
    screen[15:27, 20:160:4] = 250  # a line of writing
    screen[60:210:20, 256:262] = 200  # a ruler
    screen[60:200, 290:300] = np.linspace(255, 0, 140).astype(np.uint8)[:, None]  # a grey wedge
    screen = screen.astype(depth) * depth(1 if depth == np.uint8 else 200)

    extent = extreme_points(find_fan(screen))

    # Up to two pixels beyond, where the fan's last pixels differ from the border's first.
    assert np.abs(np.subtract(extent, (60, 210, 50, 250))).max() <= 2


def test_a_fan_that_fills_the_image_is_kept_whole_in_spite_of_a_cyst_and_a_shadow():
    image = fan()
    image[40:80, 60:110] = 0
    image[100:, 150:180] = 0

    assert extreme_points(find_fan(image)) == whole_extent(150, 200)


def test_a_wide_fan_is_squared_by_its_box_and_seen_within_its_rectangle():
    screen = np.zeros((200, 300), np.uint8)
    screen[50:150, 20:280] = fan(100, 260)

    view = find_views([screen], "fan", 0)[200, 300]

    assert view.extent == Extent(49, 151, 19, 281)
    assert view.box == Box(top=100 - 131, left=19, side=262)
    assert view.keep(screen).shape == (102, 262)


def test_foreground_is_the_box_around_the_tissue_and_all_of_the_image_is_seen():
    image = head()

    assert find_views([image], "foreground", 12) == {(200, 200): View(box_around(remove_specks(image > 12)), whole_extent(200, 200))}


@pytest.mark.parametrize("crop", ["foreground", "contour", "fan", "none"])
def test_black_slices_are_seen_whole(crop):
    assert find_views([np.zeros((9, 5), np.uint8)], crop, 0) == {(9, 5): View(whole_box(9, 5), whole_extent(9, 5))}


@pytest.mark.parametrize("crop", ["contour", "fan"])
def test_what_few_slices_show_does_not_widen_the_view(crop):
    slices = [np.pad(fan(60, 60), 20) for _ in range(20)]
    with_nose = [image.copy() for image in slices]
    with_nose[0][5:30, 40:60] = fan(25, 20)

    assert find_views(with_nose, crop, 12) == find_views(slices, crop, 12)


@given(
    image=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20)),
    crop=st.sampled_from(["foreground", "contour", "fan", "none"]),
)
def test_every_image_has_a_view(image: np.ndarray, crop):
    box, extent = find_views([image], crop, 30)[image.shape]

    assert box.side >= max(extent.bottom - extent.top, extent.right - extent.left) or crop == "foreground"
    assert box.side >= 1
    assert extent.top < extent.bottom
    assert extent.left < extent.right
