"""Who trains, who judges, and whether anybody stands on two sides."""

from tumourflow.pipelines.splitting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
