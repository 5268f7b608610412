import numpy as np
import pytest

from tumourflow.classical.field import Field, Sight, measure_contrast, see_volume, smooth

PLAIN = Sight(polarity=1, smoothing=0, rim=0)


def test_grey_values_are_in_standard_deviations_of_the_tissue(head):
    (field,) = see_volume([head], PLAIN, together=True)
    seen = field.image[field.tissue & (head > 0)]
    assert (seen.mean(), seen.std()) == (pytest.approx(0, abs=1e-4), pytest.approx(1, abs=1e-4))
    assert (field.image[~field.tissue] == 0).all()
    assert field.tissue[31, 31]
    assert not field.tissue[0, 0]


@pytest.mark.parametrize(("gain", "offset"), [(7, 0), (0.01, 0), (1, -50)])
def test_the_unit_of_the_image_does_not_matter(head, gain, offset):
    (field,), (other,) = (see_volume([image], PLAIN, together=True) for image in (head, head * gain + offset))
    np.testing.assert_array_equal(field.tissue, other.tissue)
    np.testing.assert_allclose(field.image, other.image, atol=1e-3)


def test_dark_tumours_become_bright(head, tumour):
    dark = np.where(head > 0, 300 - head, 0).astype(np.float32)
    (bright,) = see_volume([head], PLAIN, together=True)
    (turned,) = see_volume([dark], Sight(polarity=-1, smoothing=0, rim=0), together=True)
    np.testing.assert_allclose(turned.image[tumour], bright.image[tumour], atol=1e-3)
    assert turned.image[tumour].mean() > 2


def test_slices_of_a_volume_share_a_scale_and_others_do_not(head):
    dim = head / 2
    first, second = see_volume([head, dim], PLAIN, together=True)
    assert first.image[31, 31] > second.image[31, 31]
    alone = see_volume([head, dim], PLAIN, together=False)
    np.testing.assert_allclose(alone[0].image, alone[1].image, atol=1e-3)


def test_the_rim_is_peeled_off_the_tissue_also_at_the_end_of_the_image(head):
    peeled = see_volume([head], Sight(1, 0, rim=0.1), together=True)[0].tissue
    # The head reaches to 28 pixels from its middle, the rim is 6.
    assert peeled[31, [31, 31 - 20]].all()
    assert not peeled[31, 31 - 24]
    cut = see_volume([head[:, 10:31]], Sight(1, 0, rim=0.1), together=True)[0].tissue
    assert not cut[31, -1]
    assert cut[31, -8]


def test_a_cyst_as_black_as_air_is_tissue_even_where_it_reaches_the_end_of_the_image():
    picture = np.random.default_rng(0).normal(100, 10, (64, 64)).astype(np.float32)
    picture[20:44, :30] = 0
    (field,) = see_volume([picture], Sight(-1, 0, 0), together=False)
    assert field.tissue.all()
    assert field.image[32, 10] > field.image[50:].max()


@pytest.mark.parametrize("image", [np.zeros((16, 16)), np.full((16, 16), 9), np.zeros((1, 1))])
def test_a_constant_image_is_blank(image):
    (field,) = see_volume([image.astype(np.float32)], Sight(1, 0.015, 0.06), together=True)
    assert field.is_blank()


def test_a_black_slice_of_a_volume_has_no_tissue(head):
    fields = see_volume([head, np.zeros_like(head)], PLAIN, together=True)
    assert [field.tissue.any() for field in fields] == [True, False]


def test_no_slices_are_no_fields():
    assert see_volume([], PLAIN, together=True) == see_volume([], PLAIN, together=False) == []


def test_contrast_is_the_difference_of_the_means(head, tumour):
    contrast = measure_contrast([head], [tumour], together=True)
    (field,) = see_volume([head], PLAIN, together=True)
    assert contrast == pytest.approx(field.image[tumour].mean() - field.image[field.tissue & ~tumour].mean(), abs=1e-5)
    assert measure_contrast([np.where(head > 0, 300 - head, 0)], [tumour], together=True) == pytest.approx(-contrast, rel=0.05)


def test_without_a_tumour_there_is_no_contrast(head):
    assert np.isnan(measure_contrast([head], [np.zeros_like(head, bool)], together=True))


def test_smoothing_keeps_a_constant_and_lowers_a_peak():
    peak = np.zeros((32, 32), np.float32)
    peak[16, 16] = 1
    assert smooth(peak, 0) is peak
    assert 0 < smooth(peak, 0.05).max() < 0.2
    np.testing.assert_allclose(smooth(np.full((32, 32), 4, np.float32), 0.05), 4, rtol=1e-5)


def test_a_field_with_two_values_is_not_blank():
    assert not Field(np.array([[0, 1]], np.float32), np.ones((1, 2), bool)).is_blank()
