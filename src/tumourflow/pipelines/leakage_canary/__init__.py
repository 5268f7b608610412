"""Does the split leak? A model is asked what only who knows the patients can tell."""

from tumourflow.pipelines.leakage_canary.pipeline import create_pipeline

__all__ = ["create_pipeline"]
