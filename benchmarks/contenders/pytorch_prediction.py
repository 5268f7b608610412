"""The project's U-Net in PyTorch: bfloat16 or float32, channels-last order, inference mode.

Runs in an environment of its own, which has PyTorch and nothing of this project.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from protocol import open_data, serve, time_passes
from torch import nn

BATCH, WIDTH, DEPTH = 16, 16, 4


class Pair(nn.Sequential):
    """Two 3x3 convolutions, each with batch normalisation and ReLU."""

    def __init__(self, channels: int, filters: int) -> None:
        layers: list[nn.Module] = []
        for given in (channels, filters):
            layers += [nn.Conv2d(given, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
        super().__init__(*layers)


class UNet(nn.Module):
    """U-Net of the same layers as this project's."""

    def __init__(self) -> None:
        super().__init__()
        filters = [WIDTH * 2**stage for stage in range(DEPTH + 1)]
        self.down = nn.ModuleList(Pair(channels, number) for channels, number in zip([3, *filters], filters, strict=False))
        self.raise_ = nn.ModuleList(nn.ConvTranspose2d(2 * number, number, 2, stride=2, bias=False) for number in filters[:-1])
        self.up = nn.ModuleList(Pair(2 * number, number) for number in filters[:-1])
        self.logits = nn.Conv2d(WIDTH, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of images, both channels first."""
        skips = []
        for stage, pair in enumerate(self.down):
            x = pair(x if stage == 0 else nn.functional.max_pool2d(x, 2))
            skips.append(x)
        for stage in reversed(range(DEPTH)):
            x = self.up[stage](torch.cat([skips[stage], self.raise_[stage](x)], dim=1))
        return self.logits(x)


def main() -> None:
    """Wait for orders."""
    images, _ = open_data(Path(sys.argv[1]))
    dtype = getattr(torch, sys.argv[2])
    model = UNet().eval().to(dtype=dtype, memory_format=torch.channels_last)

    def predict() -> Iterator[np.ndarray]:
        with torch.inference_mode():
            for start in range(0, len(images), BATCH):
                batch = torch.from_numpy(images[start : start + BATCH]).permute(0, 3, 1, 2).to(dtype)
                yield torch.sigmoid(model(batch)[:, 0].float()).numpy()

    serve(lambda seconds: time_passes(predict, seconds))


if __name__ == "__main__":
    main()
