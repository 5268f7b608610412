import json
from functools import cache

import keras
import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.networks import build_network, make_portable
from tumourflow.networks.registry import BUILDERS
from tumourflow.serving import onnx_export
from tumourflow.serving.onnx_export import BUNDLE, TOLERANCE, compare_onnx, export_onnx, load_onnx

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the way to ONNX leads over TensorFlow")
SIDE, CHANNELS = 64, 3


def draw(number: int) -> np.ndarray:
    return np.random.default_rng(number).normal(size=(number, SIDE, SIDE, CHANNELS)).astype(np.float32)


def build(name: str) -> keras.Model:
    """A network as it is stored, in which every weight has a value of its own."""
    model = make_portable(build_network(name, (SIDE, SIDE, CHANNELS), width=4, depth=2), (SIDE, SIDE, CHANNELS))
    rng = np.random.default_rng(1)
    for weight in model.weights:
        # Kernels to both sides, or logits would grow from layer to layer; variances stay above 0.
        low = -0.05 if "kernel" in weight.name else 0
        weight.assign(weight.numpy() + rng.uniform(low, 0.05, size=weight.shape))
    return model


DESCRIBED = {"mirrors": True, "classes": ["background", "tumour"]}


@cache
def build_and_export(name: str) -> tuple[keras.Model, bytes]:
    model = build(name)
    return model, export_onnx(model, DESCRIBED)


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name == "unet" else pytest.mark.slow) for name in sorted(BUILDERS)])
def test_every_network_gives_the_same_in_batches_of_any_size(name) -> None:
    model, content = build_and_export(name)
    assert compare_onnx(content, model, draw(19)) < TOLERANCE
    one = draw(1)
    np.testing.assert_allclose(load_onnx(content)(one), model.predict_on_batch(one), atol=TOLERANCE)
    assert 10 * TOLERANCE < np.ptp(model.predict_on_batch(one)) < 1000


def test_the_file_names_its_ends_and_holds_the_bundle() -> None:
    made = onnx.load_model_from_string(build_and_export("unet")[1])
    ends = [(end.name, [side.dim_param or side.dim_value for side in end.type.tensor_type.shape.dim]) for end in made.graph.input]
    assert ends == [("image", ["batch", SIDE, SIDE, CHANNELS])]
    assert [end.name for end in made.graph.output] == ["logits"]
    kept = {each.key: each.value for each in made.metadata_props}
    assert json.loads(kept[BUNDLE]) == DESCRIBED


def test_another_network_is_told_from_it() -> None:
    model, (_, content) = build("unet"), build_and_export("unet")
    assert compare_onnx(content, model, draw(2)) < TOLERANCE
    model.set_weights([weight + 0.01 for weight in model.get_weights()])
    assert compare_onnx(content, model, draw(2)) > TOLERANCE


def test_a_package_that_is_missing_is_named(monkeypatch) -> None:
    monkeypatch.setattr(onnx_export, "PACKAGES", ("onnx", "no_such_package"))
    with pytest.raises(UserError, match=r"^ONNX needs no_such_package, which the extra `onnx` brings: pip install 'tumourflow\[onnx\]'\.$"):
        export_onnx(keras.Model(), {})


def test_a_backend_that_cannot_export_is_named(monkeypatch) -> None:
    monkeypatch.setattr(onnx_export.keras.backend, "backend", lambda: "jax")
    with pytest.raises(UserError, match=r"but KERAS_BACKEND is jax: set it to tensorflow to export"):
        onnx_export.require_onnx()
