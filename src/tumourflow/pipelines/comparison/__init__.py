"""The comparison room: tracked runs on the same patients, how far they are apart and where."""

from tumourflow.pipelines.comparison.pipeline import create_pipeline

__all__ = ["create_pipeline"]
