"""Baselines: what has a network to beat?"""

from tumourflow.pipelines.baselines.pipeline import create_pipeline

__all__ = ["create_pipeline"]
