import numpy as np
import pytest

from tumourflow.cohorts.intruders import TEST_KINDS, VALIDATION_KINDS, Intruder, list_intruders
from tumourflow.cohorts.intruders.photographs import PHOTOGRAPHS

KINDS = VALIDATION_KINDS + TEST_KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_grey_of_8_bits_and_always_the_same(kind):
    for number in range(4):
        picture = Intruder(kind, number, seed=3).draw()
        assert picture.dtype == np.uint8
        assert picture.ndim == 2
        assert min(picture.shape) >= 100
        np.testing.assert_array_equal(picture, Intruder(kind, number, seed=3).draw())


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"blank"}))
def test_no_two_pictures_are_equal(kind):
    pictures = [intruder.draw() for intruder in list_intruders((kind,), 12, seed=0)]
    assert len({picture.tobytes() for picture in pictures}) == len(pictures) == 12


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"photograph"}))
def test_another_seed_draws_other_pictures(kind):
    assert any((Intruder(kind, n, seed=0).draw() != Intruder(kind, n, seed=1).draw()).any() for n in range(8))


def test_blank_pictures_are_nearly_even_and_others_are_not():
    spreads = {kind: [intruder.draw().std() for intruder in list_intruders((kind,), 20, seed=0)] for kind in ("blank", "text", "xray")}
    assert max(spreads["blank"]) < 4
    assert min(spreads["text"] + spreads["xray"]) > 10


def test_what_judges_is_of_other_kinds_than_what_is_chosen_on():
    assert not set(TEST_KINDS) & set(VALIDATION_KINDS)


def test_there_are_no_more_photographs_than_come_with_the_package():
    listed = list_intruders(("photograph", "noise"), 1000, seed=0)
    assert sum(intruder.kind == "photograph" for intruder in listed) == len(PHOTOGRAPHS)
    assert len(listed) == len(PHOTOGRAPHS) + 1000


def test_every_photograph_is_at_hand():
    shapes = [intruder.draw().shape for intruder in list_intruders(("photograph",), 99, seed=0)]
    assert len(shapes) == len(PHOTOGRAPHS) >= 10
