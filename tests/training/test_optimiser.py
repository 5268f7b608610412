import keras
import numpy as np
import pytest

from tumourflow.training.optimiser import PartedAdamW


def step(held_rate: float | None, weight_decay: float = 0.0) -> tuple[float, float]:
    """What one step with gradient 1 and learning rate .1 changes in a free weight and in one that is held back."""
    free, held = keras.Variable([1.0], name="free"), keras.Variable([1.0], name="held")
    optimizer = PartedAdamW(0.1, weight_decay=weight_decay, held_back=iter([held]))
    optimizer.build([free, held])
    if held_rate is not None:
        optimizer.held_rate.assign(held_rate)
    optimizer.apply([np.ones(1, np.float32), np.ones(1, np.float32)], [free, held])
    return 1 - float(np.asarray(free)[0]), 1 - float(np.asarray(held)[0])


def test_the_first_step_of_adam_is_the_learning_rate_times_the_share() -> None:
    assert step(0.5) == (pytest.approx(0.1, abs=1e-5), pytest.approx(0.05, abs=1e-5))


def test_until_told_otherwise_nothing_is_held_back() -> None:
    assert step(None) == (pytest.approx(0.1, abs=1e-5), pytest.approx(0.1, abs=1e-5))


@pytest.mark.parametrize(("name", "after"), [("kernel", 0.95), ("bias", 1), ("gamma", 1), ("beta", 1)])
def test_biases_and_what_normalises_do_not_decay(name: str, after: float) -> None:
    """Without gradient; decay .5 at learning rate .1 takes a twentieth."""
    weight = keras.Variable([1.0], name=name)
    optimizer = PartedAdamW(0.1, weight_decay=0.5)
    optimizer.build([weight])
    optimizer.apply([np.zeros(1, np.float32)], [weight])
    assert float(np.asarray(weight)[0]) == pytest.approx(after)


def test_at_rate_zero_nothing_moves() -> None:
    assert step(0.0) == (pytest.approx(0.1, abs=1e-5), 0.0)


def test_the_free_weight_decays_and_the_other_does_not() -> None:
    """Decay .5 at learning rate .1 takes a twentieth of a weight of 1."""
    assert step(0.0, weight_decay=0.5) == (pytest.approx(0.15, abs=1e-3), 0.0)


def test_the_rate_is_part_of_the_state() -> None:
    """Otherwise a resumed training would forget it, and JAX take it for a constant."""
    optimizer = PartedAdamW(0.1, weight_decay=0.0)
    assert any(variable is optimizer.held_rate for variable in optimizer.variables)


def test_five_steps_are_those_of_adamw() -> None:
    """Keras's own is the reference for the fused kernel; its matrix decays, its bias does not."""
    rng = np.random.default_rng(0)
    values = {"kernel": rng.normal(size=(3, 4)).astype(np.float32), "bias": rng.normal(size=4).astype(np.float32)}
    gradients = [[rng.normal(size=value.shape).astype(np.float32) for value in values.values()] for _ in range(5)]
    found = []
    for optimizer in (PartedAdamW(0.01, weight_decay=0.1), keras.optimizers.AdamW(0.01, weight_decay=0.1)):
        variables = [keras.Variable(value, name=name) for name, value in values.items()]
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        optimizer.build(variables)
        for gradient in gradients:
            optimizer.apply(gradient, variables)
        found.append([np.asarray(variable) for variable in variables])
    for ours, reference, first in zip(*found, values.values(), strict=True):
        np.testing.assert_allclose(ours, reference, rtol=1e-5, atol=1e-7)
        assert np.abs(ours - first).min() > 1e-4
