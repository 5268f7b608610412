"""The pruning room: what lies below data/ that nothing refers to any more?"""

from tumourflow.pipelines.prune.pipeline import create_pipeline

__all__ = ["create_pipeline"]
