"""The radiomics room: which type is it, told from the segmented tumour, and what does an error in segmentation cost?"""

from tumourflow.pipelines.radiomics.pipeline import create_pipeline

__all__ = ["create_pipeline"]
