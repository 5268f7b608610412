import logging

import keras
import numpy as np
import pytest

from tumourflow.networks import build_unet, lanes
from tumourflow.networks.lanes import compile_forward, count_lanes, join_lanes, split_lanes

needs_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="lanes are TensorFlow's")


@pytest.fixture
def threads(monkeypatch):
    def ask(each_operation: str, side_by_side: str) -> None:
        monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", each_operation)
        monkeypatch.setenv("TF_NUM_INTEROP_THREADS", side_by_side)
        monkeypatch.setattr(lanes, "has_gpu", lambda: False)

    return ask


@needs_tensorflow
@pytest.mark.parametrize(
    ("each_operation", "side_by_side", "images", "wanted"),
    [
        ("1", "2", 16, 2),
        ("1", "2", 15, 1),
        ("1", "4", 24, 3),
        ("1", "4", 64, 4),
        ("2", "2", 16, 1),
        ("1", "0", 16, 1),
        ("1", "2", 1, 1),
        ("1", "", 16, 1),
    ],
)
def test_there_are_as_many_lanes_as_threads_and_eight_images_in_each(threads, each_operation, side_by_side, images, wanted) -> None:
    threads(each_operation, side_by_side)
    assert count_lanes(images) == wanted


@needs_tensorflow
def test_a_forward_pass_divides_small_batches_too(threads) -> None:
    threads("1", "2")
    assert (count_lanes(3, 1), count_lanes(1, 1)) == (2, 1)


def test_a_gpu_has_no_lanes(threads, monkeypatch) -> None:
    threads("1", "2")
    monkeypatch.setattr(lanes, "has_gpu", lambda: True)
    assert count_lanes(16) == 1


@needs_tensorflow
def test_images_are_dealt_and_come_back_in_their_order(threads) -> None:
    threads("1", "2")
    batch = np.arange(17)[:, None]
    parts = split_lanes(batch)
    assert [part.ravel().tolist() for part in parts] == [list(range(0, 17, 2)), list(range(1, 17, 2))]
    np.testing.assert_array_equal(join_lanes(parts), batch)
    assert [len(part) for part in split_lanes(batch[:9])] == [9]
    assert [len(part) for part in split_lanes(batch[:9], 1)] == [5, 4]


@needs_tensorflow
def test_outputs_by_name_are_joined_by_name(threads) -> None:
    threads("1", "2")
    joined = join_lanes([{"a": part, "b": -part} for part in split_lanes(np.arange(16))])
    np.testing.assert_array_equal(joined["a"], np.arange(16))
    np.testing.assert_array_equal(joined["b"], -np.arange(16))


@pytest.mark.parametrize("images", [3, 16, 19])
def test_a_compiled_forward_pass_gives_what_the_model_gives(threads, images) -> None:
    threads("1", "2")
    model = build_unet((8, 8, 1), width=2, depth=1, seed=3)
    batch = np.random.default_rng(0).normal(size=(images, 8, 8, 1)).astype(np.float32)
    found = compile_forward(model)(batch)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, keras.ops.convert_to_numpy(model(batch, training=False)), rtol=1e-5, atol=1e-6)


@needs_tensorflow
def test_images_of_many_sizes_are_no_cause_for_a_warning(monkeypatch) -> None:
    warned = []
    monkeypatch.setattr(logging.getLogger("tensorflow"), "handle", lambda record: warned.append(record.getMessage()))
    seen = keras.Input((None, None, 1))
    forward = compile_forward(keras.Model(seen, keras.layers.Conv2D(1, 1)(seen)))
    for side in range(8, 16):
        assert forward(np.zeros((2, side, side, 1), np.float32)).shape == (2, side, side, 1)
    assert not warned
