import keras
import numpy as np
import pytest
from scipy.special import expit

from tumourflow.networks import average_networks, build_unet, convert_precision, make_portable

SHAPE = (16, 16, 2)


@pytest.fixture(scope="module")
def members() -> list[keras.Model]:
    """Three portable networks of other weights, moving averages too."""
    return [scatter(make_portable(build_unet((None, None, 2), width=2, depth=1, seed=seed), SHAPE), seed) for seed in range(3)]


@pytest.fixture(scope="module")
def mean(members: list[keras.Model]) -> keras.Model:
    return average_networks(members)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, *SHAPE)).astype(np.float32)


def scatter(model: keras.Model, seed: int) -> keras.Model:
    rng = np.random.default_rng(seed)
    model.set_weights([weight + rng.uniform(0, 0.5, size=weight.shape) for weight in model.get_weights()])
    return model


def constant(logit: float) -> keras.Model:
    """A network that says the same everywhere, whatever it sees."""
    images = keras.Input((2, 2, 1), name="images")
    start = {"kernel_initializer": "zeros", "bias_initializer": keras.initializers.Constant(logit)}
    return keras.Model(images, keras.layers.Conv2D(1, 1, **start, name="logits")(images))


def test_probabilities_are_averaged_and_not_logits() -> None:
    """Probabilities .2 and .8 and .2 have the mean .4; the mean of their logits would be that of .3865."""
    said = average_networks([constant(float(np.log(odds))) for odds in (0.25, 4, 0.25)]).predict_on_batch(np.ones((1, 2, 2, 1)))
    np.testing.assert_allclose(expit(said), 0.4, rtol=1e-6)


@pytest.mark.parametrize(("logits", "mean_logit"), [((200.0, 200.0), 200.0), ((-200.0, -200.0), -200.0), ((200.0, -200.0), 0.0)])
def test_members_that_are_certain_leave_a_finite_logit(logits: tuple[float, float], mean_logit: float) -> None:
    said = average_networks([constant(logit) for logit in logits]).predict_on_batch(np.ones((1, 2, 2, 1)))
    np.testing.assert_allclose(said, mean_logit, atol=1e-3)


def test_it_gives_the_mean_of_what_its_members_give(members, mean, images) -> None:
    expected = np.mean([expit(member.predict_on_batch(images)) for member in members], axis=0)
    said = mean.predict_on_batch(images)
    assert (said.shape, said.dtype) == ((2, 16, 16, 1), np.float32)
    np.testing.assert_allclose(expit(said), expected, rtol=0, atol=1e-4)
    assert np.ptp([expit(member.predict_on_batch(images)) for member in members], axis=0).max() > 0.05


def test_one_network_stays_what_it_is(members, images) -> None:
    alone = average_networks(members[:1])
    np.testing.assert_allclose(alone.predict_on_batch(images), members[0].predict_on_batch(images), rtol=1e-4, atol=1e-5)


def test_it_has_the_weights_of_its_members_and_no_other(members, mean) -> None:
    assert mean.count_params() == sum(member.count_params() for member in members)
    assert len({layer.name for layer in mean.layers}) == len(mean.layers)
    before = [np.array(weight) for weight in members[0].get_weights()]
    scatter(average_networks(members), 9)
    for weight, kept in zip(members[0].get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)


def test_in_bfloat16_its_members_compute_in_bfloat16_and_the_mean_does_not(mean, images) -> None:
    fast = convert_precision(mean, "mixed_bfloat16")
    dtypes = {layer.name: layer.compute_dtype for layer in fast.layers if not isinstance(layer, keras.layers.InputLayer)}
    assert {dtype for name, dtype in dtypes.items() if not name.startswith("logits")} == {"bfloat16"}
    assert {dtype for name, dtype in dtypes.items() if name.startswith("logits")} == {"float32"}
    assert {f"logits_of_{number}" for number in range(3)} <= set(dtypes)
    difference = expit(fast.predict_on_batch(images)) - expit(mean.predict_on_batch(images))
    assert np.abs(difference).mean() < 0.01


def test_a_compiled_network_of_any_size_can_be_a_member(images) -> None:
    model = build_unet((None, None, 2), width=2, depth=1)
    model.compile("adam", loss="mse")
    assert average_networks([model, model]).predict_on_batch(images[:, :8]).shape == (2, 8, 16, 1)


def test_networks_of_other_inputs_cannot_be_averaged(members) -> None:
    with pytest.raises(ValueError, match="Received: 2 networks of the shapes"):
        average_networks([members[0], constant(0)])
    with pytest.raises(ValueError, match="Received: 0 networks"):
        average_networks([])
