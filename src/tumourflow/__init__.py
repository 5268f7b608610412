"""Segment tumours in 2-D medical images, from raw files to an evaluated, tracked model."""

__version__ = "0.1.0"
