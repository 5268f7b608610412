"""What a segmented tumour tells by its shape, brightness, texture, margin and place, and classifiers that tell types apart by it."""
