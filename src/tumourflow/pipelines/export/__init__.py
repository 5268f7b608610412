"""The export room: the trained network as a file that runs without Keras."""

from tumourflow.pipelines.export.pipeline import create_pipeline

__all__ = ["create_pipeline"]
