"""Evaluation: how well do we know?"""

from tumourflow.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
