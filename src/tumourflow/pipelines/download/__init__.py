"""A cohort's files come from where they were published: the one room that writes raw data."""

from tumourflow.pipelines.download.pipeline import create_pipeline

__all__ = ["create_pipeline"]
