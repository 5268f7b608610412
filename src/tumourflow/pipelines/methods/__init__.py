"""Methods: how do all that was tried on this split stand beside one another?"""

from tumourflow.pipelines.methods.pipeline import create_pipeline

__all__ = ["create_pipeline"]
