"""Forward pass, mirrored views, components in the volume, and the choice of post-processing."""
