"""Reports as one HTML page that needs nothing else: what a training learned, and what was found in new images."""
