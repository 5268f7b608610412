"""Trained networks in use: from images to masks and classes, with the very preparation of training, alone or behind MLflow's server."""
