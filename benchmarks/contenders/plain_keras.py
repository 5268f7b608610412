"""A notebook's training: plain Keras U-Net in float32, `model.fit`, SciPy augmentation image by image in a `PyDataset`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers
from protocol import open_data, serve
from scipy import ndimage

BATCH = 16


def build_unet(width: int = 16, depth: int = 4) -> keras.Model:
    """U-Net of the same layout, without normalisation."""

    def pair(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)
        return x

    inputs = x = keras.Input((128, 128, 3))
    skips = []
    for stage in range(depth):
        skips.append(pair(x, width * 2**stage))
        x = layers.MaxPooling2D()(skips[-1])
    x = pair(x, width * 2**depth)
    for stage in reversed(range(depth)):
        x = layers.Conv2DTranspose(width * 2**stage, 2, strides=2)(x)
        x = pair(layers.Concatenate()([skips[stage], x]), width * 2**stage)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


def augment(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rotation, zoom and shift, flip, noise: one SciPy call after the other."""
    angle, zoom, shift = rng.uniform(-30, 30), rng.uniform(0.8, 1.25), rng.uniform(-10, 10, size=2)
    offset = 64 - 64 * zoom + shift

    def change(plane: np.ndarray, order: int) -> np.ndarray:
        turned = ndimage.rotate(plane, angle, reshape=False, order=order)
        return ndimage.affine_transform(turned, [zoom, zoom], offset, order=order)

    image = np.stack([change(image[..., channel], 1) for channel in range(3)], axis=-1)
    mask = change(mask, 0)
    if rng.random() < 0.5:
        image, mask = image[:, ::-1], mask[:, ::-1]
    return image + rng.normal(0, 0.05, size=image.shape).astype(np.float32), mask


class Slices(keras.utils.PyDataset):
    """Batches of augmented slices."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.images, self.masks = open_data(folder)
        self.rng = np.random.default_rng(0)
        self.order = self.rng.permutation(len(self.images))

    def __len__(self) -> int:
        return len(self.images) // BATCH

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[number * BATCH : (number + 1) * BATCH]
        pairs = [augment(self.images[row].astype(np.float32), self.masks[row], self.rng) for row in rows]
        return np.stack([image for image, _ in pairs]), np.stack([mask for _, mask in pairs])[..., None].astype(np.float32)


class Stopwatch(keras.callbacks.Callback):
    """Ends `fit` when the time is over; the first step of it, which starts iterators, does not count."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.started: float | None = None
        self.images = 0
        self.speed = 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Count the batch."""
        now = time.perf_counter()
        if self.started is None:
            self.started = now
            return
        self.images += BATCH
        self.speed = self.images / (now - self.started)
        if now - self.started > self.seconds:
            self.model.stop_training = True


def soft_dice(truth: keras.KerasTensor, probability: keras.KerasTensor) -> keras.KerasTensor:
    """Soft Dice loss over the batch."""
    overlap = keras.ops.sum(truth * probability)
    return 1 - (2 * overlap + 1) / (keras.ops.sum(truth) + keras.ops.sum(probability) + 1)


def main() -> None:
    """Wait for orders."""
    model, data = build_unet(), Slices(Path(sys.argv[1]))
    # Without XLA, which would make it slower on a processor.
    model.compile(keras.optimizers.Adam(3e-4), loss=soft_dice, jit_compile=False)

    def measure(seconds: float) -> float:
        watch = Stopwatch(seconds)
        model.fit(data, epochs=10_000, verbose=0, callbacks=[watch])
        return watch.speed

    serve(measure)


if __name__ == "__main__":
    main()
