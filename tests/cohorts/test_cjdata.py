import numpy as np

from tumourflow.cohorts.cjdata import read_image
from tumourflow.options import IngestionOptions

MINMAX = IngestionOptions(reader="figshare", window="minmax")


def test_image_is_turned_as_matlab_shows_it(write_mat):
    image = np.zeros((5, 9), np.int16)
    image[0, 8] = 1000
    image[4, 0] = 500
    read = read_image(write_mat("1.mat", image=image), MINMAX)
    assert read.dtype == np.uint8
    assert read.shape == (5, 9)
    assert (read[0, 8], read[4, 0], read.astype(int).sum()) == (255, 128, 383)


def test_16_bits_are_kept_where_asked(write_mat):
    image = np.array([[-5, 0, 300, 32767]], np.int16)
    whole = IngestionOptions(reader="figshare", window="fixed", window_low=0, window_high=65535, bits=16)
    read = read_image(write_mat("1.mat", image=image), whole)
    assert read.dtype == np.uint16
    assert read.tolist() == [[0, 0, 300, 32767]]


def test_values_that_are_not_finite_come_back_for_the_ledger(write_mat):
    assert not np.isfinite(read_image(write_mat("1.mat", image=np.array([[0.0, np.nan]])), MINMAX)).all()
