"""How Kedro finds and merges the files of conf/."""

import shutil
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

from tumourflow.options import parse_parameters
from tumourflow.settings import CONFIG_LOADER_ARGS, _tracking_uri

# What Kedro owes OmegaConf.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")

CONF = Path(__file__).parents[1] / "conf"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """The project's configuration with a cohort `clinic` of one's own."""
    shutil.copytree(CONF, tmp_path / "conf")
    clinic = tmp_path / "conf/clinic"
    clinic.mkdir()
    (clinic / "globals.yml").write_text("cohort: clinic\n")
    (clinic / "parameters.yml").write_text("ingestion: {reader: paired}\ncuration: {near_duplicate: 0.99}\n")
    (clinic / "curation.yml").write_text('curation:\n  decisions:\n    anna_3: "excluded: blurred"\n    anna: "with bert: one person"\n')
    return tmp_path / "conf"


def load(conf: Path, env: str):
    loader = OmegaConfigLoader(str(conf), env=env, runtime_params={"raw_root": "x"}, **CONFIG_LOADER_ARGS)
    return parse_parameters(loader["parameters"]).curation


def test_decisions_of_people_stand_in_a_file_of_their_own_and_are_merged_with_all_other_parameters(conf):
    curation = load(conf, "clinic")
    assert curation.decisions == {"anna_3": "excluded: blurred", "anna": "with bert: one person"}
    assert (curation.near_duplicate, curation.max_excluded_fraction) == (0.99, 0.2)


def test_decisions_are_those_of_their_cohort_alone(conf):
    assert load(conf, "test").decisions == {}


def test_runs_in_any_folder_of_the_project_are_tracked_in_one_place(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    places = {
        CONF.parent: "sqlite:///mlflow.db",
        CONF.parent / "notebooks": f"sqlite:///{CONF.parent}/mlflow.db",
        tmp_path: "sqlite:///mlflow.db",
    }
    for folder, uri in places.items():
        monkeypatch.chdir(folder)
        assert _tracking_uri() == uri
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracker")
    assert _tracking_uri() == "http://tracker"
