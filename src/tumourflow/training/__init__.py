"""Losses, batches, schedule, precision, checkpoints and the fit loop; knows networks only as `keras.Model`."""

from tumourflow.training.classifier import train_classifier
from tumourflow.training.fit import train_segmenter
from tumourflow.training.trained import Trained

__all__ = ["Trained", "train_classifier", "train_segmenter"]
