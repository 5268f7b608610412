"""Each recipe of a published notebook is what its description says, whatever the cohort has for itself."""

from pathlib import Path
from typing import Any

import pytest

from tumourflow.hooks.parameters import apply_recipe
from tumourflow.options import Parameters, parse_parameters

RECIPES = Path(__file__).parents[2] / "conf" / "recipes"
OF_THE_COHORT = {
    "raw_root": "x",
    "ingestion": {"reader": "kaggle_3m"},
    "training": {"coarse": 0.5},
    "prediction": {"multi_scale": True, "patient_statistics": True},
}
ADAM = 0.0
GEOMETRY_OF_BASE = {"rotation", "scale", "zoom", "shear", "shift", "flip", "elastic", "elastic_share"}
INTENSITY_OF_BASE = {"brightness", "contrast", "gamma", "blur", "noise", "missing_sequence"}
OF_BASE = GEOMETRY_OF_BASE | INTENSITY_OF_BASE


def follow(recipe: str) -> Parameters:
    return parse_parameters(apply_recipe({**OF_THE_COHORT, "recipe": recipe}, {"recipe": recipe}, RECIPES))


def list_changes(parameters: Parameters) -> set[str]:
    """Name the augmentations that are on; the size of holes says nothing without holes."""
    values = parameters.augmentation.model_dump(exclude={"copies"})
    return {name for name, value in values.items() if value and (name != "hole_size" or values["holes"])}


@pytest.mark.parametrize(
    ("recipe", "network", "loss", "changes"),
    [
        ("unet_dice", "unet", "soft_dice", {"rotation", "scale", "crop"}),
        ("unet_holes", "unet", "dice_cross_entropy", {"rotation", "holes", "hole_size", "scale", "zoom"}),
        ("deeplabv3_crf", "deeplabv3", "cross_entropy", OF_BASE),
        ("sk_unet_transfer", "sk_unet", "dice_cross_entropy", {"rotation", "shift", "shear", "scale", "zoom", "flip"}),
        ("resunet_focal_tversky", "resunet", "focal_tversky", OF_BASE),
        ("unet_folds", "unet", "dice_cross_entropy", {"scale", "zoom", "flip", "shear"}),
    ],
)
def test_network_loss_and_augmentation_are_those_described(recipe: str, network: str, loss: str, changes: set[str]) -> None:
    parameters = follow(recipe)
    assert (parameters.training.network, parameters.training.loss) == (network, loss)
    assert list_changes(parameters) == changes
    assert parameters.training.coarse == 0
    assert parameters.preparation.context == 0
    assert not parameters.prediction.multi_scale
    assert not parameters.prediction.patient_statistics


@pytest.mark.parametrize(
    ("recipe", "described"),
    [
        ("unet_holes", {"splitting": {"validation": 0.1, "test": 0.0}}),
        ("unet_folds", {"protocol": "official"}),
        ("deeplabv3_crf", {"prediction": {"crf": True}}),
        ("resunet_focal_tversky", {"training": {"tumour_share": 1.0, "weight_decay": ADAM}}),
        ("best", {"training": {"network": "unet", "coarse": 0.5}, "prediction": {"multi_scale": True, "patient_statistics": True}}),
    ],
)
def test_what_else_makes_a_recipe(recipe: str, described: dict[str, Any]) -> None:
    values = follow(recipe).model_dump(mode="json")
    for name, wanted in described.items():
        found = {each: values[name][each] for each in wanted} if isinstance(wanted, dict) else values[name]
        assert found == wanted
