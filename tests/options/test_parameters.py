from pathlib import Path

import pytest
import yaml

from tumourflow.errors import UserError
from tumourflow.options import Parameters, parse_parameters

MINIMAL = {"raw_root": "scans", "ingestion": {"reader": "paired"}}
BASE = Path(__file__).parents[2] / "conf/base"


@pytest.mark.parametrize(("given", "runs"), [("unet+resunet", ("unet", "resunet")), (["unet"], ("unet",)), ([], ())])
def test_runs_are_split_at_plus_signs(given, runs):
    assert parse_parameters({**MINIMAL, "runs": given}).runs == runs


def test_defaults_fill_in_what_is_not_given():
    assert parse_parameters(MINIMAL).training.width == 16


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"raw_rot": "x"}, "Unknown parameter `raw_rot` (given: 'x'). Did you mean `raw_root`?"),
        (
            {"training": {"witdh": 3}},
            "Unknown parameter `training.witdh` (given: 3). Did you mean `training.width`?",
        ),
        (
            {"prediction": {"xyz": 1}},
            "Unknown parameter `prediction.xyz` (given: 1). "
            "Known here: components, crf, fill_holes, minimum_area, mirrors, multi_scale, patient_statistics, threshold.",
        ),
        ({"training": {"width": 3000}}, "Parameter `training.width` is 3000, allowed is: less than or equal to 256."),
        ({"training": {"width": "wide"}}, "Parameter `training.width` is 'wide', allowed is: a valid integer"),
        ({"augmentation": {"flip": True}}, "Parameter `augmentation.flip` is True, allowed is: a number."),
        ({"training": {"steps": True}}, "Parameter `training.steps` is True, allowed is: a number."),
        ({"prediction": {"components": False}}, "Parameter `prediction.components` is False, allowed is: a number."),
        ({"seed": True}, "Parameter `seed` is True, allowed is: a number."),
        ({"seed": -1}, "Parameter `seed` is -1, allowed is: greater than or equal to 0."),
        (
            {"ingestion": {"reader": "zip"}},
            "Parameter `ingestion.reader` is 'zip', allowed is: 'phantoms', 'kaggle_3m', 'paired', 'figshare', 'busi', 'classes', "
            "'manifest', 'dicom', 'nifti' or 'union'.",
        ),
        ({"scheduler": "cloud"}, "Parameter `scheduler` is 'cloud', allowed is:"),
        ({"training": 3}, "Parameter `training` is 3, allowed is:"),
        ({"training": {"network": "vnet"}}, "Parameter `training.network` is 'vnet', allowed is: 'unet', 'resunet', 'sk_unet',"),
        (
            {"training": {"loss": "hinge"}},
            "Parameter `training.loss` is 'hinge', allowed is: 'dice_cross_entropy', 'soft_dice', 'cross_entropy', 'tversky', "
            "'focal_tversky' or 'focal'.",
        ),
        ({"training": {"output_stride": 4}}, "Parameter `training.output_stride` is 4, allowed is: 8 or 16"),
        ({"training": {"weights": None}}, "Parameter `training.weights` is None, allowed is: none, imagenet, a .keras file or"),
        ({"training": {"weights": "runs:/"}}, "`training.weights` is 'runs:/', allowed is: none, imagenet, a .keras file or a folder"),
        ({"training": {"weights": "models:/"}}, "a folder that holds one, runs:/ID or models:/NAME@ALIAS."),
        (
            {"training": {"weights": "https://example.com/x.keras"}},
            "`training.weights` is 'https://example.com/x.keras', but URLs are not taken: download the file and give its path.",
        ),
        ({"folds": 3, "fold": 3}, "`fold` is 3"),
        ({"fold": 2}, "`fold` is 2, allowed is: 0 unless `folds` is given."),
    ],
)
def test_wrong_parameter_is_named_with_what_is_allowed(values, sentence):
    with pytest.raises(UserError) as caught:
        parse_parameters(MINIMAL | values)
    assert sentence in str(caught.value)


def test_the_network_may_be_left_to_the_plan():
    assert parse_parameters(MINIMAL | {"training": {"network": "auto"}}).training.network == "auto"
    with pytest.raises(UserError, match="'deeplabv3plus_lite0' or 'auto'"):
        parse_parameters(MINIMAL | {"training": {"network": "vnet"}})


def test_missing_parameter_says_how_to_give_it():
    with pytest.raises(UserError, match="`raw_root` is missing: set it in conf/ or with --params=raw_root=VALUE"):
        parse_parameters({"ingestion": {"reader": "paired"}})


def test_every_wrong_parameter_is_named_at_once():
    with pytest.raises(UserError) as caught:
        parse_parameters(MINIMAL | {"seed": -1, "training": {"width": 0}})
    assert "`seed`" in str(caught.value)
    assert "`training.width`" in str(caught.value)


def test_layout_knows_its_channels():
    kaggle = parse_parameters(MINIMAL | {"ingestion": {"reader": "kaggle_3m"}}).ingestion
    assert (kaggle.lead_channel, kaggle.channels[kaggle.lead_channel]) == (1, "FLAIR")
    assert parse_parameters(MINIMAL).ingestion.lead_channel == 0


def test_what_is_true_or_false_stays_so():
    values = {"prediction": {"mirrors": False, "crf": True}, "training": {"resume": True}}
    parsed = parse_parameters(MINIMAL | values)
    assert (parsed.prediction.mirrors, parsed.prediction.crf, parsed.training.resume) == (False, True, True)


def test_parameters_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        parse_parameters(MINIMAL).seed = 1


def test_lists_may_be_joined_by_plus():
    assert parse_parameters(MINIMAL | {"ingestion": {"reader": "paired", "channels": "T1+FLAIR"}}).ingestion.channels == ("T1", "FLAIR")


def test_base_configuration_holds_every_parameter_at_its_default():
    written: dict = {}
    for file in BASE.glob("parameters*.yml"):
        written |= yaml.safe_load(file.read_text())
    # YAML's word for false is `off`, too.
    written["curation"] = {"off" if name is False else name: value for name, value in written["curation"].items()}
    assert set(written) == set(Parameters.model_fields)
    defaults = parse_parameters({"raw_root": written["raw_root"], "ingestion": {"reader": "phantoms"}}).model_dump(mode="json")
    for name, values in written.items():
        if name == "ingestion":
            assert values.items() <= defaults[name].items()
        else:
            assert values == defaults[name], name


@pytest.mark.parametrize(("given", "values"), [(1, (1,)), ("1", (1,)), ("1+3", (1, 3)), ([0, 2], (0, 2)), (None, None)])
def test_a_single_lesion_value_needs_no_list(given, values):
    assert parse_parameters(MINIMAL | {"ingestion": {"reader": "paired", "lesion_values": given}}).ingestion.lesion_values == values


def test_a_word_is_no_lesion_value():
    with pytest.raises(UserError, match=r"Parameter `ingestion.lesion_values` is True, allowed is: a valid tuple"):
        parse_parameters(MINIMAL | {"ingestion": {"reader": "paired", "lesion_values": True}})
