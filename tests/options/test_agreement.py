import pytest

from tumourflow.errors import UserError
from tumourflow.options import PreparationOptions, TrainingOptions
from tumourflow.options.agreement import require_fit


@pytest.mark.parametrize(
    ("size", "training", "multi_scale", "sentence"),
    [
        (48, {"depth": 5}, False, r"Parameter `preparation\.size` is 48, allowed is: a multiple of 32"),
        (48, {"network": "auto", "depth": 5}, False, r"`preparation\.size` is 48, allowed is: a multiple of 32"),
        (48, {}, True, r"Parameter `prediction\.multi_scale` is true, allowed with a `preparation\.size` of 48 is: false\. It takes a"),
        (128, {"network": "deeplabv3", "batch": 1}, False, r"Parameter `training\.batch` is 1, allowed is: at least 2, since `deeplabv3`"),
        (32, {"depth": 5, "batch": 1}, False, r"`training\.batch` is 1, allowed is: at least 2"),
    ],
)
def test_a_network_that_the_images_do_not_suit_is_told(size: int, training: dict, multi_scale: bool, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        require_fit(PreparationOptions(size=size), TrainingOptions(**training), multi_scale=multi_scale)


def test_a_network_of_fixed_depth_is_not_bound_by_the_depth() -> None:
    require_fit(PreparationOptions(size=48), TrainingOptions(network="deeplabv3", depth=6), multi_scale=False)


def test_larger_images_count_only_where_they_are_predicted() -> None:
    require_fit(PreparationOptions(size=48), TrainingOptions(), multi_scale=False)
