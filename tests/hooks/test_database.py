import errno
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import mlflow
import pytest
from mlflow.store.tracking import sqlalchemy_store

from tumourflow.errors import UserError
from tumourflow.hooks.database import lay_out_database


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow is stopped when it has made one table of many."""

    def stop(uri: str, _: str) -> None:
        database = sqlite3.connect(uri.removeprefix("sqlite:///"))
        database.execute("CREATE TABLE experiments (name TEXT)")
        database.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(sqlalchemy_store, "SqlAlchemyStore", stop)


def test_a_database_is_there_whole_and_alone(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    lay_out_database(uri)
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]
    client = mlflow.MlflowClient(uri)
    assert client.create_run(client.create_experiment("lgg", artifact_location=str(tmp_path))).info.run_id


def test_a_run_that_is_killed_meanwhile_leaves_none(tmp_path: Path, killed: None) -> None:
    with pytest.raises(KeyboardInterrupt):
        lay_out_database(f"sqlite:///{tmp_path}/mlflow.db")
    assert list(tmp_path.iterdir()) == []


def test_the_database_of_a_run_that_was_quicker_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mlflow.db"

    def lay_out(uri: str, _: str) -> SimpleNamespace:
        Path(uri.removeprefix("sqlite:///")).write_text("slow")
        file.write_text("quick")
        return SimpleNamespace(engine=SimpleNamespace(dispose=lambda: None))

    monkeypatch.setattr(sqlalchemy_store, "SqlAlchemyStore", lay_out)
    lay_out_database(f"sqlite:///{file}")
    assert file.read_text() == "quick"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("uri", ["http://server", "sqlite://", "sqlite:///{folder}/there.db"])
def test_what_is_there_or_no_file_is_let_be(tmp_path: Path, killed: None, uri: str) -> None:
    (tmp_path / "there.db").write_text("content")
    lay_out_database(uri.format(folder=tmp_path))
    assert (tmp_path / "there.db").read_text() == "content"


def test_a_disk_that_refuses_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_, **__) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(UserError, match=r"mlflow\.db could not be written\. The disk is read-only"):
        lay_out_database(f"sqlite:///{tmp_path}/mlflow.db")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"there is no folder {tmp_path}/none: make it"):
        lay_out_database(f"sqlite:///{tmp_path}/none/mlflow.db")
