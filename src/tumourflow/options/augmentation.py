"""Options of the augmentation room: the policy."""

from pydantic import Field

from tumourflow.options.base import Options


class AugmentationOptions(Options):
    """Ranges from which each training image draws its changes; zero switches a change off.

    Geometry is composed into one warp for image and mask alike; intensity touches the image alone.

    Attributes:
        rotation: Largest angle in degrees, either way.
        scale: Largest natural logarithm of the common magnification, either way.
        zoom: Largest natural logarithm of the ratio of height to width, either way.
        shear: Largest shear angle in degrees, either way.
        shift: Largest shift as a share of the image's side, either way.
        crop: Largest share of the side cut away by a random window that is enlarged to the full image.
        flip: Probability of a left-right mirror image.
        elastic: Largest displacement of a smooth random field along an axis, as a share of the side; small enough never to fold an image.
        elastic_share: Share of images that are deformed elastically.
        holes: Largest number of square holes, filled with the image's background; the mask keeps what lies below them.
        hole_size: Largest side of a hole as a share of the image's side.
        brightness: Largest offset per channel, either way, in units of the normalised image: under `zscore` the tissue's deviation.
        contrast: Largest natural logarithm of the gain per channel, either way; neighbouring slices share the lead channel's changes.
        gamma: Largest natural logarithm of the exponent applied to the image's own range, either way.
        blur: Largest standard deviation of a Gaussian blur in pixels.
        noise: Largest standard deviation of additive Gaussian noise, in units of the normalised image.
        missing_sequence: Share of images in which a channel is replaced by the lead channel, as real cohorts do where a sequence was
            not taken; in three of five of these all channels are.
        copies: Number of augmented copies of each training image written to disk; 0 writes none.
    """

    rotation: float = Field(default=30, ge=0, le=180)
    scale: float = Field(default=0.3, ge=0, le=1)
    zoom: float = Field(default=0.15, ge=0, le=1)
    shear: float = Field(default=8, ge=0, le=45)
    shift: float = Field(default=0.08, ge=0, le=0.5)
    crop: float = Field(default=0.0, ge=0, lt=0.9)
    flip: float = Field(default=0.5, ge=0, le=1)
    elastic: float = Field(default=0.03, ge=0, le=0.1)
    elastic_share: float = Field(default=0.2, ge=0, le=1)
    holes: int = Field(default=0, ge=0, le=20)
    hole_size: float = Field(default=0.1, gt=0, le=0.5)
    brightness: float = Field(default=0.2, ge=0, le=2)
    contrast: float = Field(default=0.2, ge=0, le=1)
    gamma: float = Field(default=0.2, ge=0, le=1)
    blur: float = Field(default=0.8, ge=0, le=5)
    noise: float = Field(default=0.08, ge=0, le=1)
    missing_sequence: float = Field(default=0.25, ge=0, le=1)
    copies: int = Field(default=0, ge=0, le=100)
