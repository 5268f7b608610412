"""The planning room: which network for this cohort, on this machine, in this time?"""

from tumourflow.pipelines.planning.pipeline import create_pipeline

__all__ = ["create_pipeline"]
