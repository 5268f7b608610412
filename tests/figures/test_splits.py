import pandas as pd

from tumourflow.figures.splits import draw_splits


def cohort(label: str = "", sites: int = 2) -> pd.DataFrame:
    """Patient p<n> has two slices; every third has no tumour; the first six train, then two validate and two test."""
    split = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    rows = [(f"p{n}", f"S{n % sites}", label and f"{label}{n % 2}", n % 3 * 5, split[n]) for n in range(10) for _ in range(2)]
    return pd.DataFrame(rows, columns=["patient", "site", "label", "tumour_pixels", "split"])


def bars(axes) -> dict[str, list[float]]:
    return {container.get_label(): [bar.get_width() for bar in container] for container in axes.containers}


def test_patients_are_counted_by_class_site_and_split():
    figure = draw_splits(cohort("c"))
    first, second = figure.axes
    assert (first.get_title(), second.get_title()) == ("c0 (n = 5)", "c1 (n = 5)")
    assert bars(first) == {"S0": [3, 1, 1], "S1": [0, 0, 0]}
    assert [label.get_text() for label in first.get_yticklabels()] == ["train", "validation", "test"]
    assert [text.get_text() for text in first.texts] == ["3 (6 images)", "1 (2 images)", "1 (2 images)"]
    assert figure.get_suptitle() == "Patients of each split, by class and site (train 6, validation 2, test 2)"


def test_without_classes_patients_with_tumour_stand_beside_those_without():
    figure = draw_splits(cohort())
    assert [axes.get_title() for axes in figure.axes] == ["with tumour (n = 6)", "without tumour (n = 4)"]
    assert bars(figure.axes[1]) == {"S0": [1, 1, 0], "S1": [1, 0, 1]}


def test_rare_classes_and_sites_are_drawn_together():
    figure = draw_splits(cohort(sites=9))
    assert list(bars(figure.axes[0]))[-1] == "other"
    assert len(bars(figure.axes[0])) == 6


def test_a_split_without_patients_has_an_empty_bar():
    figure = draw_splits(cohort().assign(split="train"))
    assert [text.get_text() for text in figure.axes[0].texts] == ["6 (12 images)", "0 (0 images)", "0 (0 images)"]
