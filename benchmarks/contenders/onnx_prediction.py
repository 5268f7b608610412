"""This project's prediction by Keras, in float32 or what is fast here, or by onnxruntime."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# As the project does it, whose own line comes too late here: Keras is imported first.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import keras
import numpy as np
import pandas as pd
from protocol import open_data, serve, time_passes

from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import build_network, choose_precision, convert_precision, make_portable
from tumourflow.prediction.forward import compile_logits
from tumourflow.prediction.slice_predictor import SlicePredictor, TrainedForward
from tumourflow.prediction.views import Forward
from tumourflow.serving.onnx_export import export_onnx, load_onnx

LAYOUT = InputLayout(channels=3, lead_channel=1, context=1)


def make_forward(by: str, stored: str, size: int) -> Forward:
    """Make the forward pass of a stored network, or of a U-Net of width 16 and depth 4."""
    shape = (size, size, LAYOUT.depth)
    model = keras.saving.load_model(stored, compile=False) if stored else make_portable(build_network("unet", shape, 16, 4), shape)
    if by == "onnx":
        return load_onnx(export_onnx(model, {}), len(os.sched_getaffinity(0)))
    return compile_logits(convert_precision(model, "float32" if by == "float32" else choose_precision()))


def main() -> None:
    """Wait for orders."""
    by, folder, stored = sys.argv[1:]
    images, _ = open_data(Path(folder))
    index = pd.DataFrame({"patient": (np.arange(len(images)) // 16).astype(str)})
    predictor = SlicePredictor(TrainedForward(make_forward(by, stored, images.shape[1])), LAYOUT, mirrors=False)
    serve(lambda seconds: time_passes(lambda: predictor.predict(images, index), seconds))


if __name__ == "__main__":
    main()
