import io
import signal
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner
from kedro.config import MissingConfigException
from kedro.io import DatasetError, DatasetNotFoundError
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


def test_a_group_that_stands_twice_is_told_with_its_file(monkeypatch, tmp_path):
    (tmp_path / "conf/clinic").mkdir(parents=True)
    (tmp_path / "conf/clinic/globals.yml").write_text("cohort: clinic\n")
    (tmp_path / "conf/clinic/parameters.yml").write_text("training: {width: 4}\ntraining: {steps: 9}\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(yaml.YAMLError) as caught:
        OmegaConf.load(io.StringIO(Path("conf/clinic/parameters.yml").read_text()))
    result = CliRunner().invoke(command(caught.value))
    assert 'found duplicate key training in "conf/clinic/parameters.yml", line 2' in result.output


def test_what_stands_in_two_files_is_told_with_both():
    told = cli.explain(ValueError("Duplicate keys found in conf/a/parameters.yml and conf/a/parameters_b.yml: training.steps"))
    assert told == (
        "Two files below conf/ say the same. Duplicate keys found in conf/a/parameters.yml and conf/a/parameters_b.yml: training.steps. "
        "Keep it in one of them, then run again."
    )


def test_a_version_of_no_dataset_is_told():
    told = cli.explain(DatasetNotFoundError("'load_versions' keys [scores] are not found in the catalog."))
    assert told is not None
    assert "--load-versions names no dataset of this project: 'load_versions' keys [scores]" in told
    assert cli.explain(DatasetNotFoundError("Dataset 'scores' not found in the catalog")) is None


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


def test_what_a_queue_ends_a_run_by_is_an_interrupt(monkeypatch):
    """Python alone would end at once: the tracked run would be one that is running, for ever."""
    before, closed = signal.getsignal(signal.SIGTERM), []
    monkeypatch.setattr(cli, "_end_tracked_run", closed.append)
    ended = cli._explained(click.Command("run", callback=lambda: signal.raise_signal(signal.SIGTERM)))
    assert "Interrupted: " in CliRunner().invoke(ended).output
    assert closed == ["interrupted"]
    assert signal.getsignal(signal.SIGTERM) == before


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


def test_a_runner_whose_processes_cannot_hand_on_what_rooms_make_is_refused():
    for name in ("ParallelRunner", "kedro.runner.ParallelRunner"):
        with pytest.raises(UserError, match=r"`--runner=ParallelRunner` .* leave it out, or .*scheduler=processes"):
            cli._require_known({"runner": name})
    cli._require_known({"runner": "ThreadRunner"})


def test_a_configuration_that_is_not_there_is_told_with_how_to_name_one():
    told = cli.explain(MissingConfigException("Given configuration path either does not exist\nor is not a valid directory: conf/base"))
    assert told is not None
    assert "exist or is not a valid directory: conf/base. Name a folder or archive of configuration with --conf-source" in told


def test_a_cohort_is_looked_for_where_the_configuration_is(monkeypatch, tmp_path):
    for name in ("base", "lgg", "recipes"):
        (tmp_path / name).mkdir()
    (tmp_path / "lgg/globals.yml").write_text("cohort: lgg\n")
    (tmp_path / "lgg/parameters.yml").touch()
    cli._require_known({"env": "lgg", "conf_source": str(tmp_path)})
    with pytest.raises(UserError, match=rf"There is no cohort `lgz` \(--env\): {tmp_path}/ holds base, lgg\."):
        cli._require_known({"env": "lgz", "conf_source": str(tmp_path)})


def test_a_key_that_is_no_name_is_told():
    with pytest.raises(KeyValidationError) as caught:
        OmegaConf.create({"decisions": {None: "kept: seen"}})
    assert "has a key that is no name" in (cli.explain(caught.value) or "")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"parameters.yml": "seed: 1\n"},
            r"Results of --env=clinic would lie among those of `phantoms`: write `cohort: clinic` into .*clinic/glo",
        ),
        ({"parameters.yml": "seed: 1\n", "globals.yml": "# to be written\n"}, r"among those of `phantoms`"),
        ({"parameters.yml": "seed: 1\n", "globals.yml": "cohort: lgg\n"}, r"among those of `lgg`: write `cohort: clinic`"),
        ({"parameters.yml": "seed: 1\n", "globals.yml": "cohort: 2024\n"}, r"clinic/globals.yml is 2024 to YAML, .*: write it in quotes"),
        ({"parameters.yml": "seed: 1\n", "globals.yml": "cohort: a/b\n"}, r"is called `a/b`: folders and models are named after it"),
        ({"parameters.yml": "seed: 1\n", "globals.yml": "cohort: inference\n"}, r"neither . nor .. nor inference, nor hold one of"),
        ({"parameters.yml": "seed: 1\n", "globals.yml": "cohort: yes\n"}, r"clinic/globals.yml is True to YAML"),
        ({"globals.yml": "cohort: clinic\n", "params.yml": "seed: 1\n"}, r"clinic/ says nothing of the cohort: write `raw_root` and `ing"),
    ],
)
@pytest.mark.parametrize("named", ["option", "variable"])
def test_a_cohort_that_says_too_little_is_not_taken_for_another(monkeypatch, tmp_path, files, sentence, named):
    for name, cohort in {"base": "phantoms", "lgg": "lgg", "clinic": ""}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "globals.yml").write_text(f"cohort: {cohort}\n") if cohort else None
    for name, text in files.items():
        (tmp_path / "clinic" / name).write_text(text)
    if named == "variable":
        monkeypatch.setenv("KEDRO_ENV", "clinic")
    with pytest.raises(UserError, match=sentence):
        cli._require_known({"env": "clinic" if named == "option" else None, "conf_source": str(tmp_path)})


def test_that_there_is_no_base_is_left_for_the_loader_to_say(tmp_path):
    (tmp_path / "clinic").mkdir()
    cli._require_known({"env": "clinic", "conf_source": str(tmp_path)})


def test_what_a_cohort_is_called_need_not_be_its_folder(tmp_path):
    for name, cohort in {"base": "phantoms", "clinic": "scans_2024"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "globals.yml").write_text(f"cohort: {cohort}\n")
    (tmp_path / "clinic/parameters.yml").touch()
    cli._require_known({"env": "clinic", "conf_source": str(tmp_path)})
