import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.options import TrainingOptions
from tumourflow.training import devices
from tumourflow.training.devices import choose_devices

BOTH_WAYS = """
import json, os, sys
from pathlib import Path
import numpy as np
import pandas as pd

shares = []
if os.environ["KERAS_BACKEND"] == "tensorflow":
    import tensorflow as tf
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], 2 * [tf.config.LogicalDeviceConfiguration()])
else:
    import jax
    lay = jax.make_array_from_process_local_data
    def watched(*arguments):
        whole = lay(*arguments)
        shares.extend([shard.device.id, len(shard.data)] for shard in (whole.addressable_shards if whole is not None else ()))
        return whole
    jax.make_array_from_process_local_data = watched

import keras
from tumourflow.datasets.checkpoint import Checkpoint
from tumourflow.imaging.layout import InputLayout
from tumourflow.options import AugmentationOptions, TrainingOptions
from tumourflow.training import assemble, loop, pace, train_segmenter

if keras.backend.backend() == "tensorflow":
    from tumourflow.training import mirrored
    step = mirrored.MirroredLearner._step_on_share
    def watched(self, images, masks):
        replica = tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group)
        shares.append([int(replica), images.shape[0]])
        return step(self, images, masks)
    mirrored.MirroredLearner._step_on_share = watched

folder = Path(sys.argv[1])
assemble.choose_precision = lambda wanted: "float32"
loop.REPORT_SECONDS = 0.0

losses = []
count = pace.Pace.count
def noted(self, images, loss):
    losses.append(loss)
    count(self, images, loss)
pace.Pace.count = noted

class Interruption(Exception):
    pass

def train(devices, name, until=1000, **options):
    def listener(event):
        if event["step"] >= until and "validation_dice" not in event:
            raise Interruption
    return train_segmenter(
        np.load(folder / "images.npy"), np.load(folder / "masks.npy"), pd.read_parquet(folder / "index.parquet"), InputLayout(2, 0, 1),
        augmentation=AugmentationOptions(), seed=1, listener=listener, checkpoint=Checkpoint(folder / f"{name}.npz", {}),
        options=TrainingOptions(
            width=2, depth=1, batch=4, steps=10, validations=5, coarse=0.3, learning_rate=0.01, devices=devices, **options
        ),
    )

def tell(trained, losses):
    return {"losses": losses, "validation_losses": trained.curves["validation_loss"].tolist(), "record": trained.record}

one = tell(train(1, "one"), list(losses))
assert not shares
losses.clear()
try:
    train(2, "two", until=5)
except Interruption:
    del losses[4:]  # the last validation was after the fourth step
    two = train(2, "two", resume=True)
two.model.save(folder / "two.keras")
prediction = two.model.predict(np.ones((1, 32, 32, 4)), verbose=0).tolist()
(folder / "told.json").write_text(json.dumps({"one": one, "two": tell(two, losses), "shares": shares, "prediction": prediction}))
"""

# What runs so short is not worth optimising for.
ON_JAX = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2 --xla_backend_optimization_level=0"}
BACKENDS = {"tensorflow": {}, "jax": ON_JAX}


@pytest.fixture(scope="module", params=BACKENDS)
def told(request, tmp_path_factory, make_cohort) -> dict[str, Any]:
    """What a process tells that trained on one virtual processor and on two; the latter was interrupted after the fifth step."""
    if os.environ.get("KERAS_BACKEND") == "jax":
        pytest.skip("TensorFlow's process starts that of JAX")
    folder: Path = tmp_path_factory.mktemp(request.param)
    images, masks, index = make_cohort({"a": "train", "b": "test", "c": "train", "d": "validation", "e": "train", "f": "validation"})
    np.save(folder / "images.npy", images)
    np.save(folder / "masks.npy", masks)
    index.to_parquet(folder / "index.parquet")
    variables = os.environ | {"KERAS_BACKEND": request.param, "TF_CPP_MIN_LOG_LEVEL": "2"} | BACKENDS[request.param]
    done = subprocess.run(
        [sys.executable, "-c", BOTH_WAYS, str(folder)], env=variables, capture_output=True, text=True, check=False, timeout=1200
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return json.loads((folder / "told.json").read_text()) | {"folder": folder}


def test_the_loss_curve_of_two_devices_is_that_of_one_though_interrupted(told) -> None:
    one, two = told["one"], told["two"]
    assert len(one["losses"]) == len(two["losses"]) == 10
    np.testing.assert_allclose(two["losses"], one["losses"], rtol=1e-4)
    np.testing.assert_allclose(two["validation_losses"], one["validation_losses"], rtol=1e-4)
    assert np.ptp(one["validation_losses"]) > 1e-3


def test_the_record_tells_how_many_devices_trained(told) -> None:
    records = [told[name]["record"] for name in ("one", "two")]
    assert [record.pop("devices") for record in records] == [1, 2]
    assert records[0]["options"] == records[1]["options"]


def test_each_device_has_half_of_every_batch(told) -> None:
    assert {tuple(share) for share in told["shares"]} == {(0, 2), (1, 2)}


def test_what_two_devices_trained_loads_where_there_is_one(told) -> None:
    import keras

    model = keras.saving.load_model(told["folder"] / "two.keras")
    assert not any(getattr(layer, "synchronized", False) for layer in model.layers)
    np.testing.assert_allclose(model.predict(np.ones((1, 32, 32, 4)), verbose=0), told["prediction"], rtol=1e-3, atol=1e-4)


@pytest.fixture
def gpus(monkeypatch):
    """`gpus(3)` gives this machine three GPUs; `gpus(0)` a processor."""

    def install(number: int) -> None:
        there = [f"gpu:{place}" for place in range(number)] or ["cpu:0"]
        monkeypatch.setattr(devices.keras.distribution, "list_devices", lambda: there)
        monkeypatch.setattr(devices, "has_gpu", lambda: number > 0)

    return install


@pytest.mark.parametrize(
    ("there", "batch", "chosen"),
    [(0, 16, ["cpu:0"]), (1, 16, ["gpu:0"]), (4, 16, ["gpu:0", "gpu:1", "gpu:2", "gpu:3"]), (3, 16, ["gpu:0", "gpu:1"]), (2, 3, ["gpu:0"])],
)
def test_auto_takes_all_gpus_that_can_share_a_batch(gpus, there: int, batch: int, chosen: list[str]) -> None:
    gpus(there)
    assert choose_devices("auto", batch) == chosen


def test_auto_leaves_virtual_processors_alone(monkeypatch) -> None:
    monkeypatch.setattr(devices.keras.distribution, "list_devices", lambda: ["cpu:0", "cpu:1"])
    monkeypatch.setattr(devices, "has_gpu", lambda: False)
    assert choose_devices("auto", 16) == ["cpu:0"]
    assert choose_devices(2, 16) == ["cpu:0", "cpu:1"]


@pytest.mark.parametrize(
    ("there", "wanted", "batch", "sentence"),
    [
        (0, 2, 16, "`training.devices` is 2, but there are 1 here (cpu:0): ask for no more, or for `auto`."),
        (2, 3, 16, "`training.devices` is 3, but there are 2 here (gpu:0, gpu:1): ask for no more, or for `auto`."),
        (4, 3, 16, "`training.batch` is 16, which 3 devices cannot share evenly: make it a multiple of 3, such as 15."),
        (4, 3, 2, "`training.batch` is 2, which 3 devices cannot share evenly: make it a multiple of 3, such as 3."),
    ],
)
def test_what_cannot_be_had_is_named_with_what_can(gpus, there: int, wanted: int, batch: int, sentence: str) -> None:
    gpus(there)
    with pytest.raises(UserError) as caught:
        choose_devices(wanted, batch)
    assert str(caught.value) == sentence


def test_the_number_of_devices_is_not_part_of_what_decides_about_the_weights() -> None:
    assert TrainingOptions(devices=2).describe() == TrainingOptions(devices="auto").describe()


@pytest.mark.parametrize("devices", [0, -1, "all", 1.5, True])
def test_devices_are_counted_or_left_to_the_machine(devices) -> None:
    with pytest.raises(ValueError, match="allowed is: 'auto' or a whole number of at least 1"):
        TrainingOptions(devices=devices)
