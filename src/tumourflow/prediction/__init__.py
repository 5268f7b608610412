"""Forward pass, mirrored views, conditional random field, components in the volume, and the choice of post-processing."""
