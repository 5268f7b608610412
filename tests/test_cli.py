import click
import pytest
import yaml
from click.testing import CliRunner
from kedro.config import MissingConfigException
from kedro.io import DatasetError
from omegaconf import OmegaConf
from omegaconf.errors import KeyValidationError

from tumourflow import cli
from tumourflow.errors import UserError


def raised(error, cause=None):
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def command(error):
    def run():
        raise error

    return cli._explained(click.Command("run", callback=run))


def test_sentence_is_found_below_what_libraries_wrap_around_it():
    assert cli.explain(raised(DatasetError("Failed while saving"), UserError("Free some space."))) == "Free some space."


def test_broken_yaml_is_told_with_its_line():
    try:
        yaml.safe_load("a: {b")
    except yaml.YAMLError as error:
        told = cli.explain(error)
    assert told is not None
    assert "not valid YAML" in told
    assert "line 1" in told


def test_what_is_not_the_users_to_mend_is_not_explained():
    assert cli.explain(ValueError("a defect")) is None
    result = CliRunner().invoke(command(ValueError("a defect")))
    assert isinstance(result.exception, ValueError)


def test_a_mistake_ends_with_its_sentence_and_a_code():
    result = CliRunner().invoke(command(UserError("`raw_root` is empty.")))
    assert (result.exit_code, result.output) == (1, "Error: `raw_root` is empty.\n")


def test_an_interrupt_closes_the_tracked_run_as_killed(monkeypatch):
    closed = []
    monkeypatch.setattr(cli, "_end_tracked_run", closed.append)
    result = CliRunner().invoke(command(KeyboardInterrupt()))
    assert closed == ["interrupted"]
    assert result.exit_code == 1
    assert "earlier versions are untouched" in result.output


def test_what_fails_after_the_last_node_is_no_finished_run(monkeypatch):
    """MLflow would end the run as finished when the process ends."""
    closed = []
    monkeypatch.setattr(cli, "_end_tracked_run", lambda *told: closed.append(told))
    CliRunner().invoke(command(OSError("No space left on device")))
    assert closed == [("failed: No space left on device", "FAILED")]


def test_a_pipeline_nobody_registered_is_refused_with_those_there_are(monkeypatch):
    monkeypatch.setattr(cli, "pipelines", {"check": None, "segmentation": None})
    with pytest.raises(UserError, match="choose one of check, segmentation"):
        cli._require_known({"pipeline": "segmentatoin"})


def test_a_configuration_that_is_not_there_is_told_with_how_to_name_one():
    told = cli.explain(MissingConfigException("Given configuration path either does not exist\nor is not a valid directory: conf/base"))
    assert told is not None
    assert "exist or is not a valid directory: conf/base. Name a folder or archive of configuration with --conf-source" in told


def test_a_cohort_is_looked_for_where_the_configuration_is(monkeypatch, tmp_path):
    for name in ("base", "lgg", "recipes"):
        (tmp_path / name).mkdir()
    cli._require_known({"env": "lgg", "conf_source": str(tmp_path)})
    with pytest.raises(UserError, match=rf"There is no cohort `lgz` \(--env\): {tmp_path}/ holds base, lgg\."):
        cli._require_known({"env": "lgz", "conf_source": str(tmp_path)})


def test_a_key_that_is_no_name_is_told():
    with pytest.raises(KeyValidationError) as caught:
        OmegaConf.create({"decisions": {None: "kept: seen"}})
    assert "has a key that is no name" in (cli.explain(caught.value) or "")
