"""The names of the networks, and the sizes of images that each can see."""

from collections.abc import Mapping
from typing import Any, Literal

NetworkName = Literal["unet", "resunet", "sk_unet", "deeplabv3", "deeplabv3plus", "unet_lite0", "deeplabv3plus_lite0"]
AUTO = "auto"
"""In place of a name: the network and its size are planned from the cohort."""
NetworkChoice = Literal[NetworkName, "auto"]
Precision = Literal["auto", "float32", "bfloat16"]

ATROUS = frozenset({"deeplabv3", "deeplabv3plus", "deeplabv3plus_lite0"})
"""Networks that halve the sides until `training.output_stride` and go on with dilation; the others halve them `training.depth` times."""
FIXED = {"unet_lite0": 32}
"""Networks whose encoder is as it was published, and what the sides must be divisible by."""


def network_stride(name: str, depth: int, output_stride: int) -> int:
    """Tell what the sides of the images must be divisible by.

    Args:
        name: Name of a network; what is planned is a U-Net.
        depth: Number of poolings, where the network's depth is free.
        output_stride: Sides of the image over sides of the last feature maps, where it is free.

    Returns:
        Divisor of the sides in pixels.

    Example:
        >>> network_stride("unet", depth=5, output_stride=16), network_stride("deeplabv3", depth=5, output_stride=16)
        (32, 16)
    """
    return FIXED.get(name, output_stride if name in ATROUS else 2**depth)


def describe_network(trained: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what a network was built with; options that play no part in it are none of its.

    Args:
        trained: The options that it was trained by, as its record has them.

    Returns:
        Its `name` and `width`, and `depth` or `output_stride` where one of them is free.

    Example:
        >>> describe_network({"network": "deeplabv3", "width": 64, "depth": 4, "output_stride": 8})
        {'name': 'deeplabv3', 'width': 64, 'output_stride': 8}
    """
    name = trained["network"]
    free = "output_stride" if name in ATROUS else "depth"
    return {"name": name, "width": trained["width"], **({} if name in FIXED else {free: trained[free]})}


def find_wrong_size(size: int, name: str, depth: int, output_stride: int) -> str | None:
    """Say that a network cannot see images of a size.

    Args:
        size: Height and width of the images in pixels.
        name: Name of a network.
        depth: Number of poolings.
        output_stride: Sides of the image over sides of the last feature maps.

    Returns:
        A sentence that begins with the parameter and names the sizes allowed, or none where the size is one of them.

    Example:
        >>> find_wrong_size(48, "unet", depth=5, output_stride=16)
        '`preparation.size` is 48, allowed is: a multiple of 32 (2 to the power of `training.depth`), such as 64.'
    """
    stride = network_stride(name, depth, output_stride)
    if size % stride == 0:
        return None
    reason = "`training.output_stride`" if name in ATROUS else "2 to the power of `training.depth`"
    reason = f"the encoder's stride in `{name}`" if name in FIXED else reason
    near = size + stride - size % stride
    return f"`preparation.size` is {size}, allowed is: a multiple of {stride} ({reason}), such as {near}."


def enlarge_side(size: int) -> int:
    """Give the side of the larger images of `prediction.multi_scale`: one and a half times that of the network's input.

    Example:
        >>> enlarge_side(128)
        192
    """
    return size + size // 2


def find_wrong_scale(size: int, name: str, depth: int, output_stride: int) -> str | None:
    """Say that a network cannot see images of `enlarge_side`.

    Args:
        size: Height and width of the images in pixels, which the network can see.
        name: Name of a network.
        depth: Number of poolings.
        output_stride: Sides of the image over sides of the last feature maps.

    Returns:
        A sentence that begins with the parameter and says what to do, or none where the network can see them.

    Example:
        >>> find_wrong_scale(48, "unet", depth=4, output_stride=16)
        '`prediction.multi_scale` is true, allowed with a `preparation.size` of 48 is: false. It takes a multiple of 32, such as 64.'
    """
    stride = 2 * network_stride(name, depth, output_stride)
    if size % stride == 0:
        return None
    told = f"`prediction.multi_scale` is true, allowed with a `preparation.size` of {size} is: false."
    return f"{told} It takes a multiple of {stride}, such as {size + stride - size % stride}."


def find_small_batch(batch: int, size: int, name: str, depth: int, output_stride: int) -> str | None:
    """Say that a network cannot learn from so few images a step.

    Where a feature map has one pixel and the batch one image, batch normalisation sees a single number, whose variance is 0: what the
    network learns in training is then worth nothing in use, where the averages take the batch's place.

    Args:
        batch: Images a step.
        size: Height and width of the images in pixels.
        name: Name of a network.
        depth: Number of poolings.
        output_stride: Sides of the image over sides of the last feature maps.

    Returns:
        A sentence that begins with the parameter, or none where the batch is large enough.

    Example:
        >>> find_small_batch(1, 128, "deeplabv3", depth=4, output_stride=16)
        '`training.batch` is 1, allowed is: at least 2, since `deeplabv3` normalises feature maps of a single pixel.'
        >>> find_small_batch(1, 128, "unet", depth=4, output_stride=16)
    """
    # The DeepLabs' pyramid also pools over the whole image.
    smallest = 1 if name in ATROUS else size // network_stride(name, depth, output_stride)
    if batch * smallest > 1:
        return None
    return f"`training.batch` is {batch}, allowed is: at least 2, since `{name}` normalises feature maps of a single pixel."
