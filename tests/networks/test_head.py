import keras
import numpy as np
import pytest

from tumourflow.networks.head import TUMOUR_SHARE, check_numbers, give_logits


def test_an_untrained_network_expects_the_usual_share_of_tumour() -> None:
    x = keras.Input((1, 1, 3))
    logits = keras.Model(x, give_logits(x, seed=0)).predict_on_batch(np.zeros((1, 1, 1, 3), np.float32))
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), TUMOUR_SHARE, rtol=1e-5)


def test_the_kernel_depends_on_name_and_seed() -> None:
    x = keras.Input((1, 1, 3))
    kernels = []
    for name, seed in [("logits", 0), ("logits", 0), ("logits", 1), ("logits_coarse", 0)]:
        model = keras.Model(x, give_logits(x, seed, name))
        kernels.append(model.get_layer(name).get_weights()[0].ravel().tolist())
    assert kernels[0] == kernels[1]
    assert kernels[0] not in kernels[2:]


@pytest.mark.parametrize("shape", [(32, 16, 3), (None, None, 3), (None, 8, 1)])
def test_sides_that_are_divisible_or_unknown_pass(shape: tuple[int | None, int | None, int]) -> None:
    check_numbers(shape, 8, "2^depth", width=1, depth=3)


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(ValueError, match=r"`width` and `depth` must be at least 1. Received: width=4, depth=0."):
        check_numbers((32, 32, 3), 1, "2^depth", width=4, depth=0)
    with pytest.raises(ValueError, match=r"divisible by 2\^depth = 8. Received: input_shape=\(32, 12, 3\)"):
        check_numbers((32, 12, 3), 8, "2^depth", width=4, depth=3)
