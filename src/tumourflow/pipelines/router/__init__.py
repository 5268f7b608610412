"""The router room: brain or breast, or neither?"""

from tumourflow.pipelines.router.pipeline import create_pipeline

__all__ = ["create_pipeline"]
