"""Rows of bright letters that are burnt into an image."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.types import Mask, Plane

_LETTER_CONTRAST, _LETTER_LEVEL = 80, 160  # grey levels of 255
_LETTER_HEIGHTS = (7, 28)  # pixels
_LETTERS = 3
_CORNER = 0.045  # of height and width
_TOP, _HEIGHT, _LEFT, _WIDTH, _AREA = cv2.CC_STAT_TOP, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_LEFT, cv2.CC_STAT_WIDTH, cv2.CC_STAT_AREA

_Boxes = npt.NDArray[np.int32]
Box = list[int]


def find_text(grey: Plane) -> Mask:
    """Find the strokes of words, and of what stands in line with them: shorter words, numbers, letters cut off by the edge.

    Args:
        grey: `(height, width)` uint8.

    Returns:
        `(height, width)` booleans.
    """
    strokes = find_strokes(grey)
    mask = np.zeros(grey.shape, np.uint8)
    boxes = cv2.connectedComponentsWithStats(strokes, connectivity=8)[2][1:].tolist()
    for word in find_words(grey):
        for left, top, width, height, _ in _extend(word, boxes):
            mask[top : top + height, left : left + width] = 1
    return (mask & strokes) > 0


def find_words(grey: Plane) -> list[list[Box]]:
    """Find rows of at least three letters, left to right.

    Args:
        grey: `(height, width)` uint8.

    Returns:
        The words, each a list of letters, each the numbers of its component as OpenCV counts them: left, top, width, height, area.
    """
    marked = find_strokes(grey)
    # There are no more components than pixels; numbered with 16 bits they are found in a third of the time.
    numbers = cv2.CV_16U if np.count_nonzero(marked) < 2**16 - 1 else cv2.CV_32S
    boxes = np.asarray(cv2.connectedComponentsWithStats(marked, connectivity=8, ltype=numbers)[2][1:], dtype=np.int32)
    return [row for row in _line_up(_choose_letters(boxes, grey.shape)) if len(row) >= _LETTERS]


def find_strokes(grey: Plane) -> Plane:
    """Find what is thin and bright: opening with something wider takes it away.

    Args:
        grey: `(height, width)` uint8.

    Returns:
        The same shape, 1 on strokes and 0 elsewhere.
    """
    strokes = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, np.ones((11, 11), np.uint8))
    return ((strokes >= _LETTER_CONTRAST) & (grey >= _LETTER_LEVEL)).astype(np.uint8)


def _choose_letters(boxes: _Boxes, shape: tuple[int, ...]) -> _Boxes:
    heights, widths, areas = boxes[:, _HEIGHT], boxes[:, _WIDTH], boxes[:, _AREA]
    fill = areas / (heights * widths)
    shapely = (heights >= _LETTER_HEIGHTS[0]) & (heights <= _LETTER_HEIGHTS[1]) & (widths >= 2) & (widths <= 1.6 * heights)
    solid = (areas >= 10) & (fill >= 0.15) & ((fill <= 0.9) | (widths < 4))
    middles = (boxes[:, _TOP] + heights / 2) / shape[0], (boxes[:, _LEFT] + widths / 2) / shape[1]
    corner = np.all([np.minimum(middle, 1 - middle) < _CORNER for middle in middles], axis=0)
    return np.asarray(boxes[shapely & solid & ~corner], dtype=np.int32)


def _line_up(letters: _Boxes) -> Iterator[list[Box]]:
    # Plain numbers, with which Python is faster than with arrays of one.
    remaining: list[Box] = letters[np.argsort(letters[:, _LEFT], kind="stable")].tolist()
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


def _follows(letter: Box, following: Box) -> bool:
    height = max(letter[_HEIGHT], following[_HEIGHT])
    gap = following[_LEFT] - letter[_LEFT] - letter[_WIDTH]
    bottoms = abs(letter[_TOP] + letter[_HEIGHT] - following[_TOP] - following[_HEIGHT])
    alike = min(letter[_HEIGHT], following[_HEIGHT]) >= 0.75 * height
    return -1 <= gap <= height and alike and bottoms <= max(2, 0.15 * height)


def _extend(word: list[Box], boxes: list[Box]) -> list[Box]:
    top = min(letter[_TOP] for letter in word) - 2
    bottom = max(letter[_TOP] + letter[_HEIGHT] for letter in word) + 2
    in_line = [box for box in boxes if box[_TOP] >= top and box[_TOP] + box[_HEIGHT] <= bottom and box[_HEIGHT] > 2]
    line, space = list(word), 1.2 * (bottom - top)
    grown = True
    while grown:
        left, right = min(box[_LEFT] for box in line), max(box[_LEFT] + box[_WIDTH] for box in line)
        near = [box for box in in_line if box not in line and box[_LEFT] <= right + space and box[_LEFT] + box[_WIDTH] >= left - space]
        line += near
        grown = bool(near)
    return line
