"""The report of a classifier: what can be told of it, in figures and pictures?"""

from tumourflow.pipelines.classification_report.pipeline import create_pipeline

__all__ = ["create_pipeline"]
