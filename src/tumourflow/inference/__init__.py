"""New images in use: which patients there are, which models apply to them, and what is found."""
