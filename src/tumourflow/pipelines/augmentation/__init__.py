"""The augmentation room: what else could an image have looked like?"""

from tumourflow.pipelines.augmentation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
