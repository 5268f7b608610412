import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from kedro.pipeline import Node, Pipeline

from tumourflow.errors import UserError
from tumourflow.hooks import ParameterHook
from tumourflow.hooks.recipes import apply_recipe, find_recipes
from tumourflow.pipeline_registry import ROOMS, register_pipelines

RECIPES = Path(__file__).parents[2] / "conf" / "recipes"


class Loader(dict):
    """The merged configuration, with what the command line gave."""

    runtime_params = None
    conf_source = str(RECIPES.parent)


def pass_hook(project: Path, **values: object) -> dict:
    """Hand parameters to the hook as a context does, and tell what it made of them."""
    loader = Loader(parameters={"ingestion": {"reader": "paired"}, "split_file": None, **values})
    ParameterHook().after_context_created(SimpleNamespace(config_loader=loader, project_path=str(project)))
    return loader["parameters"]


@pytest.mark.parametrize("url", ["s3://bucket/some/cohort", "gs://bucket/cohort", "file:///data/cohort", "memory://cohort"])
def test_urls_stay_as_they_are(tmp_path, url):
    assert pass_hook(tmp_path, raw_root=url)["raw_root"] == url


def test_paths_are_relative_to_the_project(tmp_path):
    values = pass_hook(tmp_path, raw_root="data/01_raw/lgg", split_file="splits.csv")
    assert values["raw_root"] == str(tmp_path / "data/01_raw/lgg")
    assert values["split_file"] == str(tmp_path / "splits.csv")


def test_paths_from_the_root_or_from_home_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    assert pass_hook(tmp_path, raw_root="/data/lgg")["raw_root"] == "/data/lgg"
    assert pass_hook(tmp_path, raw_root="~/lgg")["raw_root"] == "/home/anna/lgg"


def test_a_backend_that_is_not_there_is_told_before_the_first_room_begins(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(UserError, match="KERAS_BACKEND is `torch`"):
        pass_hook(tmp_path)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"split_file": "none.csv"}, "`split_file` .*none.csv does not exist"),
        ({"training": {"weights": "none.keras"}}, "`training.weights` is none.keras, .* there is none"),
    ],
)
def test_a_file_that_is_not_there_is_told_before_the_first_room_begins(tmp_path, values, sentence):
    hook, loader = (
        ParameterHook(),
        Loader(parameters={"ingestion": {"reader": "paired"}, "raw_root": "scans", "split_file": None, **values}),
    )
    hook.after_context_created(SimpleNamespace(config_loader=loader, project_path=str(tmp_path)))
    hook.before_pipeline_run(pipeline=Pipeline([Node(len, "params:ingestion", "cases")]))
    with pytest.raises(UserError, match=sentence):
        hook.before_pipeline_run(pipeline=Pipeline([Node(max, ["params:split_file", "params:training"], "splits")]))


@pytest.mark.parametrize("weights", ["none", "imagenet", "models:/lgg-segmentation@champion", "."])
def test_weights_that_may_be_there_are_left_to_the_training(tmp_path, weights):
    hook, loader = (
        ParameterHook(),
        Loader(parameters={"ingestion": {"reader": "paired"}, "raw_root": "scans", "training": {"weights": weights}}),
    )
    hook.after_context_created(SimpleNamespace(config_loader=loader, project_path=str(tmp_path)))
    hook.before_pipeline_run(pipeline=Pipeline([Node(len, "params:training", "segmenter")]))


LARGER = {"preparation": {"size": 144}, "prediction": {"multi_scale": True}}
DEEP = {"preparation": {"size": 48}, "training": {"depth": 5}}
SEGMENTERS = ("segmentation", "training", "cross_validation", "radiomics", "leakage_premium")


def begin(project: Path, pipeline: str, values: dict) -> None:
    hook, loader = ParameterHook(), Loader(parameters={"ingestion": {"reader": "paired"}, "raw_root": "scans", **values})
    hook.after_context_created(SimpleNamespace(config_loader=loader, project_path=str(project)))
    hook.before_pipeline_run(pipeline=register_pipelines()[pipeline])


@pytest.mark.parametrize("pipeline", sorted({*ROOMS} - {"__default__", *SEGMENTERS}))
def test_what_trains_no_segmenter_takes_images_that_none_could_see(tmp_path: Path, pipeline: str) -> None:
    begin(tmp_path, pipeline, LARGER)
    begin(tmp_path, pipeline, DEEP)


@pytest.mark.parametrize("pipeline", SEGMENTERS)
def test_what_trains_a_segmenter_refuses_images_that_it_could_not_see(tmp_path: Path, pipeline: str) -> None:
    with pytest.raises(UserError, match=r"Parameter `preparation.size` is 48, allowed is: a multiple of 32"):
        begin(tmp_path, pipeline, DEEP)


@pytest.mark.parametrize("pipeline", sorted({*SEGMENTERS} - {"leakage_premium"}))
def test_what_predicts_larger_images_refuses_a_size_that_cannot_be_enlarged(tmp_path: Path, pipeline: str) -> None:
    with pytest.raises(UserError, match=r"`prediction.multi_scale` is true, allowed with a `preparation.size` of 144 is: false"):
        begin(tmp_path, pipeline, LARGER)


def test_the_premium_of_leakage_never_enlarges(tmp_path: Path) -> None:
    begin(tmp_path, "leakage_premium", LARGER)


def tell_idle(project: Path, pipeline: str, cohort: dict, given: dict) -> None:
    hook, loader = ParameterHook(), Loader(parameters={"ingestion": {"reader": "paired"}, "raw_root": "scans", **cohort, **given})
    loader.runtime_params = given
    hook.after_context_created(SimpleNamespace(config_loader=loader, project_path=str(project)))
    hook.before_pipeline_run(pipeline=register_pipelines()[pipeline])


CHOSEN = {
    "training": {"network": "resunet", "depth": 3, "loss": "focal", "tumour_share": 1, "width": 8},
    "classification": {"task": "label"},
    "prediction": {"mirrors": False, "multi_scale": True, "patient_statistics": True, "threshold": 0.4},
}
OF_MASKS = {f"training.{name}" for name in ("network", "depth", "loss", "tumour_share")}
OF_PREDICTION = {f"prediction.{name}" for name in ("multi_scale", "patient_statistics", "threshold")}


@pytest.mark.parametrize(
    ("pipeline", "told"),
    [
        ("classification", OF_MASKS | OF_PREDICTION),
        ("router", OF_MASKS | OF_PREDICTION | {"prediction.mirrors", "classification.task"}),
        ("segmentation", set()),
        ("ingestion", set()),
    ],
)
def test_what_was_chosen_and_plays_no_part_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture, pipeline: str, told: set) -> None:
    tell_idle(tmp_path, pipeline, {}, CHOSEN)
    assert {message.split("`")[1] for message in caplog.messages} == told
    assert all("plays no part where images are told apart" in message for message in caplog.messages)


def test_what_a_cohort_brings_along_is_not_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tell_idle(tmp_path, "classification", CHOSEN, {})
    tell_idle(tmp_path, "router", CHOSEN, {"training": {"network": "auto", "width": 8}})
    assert caplog.messages == []


def test_what_a_recipe_brings_along_was_chosen_with_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tell_idle(tmp_path, "classification", {}, {"recipe": "deeplabv3_crf"})
    told = {message.split(" plays")[0] for message in caplog.messages}
    assert told == {"`training.network` (deeplabv3)", "`training.loss` (cross_entropy)", "`prediction.crf` (True)"}


def test_a_recipe_stands_above_the_cohort_and_below_the_command_line(tmp_path):
    (tmp_path / "wide.yml").write_text("training: {width: 32, depth: 3}\nseed: 4\n")
    merged = {"recipe": "wide", "seed": 0, "training": {"width": 8, "depth": 5, "batch": 2}}
    values = apply_recipe(merged, {"training": {"depth": 5}}, tmp_path)
    assert values == {"recipe": "wide", "seed": 4, "training": {"width": 32, "depth": 5, "batch": 2}}
    assert merged["training"]["width"] == 8


def test_recipes_are_found_in_the_archive_of_a_package(tmp_path):
    (tmp_path / "conf/recipes").mkdir(parents=True)
    (tmp_path / "conf/recipes/tiny.yml").write_text("training: {width: 4}\n")
    with tarfile.open(tmp_path / "conf.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "conf", "conf")
    recipes = find_recipes(str(tmp_path / "conf.tar.gz"))
    assert apply_recipe({"recipe": "tiny"}, {}, recipes) == {"recipe": "tiny", "training": {"width": 4}}
    with pytest.raises(UserError, match="choose one of tiny"):
        apply_recipe({"recipe": "huge"}, {}, recipes)


def test_without_a_recipe_nothing_changes(tmp_path):
    assert apply_recipe({"recipe": None, "seed": 1}, {"seed": 1}, tmp_path) == {"recipe": None, "seed": 1}


def test_an_unknown_recipe_is_answered_with_the_known_ones(tmp_path):
    (tmp_path / "unet_dice.yml").write_text("seed: 1\n")
    with pytest.raises(UserError, match=r"There is no recipe 'unet': choose one of unet_dice, or add conf/recipes/unet.yml"):
        apply_recipe({"recipe": "unet"}, {}, tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- training\n", r"conf/recipes/odd\.yml holds no parameters: write lines such as `training: \{width: 32\}`"),
        ("5\n", r"conf/recipes/odd\.yml holds no parameters"),
        ("training: 5\n", r"`training` in conf/recipes/odd\.yml is 5, allowed is: a group, such as \{width: VALUE\}\."),
        ("training:\n", r"`training` in conf/recipes/odd\.yml is None, allowed is: a group"),
        ("curation: {decisions: null}\n", r"`curation\.decisions` in conf/recipes/odd\.yml is None, allowed is: a group"),
        ("recipe: other\n", r"conf/recipes/odd\.yml names a recipe itself \(`recipe: other`\): put the lines of that one in"),
    ],
)
def test_a_malformed_recipe_is_named_whatever_else_is_given(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "odd.yml").write_text(text)
    given = {"training": {"width": 8}, "curation": {"decisions": {"a": {"use": "no"}}}}
    with pytest.raises(UserError, match=sentence):
        apply_recipe({"recipe": "odd", **given}, given, tmp_path)


def test_numbers_of_a_recipe_are_read_as_those_of_conf(tmp_path: Path) -> None:
    (tmp_path / "slow.yml").write_text("training: {learning_rate: 1e-3}\n")
    assert apply_recipe({"recipe": "slow"}, {}, tmp_path)["training"]["learning_rate"] == 0.001


def test_an_empty_recipe_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.yml").write_text("# to be written\n")
    assert apply_recipe({"recipe": "empty", "seed": 1}, {}, tmp_path) == {"recipe": "empty", "seed": 1}


@pytest.mark.parametrize("recipe", sorted(path.stem for path in RECIPES.glob("*.yml")))
def test_every_recipe_is_short_and_holds_known_parameters(tmp_path, recipe):
    values = pass_hook(tmp_path, raw_root="data", recipe=recipe)
    assert values["recipe"] == recipe
    assert len((RECIPES / f"{recipe}.yml").read_text().splitlines()) < 20
