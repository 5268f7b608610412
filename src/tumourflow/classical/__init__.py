"""Segmentation without learning: what a network has to beat. Arrays in, masks out."""
