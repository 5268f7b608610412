import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.reports.findings import list_facts, list_steps, tell_finding, tell_patient
from tumourflow.reports.viewers import choose_shown, choose_slices

AREAS = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


@given(AREAS, st.integers(1, 70))
def test_slices_that_are_shown_are_as_many_as_there_is_room_for_and_the_largest_tumour_is_among_them(areas, most):
    places = choose_slices(areas, most)
    assert places == sorted(set(places))
    assert len(places) == min(most, len(areas))
    assert max(areas) == max(areas[place] for place in places)


def test_patients_with_tumour_are_shown_before_others_in_the_order_of_the_table():
    patients = {name: pd.DataFrame({"area": [0.0, area]}) for name, area in (("a", 0.0), ("b", 7.0), ("c", 0.0), ("d", 3.0))}
    assert choose_shown(patients, 5) == {"a": [0], "b": [0, 1], "d": [0, 1]}
    assert choose_shown(patients, 1) == {"b": [1]}
    assert choose_shown(patients, 0) == {}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "no tumour found"),
        ({"segmentation": "none to do"}, "no tumour found"),
        ({"area": 1200.0}, "tumour of 1,200 pixels"),
        ({"area": 1200.0, "area_mm2": 300.4}, "tumour of 300 mm²"),
        ({"segmentation": "no model"}, "not segmented, for there is no model"),
        ({"status": "refused"}, "refused"),
    ],
)
def test_what_was_found_is_told_in_a_few_words(make_finding, values, told):
    assert tell_finding(make_finding("a.png", **values)) == told


def test_only_what_is_known_is_a_fact(findings):
    first, second = (dict(list_facts(findings.iloc[place].to_dict())) for place in (0, 1))
    assert first == {"Image": "ann/1.png", "Kind": "brain-flair3", "Tumour probability": "0.25"}
    assert second["Area"] == "12 mm² (48 pixels)"
    assert second["Largest diameter"] == "4.8 mm"
    assert second["Centre"] == "row 12, column 13"
    assert (second["Confidence"], second["Uncertainty"], second["Type"]) == ("0.80", "0.050", "glioma (0.75)")


def test_a_patient_is_summed_up(findings):
    told = tell_patient(findings[findings["patient"] == "ann"])
    expected = [("Slices with tumour", "1 of 3"), ("Largest area", "12 mm²"), ("Largest diameter", "4.8 mm"), ("Type", "glioma (0.75)")]
    assert told == expected


def test_of_a_patient_whom_nobody_segmented_no_slice_is_without_tumour(findings):
    unsegmented = findings[findings["patient"] == "ann"].assign(segmentation="no model", area=0)
    assert tell_patient(unsegmented) == [("Type", "glioma (0.75)")]


def test_each_step_tells_its_models_and_where_there_was_none(findings):
    router, detection, segmentation, typing = list_steps(findings)
    assert router[1:] == ("router v1 (4 images)", "4", "0", "0")
    assert detection[1:] == ("lgg-classification v2 (4 images)", "4", "0", "0")
    assert segmentation[1:] == ("lgg-segmentation v3 (3 images)", "3", "0", "1")
    assert typing[1:] == ("t v1 (1 image)", "1", "0", "3")
