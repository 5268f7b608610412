"""Options of the inference room: which models, where not the champions of the registry."""

from typing import Literal

from tumourflow.options.base import Listed, Options

Modality = Literal["brain", "breast", "brain-flair3", "brain-t1ce", "breast-us"]
"""What new images show; or their kind, which also says how many channels are meant."""


class InferenceOptions(Options):
    """Which models are used on new images.

    Attributes:
        models: Models that are used in place of the registered champions of the same step: `lgg-segmentation@champion` and
            `lgg-segmentation/3` in MLflow's registry, a file such as `segmenter.keras` beside its `segmenter.json`, or one of those that
            the project's data/06_models holds.
    """

    models: Listed[str] = ()
