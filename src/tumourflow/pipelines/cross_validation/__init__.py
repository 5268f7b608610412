"""The cross-validation room: what to expect of a network on patients that it never saw?"""

from tumourflow.pipelines.cross_validation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
