"""Counts, ratios, distances and intervals: NumPy in, numbers out."""
