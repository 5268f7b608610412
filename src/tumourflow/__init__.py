"""Segment and classify tumours in 2-D medical images, from raw files to an evaluated, tracked model."""

import os

from tumourflow.startup import give_each_core_a_lane

# TensorFlow takes oneDNN's convolutions by itself on processors with AVX-512 only. On others they are quicker than its own as well, and its
# own cannot train a dilated convolution. It is asked once, while it is imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# MLflow reports what it is used for to its makers unless it is told not to before it is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
give_each_core_a_lane()

__version__ = "0.1.0"
