import cv2
import numpy as np
import pytest

from tumourflow.imaging.covering import cover_marks, find_covered
from tumourflow.imaging.crosses import find_crosses
from tumourflow.imaging.marks import find_marks, has_colour_overlay, to_grey
from tumourflow.imaging.read import read_pixels

# What a person sees in the real part: every image with calipers, and every one with a written word.
CALIPERS = "b209 b226 b238 b253 b263 b274 b275 b278 b290 b297 b300 b322 b428 b433 b5 b79 m10 m111 m119 m12 m121 m132 m145 m157"
WORDS = "b195 b209 b226 b235 b238 b262 b263 b274 b275 b278 b290 b294 b297 b300 b309 b321 b4 b407 b422 b46 m10 m111 m12 m13 m139 m201 m53"


@pytest.fixture
def tissue() -> np.ndarray:
    """Speckle such as ultrasound has, with a bright horizontal layer and a bright spot."""
    rng = np.random.default_rng(0)
    speckle = cv2.GaussianBlur(rng.gamma(2, 40, (300, 400)).astype(np.float32), (0, 0), 1.5)
    speckle[100:106] += 120
    speckle[180:200, 180:200] += 140
    return np.clip(speckle, 0, 255).astype(np.uint8)


def add_cross(image: np.ndarray, row: int, column: int, arm: int = 8, level: int = 228) -> None:
    image[row - arm : row + arm + 1, column - 1 : column + 2] = level
    image[row - 1 : row + 2, column - arm : column + arm + 1] = level


def write(image: np.ndarray, text: str, place: tuple[int, int]) -> None:
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 230, 2)


def test_tissue_alone_has_no_marks(tissue):
    assert find_marks(tissue) == ()


@pytest.mark.parametrize("arm", [6, 8, 12])
def test_two_crosses_are_calipers_and_one_is_not(tissue, arm):
    add_cross(tissue, 60, 80, arm)
    assert find_marks(tissue) == ()
    add_cross(tissue, 150, 260, arm)
    assert find_marks(tissue) == ("calipers",)


def test_bright_bands_that_cross_aslant_are_no_calipers(tissue):
    for start in (0, 150):
        cv2.line(tissue, (start, 0), (start + 200, 250), 240, 14)
    assert "calipers" not in find_marks(tissue)


def test_a_word_is_text_and_two_letters_are_not(tissue):
    short = tissue.copy()
    write(short, "LT", (200, 260))
    assert find_marks(short) == ()
    write(tissue, "RT UOQ", (200, 260))
    assert find_marks(tissue) == ("text",)


def test_a_sign_in_the_corner_counts_for_nothing(tissue):
    large = cv2.resize(tissue, (1600, 1200))
    write(large, "LOG", (5, 20))
    assert find_marks(large) == ()


def test_crosses_words_and_colours_are_found_together(tissue):
    add_cross(tissue, 60, 80)
    add_cross(tissue, 150, 260)
    write(tissue, "LEFT", (200, 260))
    colours = np.dstack([tissue] * 3)
    colours[270:290, 20:60] = (250, 40, 40)
    assert find_marks(colours) == ("calipers", "text", "colour overlay")


def test_images_coloured_throughout_and_sequences_as_channels_have_no_overlay(tissue):
    tinted = np.dstack([tissue, tissue // 2, tissue // 3])
    sequences = np.dstack([tissue, tissue[::-1], tissue])
    assert not has_colour_overlay(tinted)
    assert not has_colour_overlay(sequences)
    assert not has_colour_overlay(np.dstack([tissue] * 3))


@pytest.mark.parametrize("image", [np.zeros((300, 300), np.uint16), np.zeros((3, 3), np.uint8), np.zeros((40, 40, 4), np.uint8)])
def test_other_images_have_no_marks(image):
    assert find_marks(image) == ()


@pytest.fixture(scope="module")
def ultrasound(publish) -> dict[str, np.ndarray]:
    """The real part of BUSI, by the first letter of the class and the number."""
    files = [file for file in publish("busi").rglob("*.png") if "_mask" not in file.name]
    return {file.stem[0] + file.stem.split("(")[1][:-1]: read_pixels(file) for file in files}


def test_on_real_ultrasound_exactly_the_marks_a_person_sees_are_found(ultrasound):
    marks = {name: find_marks(image) for name, image in ultrasound.items()}
    assert len(marks) == 145
    assert {name for name, found in marks.items() if "calipers" in found} == set(CALIPERS.split())
    assert {name for name, found in marks.items() if "text" in found} == set(WORDS.split())


def test_on_real_ultrasound_nothing_is_left_of_what_was_found(ultrasound):
    for name in {*CALIPERS.split(), *WORDS.split()}:
        covered = cover_marks(ultrasound[name])
        assert not {"calipers", "text"} & set(find_marks(covered))
        # Not one cross either, however faint.
        assert len(find_crosses(to_grey(covered), contrast=25)) == 0
        assert find_covered(ultrasound[name]).mean() < 0.05
