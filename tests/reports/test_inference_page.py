import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from tumourflow.reports.inference_page import render_inference

HOSTILE = ["<script>alert(1)</script>.png", "\"><img src=x onerror='alert(1)'>.png", "{{ 7*7 }}{% raw %}.png", "a&lt;b.png", "ü☢\u202e.png"]


class Reader(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def no_mask(source: str) -> None:
    """Find nothing."""


def blank(source: str) -> np.ndarray:
    return np.zeros((8, 8), np.uint8)


def test_every_finding_has_a_row_with_its_status_and_reason(findings, inference_page):
    text = Reader(inference_page).text
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>', inference_page.partition('id="findings"')[2])
    assert rows == findings["source"].tolist()
    for reason in ("It looks like no scan.", "The file ends too early."):
        assert reason in text
    assert "Not for clinical use." in text


def test_a_page_asks_for_nothing_and_runs_nothing_but_its_own_script(inference_page):
    for tag, values in Reader(inference_page).tags:
        for name in ("src", "href", "srcset", "poster", "data", "action"):
            if address := values.get(name):
                assert address.startswith(("data:", "#")), (tag, address)
        assert not any(name.startswith("on") or name == "style" for name in values), (tag, values)
    assert "url(" not in inference_page
    assert "@import" not in inference_page
    assert re.search(r"default-src 'none'; [^\"]*script-src 'sha256-[\w+/=]+'\"", inference_page)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_whatever_they_hold(make_finding, name):
    rows = [make_finding(name, patient=name), make_finding(name + "2", patient="q", status="refused", reason=name)]
    hostile, harmless = (
        Reader(render_inference(pd.DataFrame(table), blank, no_mask))
        for table in (rows, [row | {"source": "a", "patient": "p", "reason": row["reason"] and "b"} for row in rows])
    )
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in harmless.tags]
    assert hostile.text.count(name) >= 3


def test_what_there_is_no_room_for_stands_in_the_table_and_the_page_says_so(make_finding):
    rows = [make_finding(f"{patient}/{place}.png", patient=patient, slice=place) for patient in "abc" for place in range(4)]
    asked: list[str] = []

    def read(source: str) -> np.ndarray:
        asked.append(source)
        return blank(source)

    page = render_inference(pd.DataFrame(rows), read, no_mask, pictures=6)
    assert len(asked) == page.count("<img") == 6
    assert "6 images stand in the table below without one, those of 1 patient among them." in page
    assert all(row["source"] in page for row in rows)


def test_slices_have_the_numbers_of_the_table_where_one_cannot_be_read(make_finding):
    states = ["unreadable", "done", "done", "unreadable"]
    rows = [make_finding(f"a/{place}.png", patient="a", slice=place, status=state) for place, state in enumerate(states)]
    page = render_inference(pd.DataFrame(rows), blank, no_mask)
    assert re.findall(r'data-told="(Slice .*?):', page) == ["Slice 2 of 4", "Slice 3 of 4"]
    assert re.findall(r'<th scope="row">a/[12].png</th><td>a</td><td>(.*?)</td>', page) == ["2", "3"]


@pytest.mark.parametrize(("segmentation", "told"), [("done", True), ("no model", False)])
def test_images_with_tumour_are_counted_where_any_was_segmented(make_finding, segmentation, told):
    page = render_inference(pd.DataFrame([make_finding("a.png", segmentation=segmentation)]), blank, no_mask)
    assert ("images with tumour" in page) == told


def test_an_area_stands_where_somebody_looked_for_it(findings):
    rows = findings.fillna({"area": 0})
    page = render_inference(rows, blank, no_mask).partition('id="findings"')[2]
    areas = [re.findall(r"<td>(.*?)</td>", row)[5] for row in page.split("<tr>")[2:]]
    assert areas == ["0", "12 mm²", "0", "–", "–", "–"]


def test_a_long_table_comes_in_parts_that_together_are_all(make_finding):
    rows = [make_finding(f"{place}.png", patient=str(place), status="refused") for place in range(1003)]
    page = render_inference(pd.DataFrame(rows), blank, no_mask).partition('id="findings"')[2]
    assert re.findall(r"<summary>(.*?)</summary>", page) == [
        "Images 1 to 500 of 1,003",
        "Images 501 to 1,000 of 1,003",
        "Images 1,001 to 1,003 of 1,003",
    ]
    assert re.findall(r'<tr><th scope="row">(.*?)</th>', page) == [row["source"] for row in rows]


def test_images_are_read_of_what_was_done_alone(findings, make_finding):
    asked: list[str] = []
    render_inference(findings, lambda source: asked.append(source) or blank(source), no_mask)
    assert asked == ["ann/1.png", "ann/2.png", "ann/3.png", "bob.png"]


def test_missing_texts_are_no_words(make_finding):
    rows = [make_finding("a.png", type=None, reason=None, typing_model=None), make_finding("b.png", slice=None, status="unreadable")]
    text = Reader(render_inference(pd.DataFrame(rows), blank, no_mask)).text
    assert not re.search(r"\b(nan|None|NaN)\b", text)


def test_without_any_image_the_page_says_so(findings):
    page = render_inference(findings[findings["status"] != "done"], blank, no_mask)
    assert "No image was looked at." in page


def test_the_page_can_be_found_the_way_in_by_those_who_do_not_see_it(inference_page):
    tags = Reader(inference_page).tags
    ids = [values["id"] for _, values in tags if "id" in values]
    assert len(ids) == len(set(ids))
    assert ("html", {"lang": "en"}) in tags
    assert all(values.get("alt") for tag, values in tags if tag == "img")
    labels = {values.get("for") for tag, values in tags if tag == "label"}
    ranges = [values for tag, values in tags if tag == "input"]
    assert [values["type"] for values in ranges] == ["range"]  # bob has one slice alone
    assert all(values["id"] in labels for values in ranges)
    assert sum(tag == "table" for tag, _ in tags) == sum(tag == "caption" for tag, _ in tags) == 3
    assert all(values.get("scope") in ("row", "col") for tag, values in tags if tag == "th")
    named = {name for _, values in tags for name in (values.get("aria-labelledby") or "").split()}
    assert named <= set(ids)
    headings = [int(tag[1]) for tag, _ in tags if re.fullmatch(r"h\d", tag)]
    assert all(after <= before + 1 for before, after in zip([0, *headings], headings, strict=False))
