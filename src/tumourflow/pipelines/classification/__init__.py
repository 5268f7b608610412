"""The classification room: of which class is an image, and how well do we know?"""

from tumourflow.pipelines.classification.pipeline import create_pipeline

__all__ = ["create_pipeline"]
