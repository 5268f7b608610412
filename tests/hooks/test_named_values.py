import math
import string

from mlflow.utils.validation import _validate_metric_name

from tumourflow.hooks.named_values import describe_parameters, flatten, numbers
from tumourflow.options import parse_parameters


def test_leaves_get_dotted_names_and_a_value_that_of_its_metric():
    tree = {"test": {"volume_dice": {"value": 0.8, "low": 0.7, "n": 12, "unit": "patient"}}, "seed": 0}
    assert flatten(tree) == {
        "test.volume_dice": 0.8,
        "test.volume_dice.low": 0.7,
        "test.volume_dice.n": 12,
        "test.volume_dice.unit": "patient",
        "seed": 0,
    }


def test_decisions_are_one_parameter_whatever_the_cases_are_called():
    values = {"raw_root": "x", "ingestion": {"reader": "busi"}, "curation": {"decisions": {"benign (4)": "kept: seen"}}}
    described = describe_parameters(parse_parameters(values))
    assert described["curation.decisions"] == '{"benign (4)": "kept: seen"}'
    assert not any("(" in name for name in described)


def test_only_numbers_are_metrics():
    assert numbers({"a": 1, "b": 0.5, "c": None, "d": "patient", "e": True, "f": math.inf}) == {
        "a": 1.0,
        "b": 0.5,
        "f": math.inf,
    }


def test_classes_may_be_called_as_a_folder_may():
    """All signs of a keyboard, and two names that differ in one that MLflow refuses."""
    names = [f"recall.{string.punctuation}", "recall.<2 cm", "recall.>2 cm", "recall.Ödem", "recall.a//b/"]
    logged = numbers(dict.fromkeys(names, 0.5))
    assert len(logged) == len(names)
    assert logged["recall.Ödem"] == 0.5
    for name in logged:
        _validate_metric_name(name)


def test_marks_are_no_metrics():
    marked = {"leaky": True, "protocol": "slice", "note": "none yet", "test": {"volume_dice": {"value": 0.8}}}
    assert numbers(flatten(marked)) == {"test.volume_dice": 0.8}
