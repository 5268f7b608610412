from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.datasets import OnnxDataset
from tumourflow.errors import UserError
from tumourflow.imaging.layout import InputLayout
from tumourflow.pipelines.export import create_pipeline
from tumourflow.serving import onnx_export
from tumourflow.serving.onnx_export import load_onnx

pytest.importorskip("tf2onnx")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the way to ONNX leads over TensorFlow")
LAYOUT, SIDE = InputLayout(3, 1, 1), 16


class Store(SimpleNamespace):
    """Stands in for the array store."""

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


def store(**splits: int) -> Store:
    names = [name for name, number in splits.items() for _ in range(number)]
    index = pd.DataFrame({"patient": names, "split": names})
    images = np.random.default_rng(0).normal(size=(len(names), SIDE, SIDE, 3)).astype(np.float16)
    return Store(index=index, arrays={"images": images})


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((SIDE, SIDE, LAYOUT.depth))
    hidden = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same", name="logits")(hidden))


def run(model: keras.Model, model_input: Store) -> tuple[bytes, dict]:
    inputs = {"segmenter": model, "segmenter_bundle": {"layout": LAYOUT.to_dict()}, "model_input": model_input, "params:seed": 4}
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    left = SequentialRunner().run(create_pipeline(), catalog)
    return left["segmenter_onnx"].load(), left["onnx_check"].load()


@pytest.mark.parametrize(
    ("splits", "images", "compared_on"),
    [({"train": 3, "test": 5}, 5, "test slices"), ({"test": 200}, 64, "test slices"), ({"train": 3}, 64, "images of random numbers")],
)
def test_the_file_computes_what_keras_does_and_the_record_says_on_what(model, splits, images, compared_on) -> None:
    content, record = run(model, store(**splits))
    assert (record["images"], record["compared_on"]) == (images, compared_on)
    assert 0 <= record["largest_difference"] < record["tolerance"] == 1e-3
    assert record["bytes"] == len(content)
    some = np.random.default_rng(1).normal(size=(3, SIDE, SIDE, LAYOUT.depth)).astype(np.float32)
    np.testing.assert_allclose(load_onnx(content)(some), model.predict_on_batch(some), atol=1e-4)


@pytest.mark.parametrize("difference", [2e-3, float("nan")])
def test_a_file_that_computes_something_else_is_not_left(monkeypatch, model, difference) -> None:
    monkeypatch.setattr(onnx_export, "compare_onnx", lambda *_: difference)
    with pytest.raises(UserError, match=r"The ONNX file differs from the network by .* in a logit, more than 0.001"):
        run(model, store(test=1))


def test_what_is_stored_comes_back(tmp_path) -> None:
    dataset = OnnxDataset(filepath=str(tmp_path / "segmenter.onnx"))
    dataset.save(b"\x08\x08")
    assert dataset.load() == b"\x08\x08"
