"""The folds of a cross-validation, one run each: by what they know one another, what they leave, and the figures of all together."""
