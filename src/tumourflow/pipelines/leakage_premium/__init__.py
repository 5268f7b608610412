"""How many points of a published number are leakage? An experiment, whose models are thrown away."""

from tumourflow.pipelines.leakage_premium.pipeline import create_pipeline

__all__ = ["create_pipeline"]
