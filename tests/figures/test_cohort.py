import numpy as np
import pandas as pd
import pytest

from tumourflow.figures.cohort import choose_samples, draw_overview, draw_samples


@pytest.fixture
def cases() -> pd.DataFrame:
    rows = [("a", 1, "X", 0), ("a", 2, "X", 40), ("b", 1, "Y", 10), ("c", 1, "", 25), ("d", 1, "X", 0)]
    table = pd.DataFrame(rows, columns=["patient", "slice", "site", "tumour_pixels"])
    return table.assign(case_id=table["patient"] + "/" + table["slice"].astype(str), label="")


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_the_overview_counts_slices_patients_and_tumours(cases):
    figure = draw_overview(cases)
    classes, sites, areas, volumes = figure.axes
    assert figure.get_suptitle() == "5 slices of 4 patients"
    assert [text.get_text() for text in classes.get_legend().get_texts()] == ["with tumour (3)", "without tumour (2)"]
    assert texts(classes) == ["1", "1", "3"], "from below: not named, Y, X"
    assert texts(sites) == ["1", "1", "2"]
    assert areas.get_title() == "Tumour area (n = 3 slices)"
    assert volumes.get_title() == "Slices of each patient (median 1)"


def test_classes_of_the_cohort_go_before_tumour_or_not(cases):
    figure = draw_overview(cases.assign(label=["glioma", "glioma", "none", "none", "none"]))
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["glioma (2)", "none (3)"]


def test_rare_sites_are_gathered():
    table = pd.DataFrame({"case_id": [str(n) for n in range(30)], "patient": [str(n) for n in range(30)], "slice": 1, "tumour_pixels": 1})
    figure = draw_overview(table.assign(label="", site=[f"s{n:02}" for n in range(30)]))
    assert len(texts(figure.axes[1])) == 13


def test_a_cohort_without_tumour_can_be_drawn(cases):
    free = cases.assign(tumour_pixels=0)
    assert draw_overview(free).axes[2].get_title() == "Tumour area (n = 0 slices)"
    assert choose_samples(free).empty
    assert draw_samples(choose_samples(free), [], 0).axes


def test_samples_are_one_slice_a_patient_from_small_to_large(cases):
    assert choose_samples(cases)["case_id"].tolist() == ["b/1", "c/1", "a/2"]
    assert choose_samples(cases, count=2)["case_id"].tolist() == ["b/1", "a/2"]


def test_the_mask_is_drawn_beside_and_on_its_image(cases):
    chosen = choose_samples(cases, count=2)
    image, mask = np.zeros((8, 8, 3), np.uint8), np.eye(8, dtype=bool)
    figure = draw_samples(chosen, [(image, mask), (image, mask)], lead_channel=1)
    assert len(figure.axes) == 6
    assert [axes.get_title() for axes in figure.axes[:3]] == ["image", "mask", "mask on image"]
    drawn = np.asarray(figure.axes[1].images[0].get_array())
    assert ((drawn.max(axis=-1) > 0) == mask).all()
