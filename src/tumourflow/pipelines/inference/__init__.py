"""The inference room: new images in; masks, findings and a page out."""

from tumourflow.pipelines.inference.pipeline import create_pipeline

__all__ = ["create_pipeline"]
