from pathlib import Path
from types import SimpleNamespace

import pytest

from tumourflow.errors import UserError
from tumourflow.hooks.artifacts import require_own_place

DATABASE = "sqlite:///mlflow.db"


def experiment(location: object) -> SimpleNamespace:
    return SimpleNamespace(name="lgg", experiment_id="1", artifact_location=str(location))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.mark.parametrize(
    "location",
    ["{here}/mlruns/1", "file://{here}/mlruns/1", "{here}/../elsewhere/artifacts", "s3://bucket/mlruns/1", "mlflow-artifacts:/1"],
)
def test_artifacts_in_the_project_or_where_somebody_wants_them_are_let_be(here: Path, location: str, caplog) -> None:
    require_own_place(experiment(location.format(here=here)), DATABASE, here)
    assert not caplog.messages


def test_a_server_knows_best_where_artifacts_lie(here: Path) -> None:
    require_own_place(experiment("/nowhere/mlruns/1"), "http://server", here)


def test_a_project_that_was_moved_is_told_before_anything_runs(here: Path) -> None:
    with pytest.raises(UserError, match=rf"cohort `lgg` were tracked in {here}/old until now, .* \(ln -s {here} {here}/old\)"):
        require_own_place(experiment(f"file://{here}/old/mlruns/1"), DATABASE, here)


def test_a_project_whose_old_name_leads_to_it_goes_on(here: Path) -> None:
    (here.parent / "old").symlink_to(here)
    require_own_place(experiment(here.parent / "old/mlruns/1"), DATABASE, here)


def test_a_copy_is_told_that_its_artifacts_go_to_the_original(here: Path, caplog) -> None:
    original = here.parent / "original/mlruns"
    original.mkdir(parents=True)
    require_own_place(experiment(original / "1"), DATABASE, here)
    assert f"MLflow keeps what they leave in {original}: keep that folder" in caplog.text
