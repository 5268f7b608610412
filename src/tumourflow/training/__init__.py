"""Losses, batches, schedule, precision, checkpoints and the fit loop; knows networks only as `keras.Model`."""

from tumourflow.training.fit import Trained, train_segmenter

__all__ = ["Trained", "train_segmenter"]
