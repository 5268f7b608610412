from tumourflow.options.planning.cohort import Cohort


def test_a_description_says_what_the_rules_look_at() -> None:
    description = {
        "ordered": False,
        "view_side": {"low": 90, "median": 100, "high": 120},
        "tumour_diameter_of_view": {"low": 0.1, "median": 0.2, "high": 0.3},
        "tumour_clipped": {"zscore": 0.1, "percentile": 0.0},
    }
    assert Cohort.from_description(description) == Cohort(False, 100, 120, 0.2, {"zscore": 0.1, "percentile": 0.0})
    assert Cohort.from_description(description | {"tumour_diameter_of_view": None}).tumour is None
