"""From files as they were downloaded to a table of cases and a store of images."""

from tumourflow.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
