import numpy as np
import pandas as pd
import pytest

from tumourflow.figures.duplicates import choose_pairs, draw_pairs


@pytest.fixture
def cases() -> pd.DataFrame:
    return pd.DataFrame({"case_id": [f"c{number:02}" for number in range(40)], "label": "x", "image": [f"k{n:02}" for n in range(40)]})


@pytest.fixture
def pairs() -> pd.DataFrame:
    """c00 with each of the others, less and less alike; c05 has another label, c01 is equal."""
    table = pd.DataFrame({"first": "c00", "second": [f"c{number:02}" for number in range(1, 40)]})
    return table.assign(correlation=np.linspace(1, 0.98, 39), exact=table["second"] == "c01", same_label=table["second"] != "c05")


def read(key: str) -> np.ndarray:
    return np.arange(64, dtype=np.uint8).reshape(8, 8) + int(key[1:])


def test_the_least_alike_and_those_with_two_labels_are_among_the_chosen(pairs, cases):
    chosen = choose_pairs(pairs, cases, count=10)
    assert len(chosen) == 10
    assert chosen["correlation"].is_monotonic_increasing
    assert chosen["second"].iloc[0] == "c39"
    assert "c05" in set(chosen["second"])
    assert (chosen["second_image"] == "k" + chosen["second"].str[1:]).all()


def test_few_pairs_are_all_chosen(pairs, cases):
    assert len(choose_pairs(pairs, cases, count=100)) == 39
    assert len(choose_pairs(pairs.head(3), cases)) == 3


def test_a_pair_stands_side_by_side_under_names_labels_and_correlation(pairs, cases):
    chosen = choose_pairs(pairs.head(5), cases)
    figure = draw_pairs(chosen, 39, read)
    assert "5 of 39 pairs" in figure.get_suptitle()
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:2] == ["c00\nx\ncorrelation 0.998", "c05\nx\n"]
    assert "equal pixel by pixel" in titles[8]
    assert len(titles) == 16, "two rows of four pairs, three of which are missing"
    assert [bool(axes.images) for axes in figure.axes] == [True] * 10 + [False] * 6
    colours = {axes.get_title().split("\n")[0]: axes.title.get_color() for axes in figure.axes[1:10:2]}
    assert colours["c05"] != colours["c04"] == "black"


def test_all_pairs_of_a_small_cohort_are_drawn_and_of_a_large_one_as_many_as_can_be_looked_at(pairs, cases):
    figure = draw_pairs(choose_pairs(pairs, cases), len(pairs), read)
    assert "39 of 39 pairs" in figure.get_suptitle()
    assert sum(bool(axes.images) for axes in figure.axes) == 78
    many = pd.concat([pairs] * 3, ignore_index=True)
    assert "60 of 117 pairs" in draw_pairs(choose_pairs(many, cases), len(many), read).get_suptitle()


def test_large_images_are_shrunk(pairs, cases):
    figure = draw_pairs(choose_pairs(pairs.head(1), cases), 1, lambda _: np.zeros((1000, 800), np.uint8))
    assert [axes.images[0].get_array().shape for axes in figure.axes] == [(320, 256)] * 2


def test_pairs_of_excluded_cases_are_left_out_and_no_pair_gives_a_sentence(pairs, cases):
    left = choose_pairs(pairs.head(2), cases[cases["case_id"] != "c01"])
    assert left["second"].tolist() == ["c02"]
    for table, found in ((pairs.iloc[:0], 0), (pairs.head(2), 2)):
        empty = choose_pairs(table, cases.iloc[:0])
        sentence = draw_pairs(empty, found, read).axes[0].texts[0].get_text()
        assert ("left out" in sentence) == bool(found)


def test_a_long_name_keeps_its_end(cases, pairs):
    long = {"c00": "a/very/long/folder/name/of/some/patient/17"}
    chosen = choose_pairs(pairs.head(1).replace(long), cases.replace(long))
    title = draw_pairs(chosen, 1, read).axes[0].get_title()
    assert title.startswith("...")
    assert "patient/17" in title
