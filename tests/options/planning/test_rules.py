from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.options import PreparationOptions, TrainingOptions, parse_parameters
from tumourflow.options.agreement import require_fit
from tumourflow.options.plan import planned_preparation, planned_training
from tumourflow.options.planning import Cohort, Machine, make_plan
from tumourflow.options.planning.costs import Step, fits

AUTO = TrainingOptions(network="auto", time_budget_minutes=10)
LGG = Cohort(ordered=True, view=190, widest_view=220, tumour=0.25, clipped={"zscore": 0.01, "percentile": 0.02})
TWO_CORES = Machine(memory=24 * 2**30, gpu=False, bfloat16=True)
DEFAULT = {
    "preparation": {"size": 128, "normalisation": "zscore", "context": 1},
    "training": {"network": "unet", "width": 16, "depth": 4, "batch": 16, "precision": "float32"},
}


def plan(cohort: Cohort = LGG, machine: Machine = TWO_CORES, training: TrainingOptions = AUTO) -> dict:
    return make_plan(cohort, machine, "float32", PreparationOptions(), training)[0]


def test_ten_minutes_on_two_cores_are_no_cause_for_anything_but_the_default() -> None:
    assert plan() == DEFAULT


def test_slices_without_order_have_no_neighbours() -> None:
    assert plan(replace(LGG, ordered=False))["preparation"]["context"] == 0


def test_how_much_each_normalisation_clips_is_told_and_changes_nothing() -> None:
    made, reasons = make_plan(replace(LGG, clipped={"zscore": 0.06, "percentile": 0}), TWO_CORES, "float32", PreparationOptions(), AUTO)
    assert made == DEFAULT
    told = {reason.parameter: reason.because for reason in reasons}
    assert told["preparation.normalisation"] == "the default; of the tumours' pixels `zscore` clips 6.0%, `percentile` clips 0.0%"


def test_what_somebody_gave_stays_and_is_said_to_be_given() -> None:
    preparation, training = PreparationOptions(size=64, context=2), AUTO.model_copy(update={"width": 8})
    made, reasons = make_plan(replace(LGG, ordered=False), TWO_CORES, "float32", preparation, training)
    assert (made["preparation"]["size"], made["preparation"]["context"], made["training"]["width"]) == (64, 2, 8)
    told = {reason.parameter for reason in reasons if reason.because == "given"}
    assert told == {"preparation.size", "preparation.context", "training.width"}


def test_where_a_plan_departs_from_a_default_it_says_that_the_default_cannot_be_given() -> None:
    _, reasons = make_plan(replace(LGG, ordered=False), TWO_CORES, "float32", PreparationOptions(context=1), AUTO)
    told = {reason.parameter: reason.because for reason in reasons}
    assert told["preparation.context"] == "slices have no order; 1 is the default, and counts as not given whoever gave it"
    assert not any("counts" in because for parameter, because in told.items() if parameter != "preparation.context")


def test_every_planned_value_has_a_reason() -> None:
    made, reasons = make_plan(LGG, TWO_CORES, "bfloat16", PreparationOptions(), AUTO)
    values = {f"{group}.{name}": value for group, named in made.items() for name, value in named.items()}
    assert {reason.parameter: reason.planned for reason in reasons} == values
    assert values["training.precision"] == "bfloat16"
    assert all(reason.because for reason in reasons)


@pytest.mark.parametrize(("gpu", "minutes"), [(True, 30), (False, 24 * 60)])
def test_a_gpu_or_a_day_alone_is_no_cause(gpu: bool, minutes: float) -> None:
    made = plan(machine=replace(TWO_CORES, gpu=gpu), training=TrainingOptions(network="auto", time_budget_minutes=minutes))
    assert (made["preparation"]["size"], made["training"]["width"]) == (128, 16)


cohorts = st.builds(
    Cohort,
    ordered=st.booleans(),
    view=st.floats(8, 4000),
    widest_view=st.floats(8, 4000),
    tumour=st.none() | st.floats(0, 2),
    clipped=st.fixed_dictionaries({"zscore": st.floats(0, 1), "percentile": st.floats(0, 1)}),
)
machines = st.builds(Machine, memory=st.integers(2**31, 2**40), gpu=st.booleans(), bfloat16=st.booleans())
preparations = st.builds(PreparationOptions, size=st.sampled_from([128, 128, 64, 256]), context=st.integers(0, 3))
trainings = st.builds(
    TrainingOptions,
    network=st.just("auto"),
    depth=st.sampled_from([4, 4, 2, 6]),
    width=st.sampled_from([16, 16, 8]),
    steps=st.none() | st.integers(1, 10**7),
    time_budget_minutes=st.floats(0.01, 10**4),
)


@given(cohorts, machines, preparations, trainings)
def test_every_plan_is_a_recipe_that_can_be_run_here(cohort, machine, preparation, training) -> None:
    made, _ = make_plan(cohort, machine, "float32", preparation, training)
    values = parse_parameters({"raw_root": "x", "ingestion": {"reader": "paired"}, **made})
    followed = planned_training(made, training)
    require_fit(values.preparation, followed, multi_scale=preparation.size == 128)
    assert followed.network == "unet"
    assert planned_preparation(made, preparation, training).size == values.preparation.size
    step = Step(values.preparation.size, followed.width, followed.depth, followed.batch)
    assert fits(step, machine) or preparation.size != 128
    assert followed.steps == training.steps
