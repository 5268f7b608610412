"""The preparation room: what does the network see?"""

from tumourflow.pipelines.preparation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
