"""Pure functions of arrays: reading, intensity, geometry, preparation and augmentation."""
