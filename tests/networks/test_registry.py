import pytest

from tumourflow.networks import build_network, build_unet
from tumourflow.networks.registry import BUILDERS
from tumourflow.options import TrainingOptions


def test_every_network_an_option_names_can_be_built() -> None:
    names = TrainingOptions.model_fields["network"].annotation.__args__
    assert set(names) == set(BUILDERS)


def test_the_name_chooses_the_builder() -> None:
    chosen = build_network("unet", (16, 16, 1), width=2, depth=1)
    assert chosen.get_config() == build_unet((16, 16, 1), width=2, depth=1).get_config()


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"one of \['unet'\]. Received: name='vnet'"):
        build_network("vnet", (16, 16, 1), width=2, depth=1)
