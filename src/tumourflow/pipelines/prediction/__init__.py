"""Prediction: where is the tumour?"""

from tumourflow.pipelines.prediction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
