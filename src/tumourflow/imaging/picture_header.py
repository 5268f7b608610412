"""What the header of a picture says of how its pixels have to be read."""

from __future__ import annotations

from PIL import Image

from tumourflow.types import Pixels

_ORIENTATION, _BITS, _PHOTOMETRIC, _PLANES, _MORE, _SIGN = 274, 258, 262, 284, 338, 339
"""Tags of TIFF, the first of EXIF too."""
_ACROSS = (5, 6, 7, 8)
"""Orientations of pictures that lie on their side."""


def require_readable(image: Image.Image, name: str, *, labels: bool) -> None:
    """Refuse what would be read wrongly without a word.

    Args:
        image: A picture whose pixels have not been read yet.
        name: Name of its file.
        labels: Whether it is a mask of labels.

    Raises:
        ValueError: With the reason.
    """
    tags, reason = getattr(image, "tag_v2", {}), ""
    if image.mode == "RGBX" or 0 in (tags.get(_MORE) or ()):
        reason = "one more channel that is no transparency: store it apart"
    if labels and image.format in {"JPEG", "MPO"}:
        reason = "labels in a JPEG, which blurs them: export the mask as PNG or TIFF"
    bits = max(tags.get(_BITS) or (1,))
    if tags.get(_PLANES) == 2 and len(image.getbands()) > 1 and bits > 8:
        reason = f"channels of {bits} bits in separate planes, which are not read: store them interleaved"
    if bits <= 8 and 2 in (tags.get(_SIGN) or ()):
        reason = "signed values of 8 bits: store them from 0 up"
    if reason:
        msg = f"`{name}` has {reason}."
        raise ValueError(msg)


def find_orientation(image: Image.Image) -> int:
    """Tell how pixels have to be turned that were read, as EXIF numbers it; 1, which is not at all, where nobody can tell.

    Args:
        image: A picture. One whose pixels have been read may tell more.
    """
    # Pillow turns a TIFF by itself, and so does OpenCV; and asked for what a PNG says, Pillow may read all of it first.
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return 1
    try:
        orientation = int(image.getexif().get(_ORIENTATION) or 1)
    except Exception:  # what stands beside the pixels may be damaged in any way, and is no reason to do without them
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def turn(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels.

    Args:
        pixels: `(height, width)` or `(height, width, channels)`.
        orientation: 1 to 8, as EXIF numbers it.

    Returns:
        A view of them.
    """
    # Each of the eight is a mirroring along the diagonal, of columns, and of rows.
    if orientation in _ACROSS:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels[::-1] if orientation in (3, 4, 7, 8) else pixels


def find_size(image: Image.Image) -> tuple[int, int]:
    """Tell height and width that `read_pixels` gives of an opened picture, from its header alone."""
    lies = find_orientation(image) in _ACROSS
    return (image.width, image.height) if lies else (image.height, image.width)


def has_deep_colours(image: Image.Image) -> bool:
    """Tell whether colours have 16 bits, before they are read."""
    # Pillow opens colours of 16 bits as if they had 8, and says so only in the name of the decoder's raw mode.
    return image.mode in {"RGB", "RGBA", "LA"} and any(";16" in str(tile[3]) for tile in getattr(image, "tile", []))


def is_white_at_zero(image: Image.Image) -> bool:
    """Tell whether large values of a TIFF are dark."""
    return bool(getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0)
