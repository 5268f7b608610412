"""The training room: what was learned?"""

from tumourflow.pipelines.training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
