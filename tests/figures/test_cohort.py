import numpy as np
import pandas as pd
import pytest

from tumourflow.figures.cohort import choose_samples, draw_overview, draw_samples


@pytest.fixture
def cases() -> pd.DataFrame:
    rows = [("a", 1, "X", 0), ("a", 2, "X", 40), ("b", 1, "Y", 10), ("c", 1, "", 25), ("d", 1, "X", 0)]
    table = pd.DataFrame(rows, columns=["patient", "slice", "site", "tumour_pixels"])
    return table.assign(case_id=table["patient"] + "/" + table["slice"].astype(str), label="", mask="m", height=16, width=8)


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def panels(figure) -> dict[str, object]:
    return {axes.get_title().split(" (")[0]: axes for axes in figure.axes if axes.get_title()}


def test_the_overview_counts_slices_patients_and_tumours(cases):
    figure = draw_overview(cases)
    found = panels(figure)
    assert figure.get_suptitle() == "5 slices of 4 patients, 16 x 8 pixels"
    classes = found["Slices by class and site"]
    assert [text.get_text() for text in classes.get_legend().get_texts()] == ["with tumour (3)", "without tumour (2)"]
    assert texts(classes) == ["1", "1", "3"], "from below: not named, Y, X"
    assert texts(found["Patients by site"]) == ["1", "1", "2"]
    assert found["Tumour area"].get_title() == "Tumour area (n = 3 slices)"
    assert found["Slices of each patient"].get_title() == "Slices of each patient (median 1)"


def test_classes_of_the_cohort_go_before_tumour_or_not(cases):
    figure = draw_overview(cases.assign(label=["glioma", "glioma", "none", "none", "none"]))
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["glioma (2)", "none (3)"]


def test_with_one_site_each_class_has_a_bar(cases):
    classes = panels(draw_overview(cases.assign(site="", label=["b", "b", "a", "a", "b"])))["Slices by class"]
    assert [label.get_text() for label in classes.get_yticklabels()] == ["b", "a"]
    assert texts(classes) == ["3", "2"]


def test_tumours_are_placed_by_row_and_column(cases):
    nowhere = float("nan")
    located = cases.assign(tumour_row=[nowhere, 0.91, 0.91, 0.11, nowhere], tumour_column=[nowhere, 0.11, 0.11, 0.61, nowhere])
    positions = panels(draw_overview(located))["Centres of the tumours"]
    counts = np.asarray(positions.images[0].get_array())
    assert counts.sum() == 3
    assert (counts[18, 2], counts[2, 12]) == (2, 1)
    assert positions.get_title() == "Centres of the tumours (n = 3 slices)"


def test_brightness_is_drawn_by_site_or_else_by_class(cases):
    bright = cases.assign(mean=[10.0, 20, 30, 40, 50])
    by_site = panels(draw_overview(bright))["Brightness by site"]
    assert [label.get_text() for label in by_site.get_yticklabels()] == ["not named", "Y", "X"]
    assert by_site.lines, "boxes"
    assert "Brightness by class" in panels(draw_overview(bright.assign(site="")))


def test_sizes_have_a_panel_only_where_they_differ(cases):
    assert not any(title.startswith("Sizes") for title in panels(draw_overview(cases)))
    mixed = draw_overview(cases.assign(height=[16, 16, 20, 30, 30]))
    assert panels(mixed)["Sizes of the slices"].get_title() == "Sizes of the slices (3 different)"
    assert panels(mixed)["Tumour area"].get_xlabel() == "tumour area in % of the image"
    assert mixed.get_suptitle() == "5 slices of 4 patients"


def test_a_cohort_of_single_images_without_masks_says_only_what_is_known(cases):
    bare = cases.drop_duplicates("patient").assign(mask="", tumour_pixels=0, site="")
    figure = draw_overview(bare)
    assert figure.get_suptitle() == "4 images, 16 x 8 pixels"
    assert list(panels(figure)) == ["Images by class"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["not labelled"]


def test_rare_sites_are_gathered():
    table = pd.DataFrame(
        {"case_id": [str(n) for n in range(60)], "patient": [str(n // 2) for n in range(60)], "slice": 1, "tumour_pixels": 1}
    )
    figure = draw_overview(table.assign(label="", site=[f"s{n // 2:02}" for n in range(60)]))
    assert len(texts(figure.axes[1])) == 13


def test_a_cohort_without_tumour_can_be_drawn(cases):
    free = cases.assign(tumour_pixels=0)
    assert "Tumour area" not in panels(draw_overview(free))
    chosen = choose_samples(free)
    assert chosen["case_id"].tolist() == ["a/2", "b/1", "c/1", "d/1"], "the middle slice of each"
    figure = draw_samples(chosen, [(np.eye(8), None)] * 4, 0)
    assert [axes.get_title() for axes in figure.axes] == ["a/2", "b/1", "c/1", "d/1"]
    assert all(axes.images for axes in figure.axes)


def test_samples_without_tumour_come_from_every_class(cases):
    free = cases.assign(tumour_pixels=0, label=["yes", "yes", "yes", "no", "no"])
    assert choose_samples(free, count=1)["label"].tolist() == ["no", "yes"]


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


def test_more_classes_than_colours_are_gathered(cases):
    many = pd.concat([cases.assign(label=f"class {number}", patient=f"p{number}") for number in range(9)])
    legend = draw_overview(many).axes[0].get_legend()
    assert len(legend.get_texts()) == 7
    assert "other (15)" in [text.get_text() for text in legend.get_texts()]


def test_one_image_is_not_called_images(cases):
    assert draw_overview(cases.head(1)).get_suptitle() == "1 image, 16 x 8 pixels"
    assert draw_samples(choose_samples(cases, count=1), [(np.zeros((8, 8)), None)], 0).get_suptitle() == "1 patient"


def test_sites_whose_long_names_begin_and_end_alike_stay_apart(cases):
    names = [f"University hospital {name}, radiology" for name in ("A", "A", "B", "C", "D")]
    sites = panels(draw_overview(cases.assign(site=names)))["Patients by site"]
    assert texts(sites) == ["1", "1", "1", "1"]
    assert [label.get_text() for label in sites.get_yticklabels()] == ["University hospita…diology"] * 4
