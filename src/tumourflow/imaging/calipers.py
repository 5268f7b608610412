"""All that belongs to a measurement drawn into an image: crosses, the numbers beside them, the dotted lines between them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.imaging.crosses import Points, find_crosses
from tumourflow.types import Mask, Plane

_FAINT, _LEVEL_SPREAD = 25, 20  # grey levels of 255
_ARM_SPREAD, _NUMBER_SPREAD, _NUMBER_CONTRAST = 60, 30, 35
_SHORTEST_ARM, _LONGEST_ARM = 7, 16  # pixels from the centre of a cross
_NUMBER_REACH = 32  # pixels from the centre of a cross to the far side of the number beside it
_NUMBER_HEIGHTS, _NUMBER_AREA = (6, 24), 10
_LINE_CONTRAST, _LINE_PROMINENCE = 60, 2  # grey levels, and times what lies beside a line
_BESIDE, _WIDTH, _WINDOW = 5, 3, 24  # pixels

_Floats = npt.NDArray[np.float64]


def find_calipers(grey: Plane) -> Mask:
    """Find the pixels of measurements.

    Two clear crosses make a measurement; the machine has drawn all with one brightness, by which fainter ones are found as well.

    Args:
        grey: `(height, width)` uint8.

    Returns:
        `(height, width)` booleans: crosses, numbers beside them, and dotted lines from cross to cross, or from a cross to where the line
        ends. None where there are fewer than two clear crosses.
    """
    mask = np.zeros(grey.shape, np.uint8)
    clear = find_crosses(grey)
    if len(clear) < 2:
        return mask > 0
    level = float(np.median(grey[clear[:, 0], clear[:, 1]]))
    faint = find_crosses(grey, _FAINT)
    same = np.abs(grey[faint[:, 0], faint[:, 1]] - level) <= _LEVEL_SPREAD
    crosses = np.unique(np.concatenate([clear, faint[same]]), axis=0)
    for row, column in crosses.tolist():
        _add_cross(mask, grey, level, row, column)
    _add_numbers(mask, grey, level, crosses)
    _add_lines(mask, grey, crosses)
    return mask > 0


def _add_cross(mask: Plane, grey: Plane, level: float, row: int, column: int) -> None:
    for down, across in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        steps = np.arange(_LONGEST_ARM + 1)
        rows, columns = (row + steps * down).clip(0, grey.shape[0] - 1), (column + steps * across).clip(0, grey.shape[1] - 1)
        # The end of an arm has been softened by resampling.
        beyond = np.flatnonzero(np.abs(grey[rows, columns] - level) > _ARM_SPREAD)
        end = int(beyond[0]) if beyond.size else _LONGEST_ARM
        cv2.line(mask, (column, row), (int(columns[end]), int(rows[end])), 1, 3)


def _add_numbers(mask: Plane, grey: Plane, level: float, crosses: Points) -> None:
    strokes = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, np.ones((9, 9), np.uint8))
    drawn = (np.abs(grey - level) <= _NUMBER_SPREAD) & (strokes >= _NUMBER_CONTRAST)
    # A number may touch its cross.
    _, numbers, boxes, _ = cv2.connectedComponentsWithStats((drawn & (mask == 0)).astype(np.uint8), connectivity=8)
    for number, (left, top, width, height, area) in enumerate(boxes[1:].tolist(), start=1):
        shapely = _NUMBER_HEIGHTS[0] <= height <= _NUMBER_HEIGHTS[1] and 2 <= width <= 1.6 * height and area >= _NUMBER_AREA
        corners = np.array([[top, left], [top + height, left + width]])
        # The far corner of the box from the nearest cross.
        distance = np.abs(crosses[:, None] - corners).max(axis=(1, 2)).min()
        if shapely and distance <= _NUMBER_REACH:
            mask[top : top + height, left : left + width] |= (numbers == number)[top : top + height, left : left + width]


def _add_lines(mask: Plane, grey: Plane, crosses: Points) -> None:
    strokes = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, np.ones((5, 5), np.uint8))
    dots: Plane = np.asarray(cv2.dilate(strokes, np.ones((3, 3), np.uint8)), np.uint8)
    joined = set()
    for first, second in combinations(range(len(crosses)), 2):
        start, end = crosses[first].astype(float), crosses[second].astype(float)
        length = float(np.hypot(*(end - start)))
        if length < 2 * _SHORTEST_ARM + 2 or _is_line(dots, start, (end - start) / length, length - _SHORTEST_ARM):
            joined |= {first, second}
            _draw_line(mask, start, end)
    for number in set(range(len(crosses))) - joined:
        _follow_line(mask, dots, crosses[number].astype(float))


def _follow_line(mask: Plane, dots: Plane, start: _Floats) -> None:
    reach = float(_SHORTEST_ARM + _WINDOW)
    lines = [angle for angle in np.radians(np.arange(360.0)) if _is_line(dots, start, _point(angle), reach)]
    if not lines:
        return
    angle = _best(dots, start, lines, reach)
    # What was read from a short piece is corrected as the line goes on.
    while _is_line(dots, start + (reach - _SHORTEST_ARM) * _point(angle), _point(angle), _SHORTEST_ARM + _WINDOW):
        reach += _WINDOW / 2
        angle = _best(dots, start, angle + np.radians(np.linspace(-2, 2, 17)), reach)
    _draw_line(mask, start, start + reach * _point(angle))


def _best(dots: Plane, start: _Floats, angles: Iterable[float], reach: float) -> float:
    return max(angles, key=lambda angle: float(_profile(dots, start, _point(angle), reach).mean()))


def _point(angle: float) -> _Floats:
    return np.array([np.sin(angle), np.cos(angle)])


def _is_line(dots: Plane, start: _Floats, direction: _Floats, reach: float) -> bool:
    on = _profile(dots, start, direction, reach).mean()
    if on < _LINE_CONTRAST:
        return False
    return bool(all(on >= _LINE_PROMINENCE * _profile(dots, start, direction, reach, aside).mean() for aside in (_BESIDE, -_BESIDE)))


def _profile(dots: Plane, start: _Floats, direction: _Floats, reach: float, aside: float = 0) -> _Floats:
    along = np.arange(_SHORTEST_ARM, reach)[:, None]
    places = np.rint(start + along * direction + aside * direction[::-1] * (1, -1)).astype(int)
    inside = (places >= 0).all(axis=1) & (places < dots.shape).all(axis=1)
    values = np.zeros(len(places))
    values[inside] = dots[tuple(places[inside].T)]
    return values


def _draw_line(mask: Plane, start: _Floats, end: _Floats) -> None:
    (top, left), (bottom, right) = (np.rint(point).astype(int).tolist() for point in (start, end))
    cv2.line(mask, (left, top), (right, bottom), 1, _WIDTH)
