"""Would this cohort go through? An answer in seconds."""

from tumourflow.pipelines.check.pipeline import create_pipeline

__all__ = ["create_pipeline"]
