"""What people and machines have drawn into an image: calipers, text, colours. A classifier can read the answer off them."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.types import Pixels

CALIPERS, TEXT, COLOUR_OVERLAY = "calipers", "text", "colour overlay"

_ARM = 6  # pixels from the centre of a cross to the end of its arms, at least
_CROSS_CONTRAST, _ARM_UNEVENNESS = 70, 50  # grey levels of 255
_LETTER_CONTRAST, _LETTER_LEVEL = 80, 160
_LETTER_HEIGHTS = (7, 28)  # pixels
_LETTERS = 3
_CORNER = 0.045  # of height and width
_BLACK, _GREY, _COLOURED = 20, 8, 30  # grey levels of 255
_COLOUR_SHARE, _GREY_SHARE = 0.001, 0.75
_TOP, _HEIGHT, _LEFT, _WIDTH, _AREA = cv2.CC_STAT_TOP, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_LEFT, cv2.CC_STAT_WIDTH, cv2.CC_STAT_AREA

_Plane = npt.NDArray[np.uint8]
_Boxes = npt.NDArray[np.int32]
_Box = list[int]


def find_marks(pixels: Pixels) -> tuple[str, ...]:
    """Name the kinds of marks that are burnt into an image.

    Calipers are at least two upright crosses, even and brighter than what lies between their arms; text is a row of at least three
    bright letters 7 to 28 pixels high. What lies in the very corners, such as a maker's sign, counts for nothing. Made for precision:
    small, faint, slanted or dark marks and single letters are missed.

    Args:
        pixels: `(height, width)` or `(height, width, 3)`, uint8; other images have no marks that could be found.

    Returns:
        Any of `calipers`, `text` and `colour overlay`, in this order.

    Example:
        >>> image = np.full((80, 80), 60, np.uint8)
        >>> for row, column in ((20, 20), (60, 60)):
        ...     image[row - 8 : row + 9, column] = image[row, column - 8 : column + 9] = 230
        >>> find_marks(image)
        ('calipers',)
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in {2, 3} or (pixels.ndim == 3 and pixels.shape[2] != 3):
        return ()
    grey = np.asarray(pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    found = {CALIPERS: _count_crosses(grey) > 1, TEXT: _has_text(grey), COLOUR_OVERLAY: has_colour_overlay(pixels)}
    return tuple(kind for kind, is_there in found.items() if is_there)


def has_colour_overlay(pixels: Pixels) -> bool:
    """Tell whether an otherwise grey picture has something coloured on it.

    Args:
        pixels: `(height, width)` or `(height, width, 3)`, uint8.

    Returns:
        Whether more than one pixel in a thousand is clearly coloured (channels more than 30 grey levels apart), while at least three
        quarters of what is not black are grey: else the image is coloured throughout, or its channels are different sequences.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        return False
    planes = cv2.split(pixels)
    brightest = cv2.max(cv2.max(planes[0], planes[1]), planes[2])
    spread = cv2.subtract(brightest, cv2.min(cv2.min(planes[0], planes[1]), planes[2]))
    coloured = np.count_nonzero(spread > _COLOURED) > _COLOUR_SHARE * spread.size
    grey = np.count_nonzero((spread <= _GREY) & (brightest > _BLACK))
    return bool(coloured and grey >= _GREY_SHARE * np.count_nonzero(brightest > _BLACK))


def _count_crosses(grey: _Plane) -> int:
    across, down = np.ones((1, 2 * _ARM + 1), np.uint8), np.ones((2 * _ARM + 1, 1), np.uint8)
    darkest = cv2.min(cv2.erode(grey, across), cv2.erode(grey, down))
    surroundings = cv2.blur(grey, (2 * _ARM + 1, 2 * _ARM + 1))
    # Few pixels pass this; only for them the arms and the four fields between them are looked at closely.
    centres = np.flatnonzero(cv2.subtract(darkest, surroundings) > _CROSS_CONTRAST // 3)
    if not centres.size:
        return 0
    rows, columns = np.divmod(centres, grey.shape[1])
    inside = (rows >= _ARM) & (rows < grey.shape[0] - _ARM) & (columns >= _ARM) & (columns < grey.shape[1] - _ARM)
    crosses = np.zeros(grey.shape, np.uint8)
    for row, column in zip(rows[inside], columns[inside], strict=True):
        around = grey[row - _ARM : row + _ARM + 1, column - _ARM : column + _ARM + 1]
        crosses[row, column] = _is_cross(around)
    # One cross gives several centres side by side.
    return int(cv2.connectedComponents(cv2.dilate(crosses, np.ones((3, 3), np.uint8)))[0]) - 1


def _is_cross(around: _Plane) -> bool:
    arms = np.concatenate([around[_ARM], around[:, _ARM]])
    near, far = slice(None, _ARM - 2), slice(_ARM + 3, None)
    fields = sorted(float(around[rows, columns].mean()) for rows in (near, far) for columns in (near, far))
    # A bright band that passes aslant fills two fields, the number beside a cross at most one.
    dark = arms.min() - np.mean(fields) >= _CROSS_CONTRAST and arms.min() - fields[2] >= _CROSS_CONTRAST / 2
    return bool(dark and int(arms.max()) - int(arms.min()) <= _ARM_UNEVENNESS)


def _has_text(grey: _Plane) -> bool:
    # Strokes are thin and bright: opening with something wider takes them away.
    strokes = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, np.ones((11, 11), np.uint8))
    marked = ((strokes >= _LETTER_CONTRAST) & (grey >= _LETTER_LEVEL)).astype(np.uint8)
    # There are no more components than pixels; numbered with 16 bits they are found in a third of the time.
    numbers = cv2.CV_16U if np.count_nonzero(marked) < 2**16 - 1 else cv2.CV_32S
    boxes = np.asarray(cv2.connectedComponentsWithStats(marked, connectivity=8, ltype=numbers)[2][1:], dtype=np.int32)
    return any(len(row) >= _LETTERS for row in _line_up(_choose_letters(boxes, grey.shape)))


def _choose_letters(boxes: _Boxes, shape: tuple[int, ...]) -> _Boxes:
    heights, widths, areas = boxes[:, _HEIGHT], boxes[:, _WIDTH], boxes[:, _AREA]
    fill = areas / (heights * widths)
    shapely = (heights >= _LETTER_HEIGHTS[0]) & (heights <= _LETTER_HEIGHTS[1]) & (widths >= 2) & (widths <= 1.6 * heights)
    solid = (areas >= 10) & (fill >= 0.15) & ((fill <= 0.9) | (widths < 4))
    middles = (boxes[:, _TOP] + heights / 2) / shape[0], (boxes[:, _LEFT] + widths / 2) / shape[1]
    corner = np.all([np.minimum(middle, 1 - middle) < _CORNER for middle in middles], axis=0)
    return np.asarray(boxes[shapely & solid & ~corner], dtype=np.int32)


def _line_up(letters: _Boxes) -> Iterator[list[_Box]]:
    # Plain numbers, with which Python is faster than with arrays of one.
    remaining: list[_Box] = letters[np.argsort(letters[:, _LEFT], kind="stable")].tolist()
    while remaining:
        row = [remaining.pop(0)]
        for letter in list(remaining):
            # From here on all are further to the right than any letter is high.
            if letter[_LEFT] - row[-1][_LEFT] - row[-1][_WIDTH] > _LETTER_HEIGHTS[1]:
                break
            if _follows(row[-1], letter):
                row.append(letter)
        taken = {id(letter) for letter in row}
        remaining = [letter for letter in remaining if id(letter) not in taken]
        yield row


def _follows(letter: _Box, following: _Box) -> bool:
    height = max(letter[_HEIGHT], following[_HEIGHT])
    gap = following[_LEFT] - letter[_LEFT] - letter[_WIDTH]
    bottoms = abs(letter[_TOP] + letter[_HEIGHT] - following[_TOP] - following[_HEIGHT])
    alike = min(letter[_HEIGHT], following[_HEIGHT]) >= 0.75 * height
    return -1 <= gap <= height and alike and bottoms <= max(2, 0.15 * height)
