"""The promotion room: may the new model take the place of the one in use?"""

from tumourflow.pipelines.promote.pipeline import create_pipeline

__all__ = ["create_pipeline"]
