"""A PyTorch training: MONAI's BasicUNet in bfloat16 and channels-last order, its transforms in a DataLoader.

Runs in an environment of its own, which has PyTorch and MONAI and nothing of this project.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from monai.losses import DiceCELoss
from monai.networks.nets import BasicUNet
from monai.transforms import Compose, RandAdjustContrastd, RandAffined, RandFlipd, RandGaussianNoised
from protocol import open_data, serve, time_steps

BATCH = 16
FEATURES = (16, 32, 64, 128, 256, 16)


class Slices(torch.utils.data.Dataset):
    """Augmented slices, channels first as MONAI wants them."""

    def __init__(self, folder: Path) -> None:
        self.images, self.masks = open_data(folder)
        self.transform = Compose(
            [
                RandAffined(
                    keys=["image", "mask"],
                    prob=1.0,
                    rotate_range=0.52,
                    scale_range=0.3,
                    shear_range=0.14,
                    translate_range=10,
                    mode=["bilinear", "nearest"],
                    padding_mode="zeros",
                ),
                RandFlipd(keys=["image", "mask"], prob=0.5, spatial_axis=1),
                RandAdjustContrastd(keys=["image"], prob=0.5, gamma=(0.8, 1.25)),
                RandGaussianNoised(keys=["image"], prob=0.5, std=0.08),
            ]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> dict[str, torch.Tensor]:
        image = torch.from_numpy(self.images[row].astype("float32")).permute(2, 0, 1)
        mask = torch.from_numpy(self.masks[row].astype("float32"))[None]
        changed = self.transform({"image": image, "mask": mask})
        return {name: changed[name].as_tensor() for name in ("image", "mask")}


def main() -> None:
    """Wait for orders."""
    workers = int(sys.argv[2])
    loader = torch.utils.data.DataLoader(
        Slices(Path(sys.argv[1])), BATCH, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0
    )
    model = BasicUNet(spatial_dims=2, in_channels=3, out_channels=1, features=FEATURES).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3)
    loss_of = DiceCELoss(sigmoid=True, batch=True)

    def batches():
        while True:
            yield from loader

    feed = batches()

    def step() -> int:
        batch = next(feed)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(batch["image"].contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), batch["mask"])
        loss.backward()
        optimizer.step()
        loss.item()
        return BATCH

    serve(lambda seconds: time_steps(step, seconds))


if __name__ == "__main__":
    main()
