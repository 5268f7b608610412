"""This project: probabilities of a cohort, as the pipeline predicts them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from protocol import open_data, serve, time_passes

from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import build_network, choose_precision, convert_precision
from tumourflow.prediction.slice_predictor import make_predictor

LAYOUT = InputLayout(channels=3, lead_channel=1, context=0)


def main() -> None:
    """Wait for orders."""
    images, _ = open_data(Path(sys.argv[1]))
    index = pd.DataFrame({"patient": (np.arange(len(images)) // 16).astype(str), "slice": np.arange(len(images)) % 16})
    model = convert_precision(build_network("unet", images.shape[1:], 16, 4), choose_precision())
    # Made ready anew for each pass over the cohort, which belongs to its prediction.
    serve(lambda seconds: time_passes(lambda: make_predictor(model, LAYOUT).predict(images, index), seconds))


if __name__ == "__main__":
    main()
