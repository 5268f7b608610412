"""The report room: predictions, learning curves and measures that a person can see."""

from tumourflow.pipelines.report.pipeline import create_pipeline

__all__ = ["create_pipeline"]
