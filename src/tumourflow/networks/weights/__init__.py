"""Weights that a training begins with, and where they come from."""

from tumourflow.networks.weights.fingerprint import fingerprint_weights
from tumourflow.networks.weights.load import IMAGENET, load_weights

__all__ = ["IMAGENET", "fingerprint_weights", "load_weights"]
