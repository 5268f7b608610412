"""Trainings that are repeated to learn something: each is trained, predicts, is scored and leaves its scores."""
