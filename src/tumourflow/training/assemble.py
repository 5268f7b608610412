"""The network as it is before the first step."""

from __future__ import annotations

import keras

from tumourflow.errors import UserError
from tumourflow.networks import build_network, choose_precision, encoder_layers, load_weights, network_stride, precision_scope
from tumourflow.options import TrainingOptions
from tumourflow.options.networks import find_small_batch, find_wrong_size
from tumourflow.training.losses import LOSSES, Loss
from tumourflow.training.optimiser import PartedAdamW


def build_for_training(input_shape: tuple[int | None, int | None, int], options: TrainingOptions, seed: int) -> keras.Model:
    """Build the network in its precision, with the weights it begins with, its loss and its optimiser.

    Args:
        input_shape: `(height, width, depth)`; no height and width for images of any size.
        options: Which network, precision, weights, loss, learning rate and weight decay.
        seed: Seed of the initial weights.

    Returns:
        Compiled model.

    Raises:
        UserError: Where there are no such weights, or where they do not fit.
    """
    with precision_scope(choose_precision(options.precision)):
        model = build_network(options.network, input_shape, options.width, options.depth, seed, options.output_stride)
    begin(model, LOSSES[options.loss], options)
    return model


def begin(model: keras.Model, loss: Loss, options: TrainingOptions) -> None:
    """Give a network the weights that it begins with, its loss and its optimiser.

    Args:
        model: Changed in place.
        loss: Function of targets and logits.
        options: Which weights, learning rate and weight decay.

    Raises:
        UserError: Where there are no such weights, or where they do not fit.
    """
    load_weights(model, options.weights)
    held_back = [variable for layer in encoder_layers(model) for variable in layer.trainable_variables] if options.pretrained else []
    optimizer = PartedAdamW(options.learning_rate, options.weight_decay, held_back)
    # XLA's convolutions on a processor take three times as long as those of oneDNN; JAX has no others.
    jit = keras.backend.backend() != "tensorflow"
    model.compile(optimizer, loss=loss, jit_compile=jit)
    # Where the first step makes variables, TensorFlow builds its graph twice.
    optimizer.build(model.trainable_variables)


def require_sides(height: int, width: int, options: TrainingOptions) -> None:
    """Refuse prepared images that the network cannot halve as often as it does.

    Parameters agree with one another, but a room that is run alone takes what an earlier run has prepared.

    Args:
        height: Rows of an image.
        width: Columns of an image.
        options: Which network.

    Raises:
        UserError: Naming the sizes that it can see.
    """
    for side in (height, width):
        if wrong := find_wrong_size(side, options.network, options.depth, options.output_stride):
            msg = f"The slices at hand were prepared for another network: {wrong} Prepare them anew: kedro run --pipeline=segmentation."
            raise UserError(msg)


def coarse_share(height: int, width: int, options: TrainingOptions) -> float:
    """Tell how much of the training sees images of half the size.

    Args:
        height: Rows of an image.
        width: Columns of an image.
        options: Which network, and `coarse`.

    Returns:
        `options.coarse`, or 0 where half of a side is no side of the network's, or leaves a batch a single pixel to normalise.

    Example:
        >>> coarse_share(128, 128, TrainingOptions(depth=4)), coarse_share(48, 48, TrainingOptions(depth=4))
        (0.25, 0.0)
        >>> coarse_share(32, 32, TrainingOptions(batch=1))
        0.0
    """
    network = (options.network, options.depth, options.output_stride)
    stride = 2 * network_stride(*network)
    if height % stride or width % stride or find_small_batch(options.batch, min(height, width) // 2, *network):
        return 0.0
    return options.coarse
