import pytest

from tumourflow.errors import UserError
from tumourflow.options import PreparationOptions, TrainingOptions
from tumourflow.options.plan import is_given, planned_preparation, planned_training, take_as_given

PLAN = {
    "preparation": {"size": 160, "normalisation": "percentile", "context": 0},
    "training": {"network": "unet", "width": 32, "depth": 5, "batch": 8},
}
AUTO = TrainingOptions(network="auto", steps=7)


def test_a_plan_stands_in_for_what_nobody_chose_and_for_nothing_else() -> None:
    training = planned_training(PLAN, AUTO)
    assert training == TrainingOptions(network="unet", width=32, depth=5, batch=8, steps=7)
    preparation = planned_preparation(PLAN, PreparationOptions(crop="fan"), AUTO)
    assert preparation == PreparationOptions(size=160, normalisation="percentile", context=0, crop="fan")


def test_what_somebody_chose_stands_above_the_plan() -> None:
    assert planned_training(PLAN, AUTO.model_copy(update={"width": 8})).width == 8
    assert planned_preparation(PLAN, PreparationOptions(context=2), AUTO).context == 2


def test_a_network_with_a_name_is_taken_as_given_whatever_an_earlier_run_has_planned() -> None:
    named = TrainingOptions(network="resunet")
    assert planned_training(PLAN, named) is named
    assert planned_preparation(PLAN, PreparationOptions(), named) == PreparationOptions()


def test_a_plan_that_somebody_edited_is_checked() -> None:
    for name, value in (("width", 0), ("network", "unett"), ("widht", 8)):
        with pytest.raises(UserError, match=rf"plan\.yml\) cannot be followed: `{name}` is {value!r}"):
            planned_training(PLAN | {"training": PLAN["training"] | {name: value}}, AUTO)


@pytest.mark.parametrize("edited", [None, {}, {"training": None}, {"preparation": 128, "training": "unet"}, ["preparation", "training"]])
def test_a_plan_that_lost_a_group_is_told(edited: object) -> None:
    for follow in (lambda: planned_preparation(edited, PreparationOptions(), AUTO), lambda: planned_training(edited, AUTO)):
        with pytest.raises(UserError, match=r"plan\.yml\) cannot be followed: it has no group `(preparation|training)`"):
            follow()


def test_without_anything_to_plan_the_plan_is_the_parameters() -> None:
    plan, reasons = take_as_given(PreparationOptions(size=64), TrainingOptions(network="resunet", depth=3))
    assert plan == {
        "preparation": {"size": 64, "normalisation": "zscore", "context": 1},
        "training": {"network": "resunet", "width": 16, "depth": 3, "batch": 16, "precision": "auto"},
    }
    told = {reason.parameter: reason for reason in reasons}
    assert told["preparation.size"] == ("preparation.size", 128, 64, "as given")
    assert told["training.network"] == ("training.network", "unet", "resunet", "as given")
    assert len(told) == 8


def test_a_value_at_its_default_is_nobodys() -> None:
    assert not is_given(TrainingOptions(width=16), "width")
    assert is_given(TrainingOptions(network="resunet"), "network")
