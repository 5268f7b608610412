import pytest

from tumourflow.networks import build_deeplabv3, build_network, build_unet, registry
from tumourflow.networks.registry import BUILDERS
from tumourflow.options import TrainingOptions, networks


def test_every_network_an_option_names_can_be_built() -> None:
    names = TrainingOptions.model_fields["network"].annotation.__args__
    assert set(names) - {"auto"} == set(BUILDERS)


def test_the_name_chooses_the_builder() -> None:
    chosen = build_network("unet", (16, 16, 1), width=2, depth=1)
    assert chosen.get_config() == build_unet((16, 16, 1), width=2, depth=1).get_config()


def test_the_output_stride_is_passed_on() -> None:
    chosen = build_network("deeplabv3", (16, 16, 1), width=1, depth=1, output_stride=8)
    assert chosen.get_config() == build_deeplabv3((16, 16, 1), width=1, output_stride=8).get_config()


def test_options_and_networks_agree_on_what_bounds_the_sides() -> None:
    assert set(registry.ATROUS) == networks.ATROUS


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"one of \['deeplabv3', .*'unet'.*\]. Received: name='vnet'"):
        build_network("vnet", (16, 16, 1), width=2, depth=1)
