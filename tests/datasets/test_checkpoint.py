import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tumourflow.datasets import CheckpointDataset
from tumourflow.errors import UserError


@pytest.fixture
def dataset(tmp_path: Path) -> CheckpointDataset:
    dataset = CheckpointDataset(filepath=str(tmp_path / "models" / "checkpoint.npz"))
    dataset.stamp = {"run_id": "r1"}
    return dataset


def test_what_was_written_is_read_with_its_stamp(dataset: CheckpointDataset) -> None:
    checkpoint = dataset.load()
    checkpoint.write({"model/0": np.arange(3, dtype=np.float32)}, {"step": 7})
    arrays, facts = dataset.load().read()
    assert arrays["model/0"].tolist() == [0, 1, 2]
    assert facts == {"step": 7, "run_id": "r1"} == checkpoint.read_facts()
    assert [path.name for path in checkpoint.path.parent.iterdir()] == ["checkpoint.npz"]


def test_nothing_is_read_before_and_after_a_training(dataset: CheckpointDataset) -> None:
    checkpoint = dataset.load()
    assert checkpoint.read() is None
    assert checkpoint.read_facts() is None
    checkpoint.write({}, {})
    checkpoint.clear()
    checkpoint.clear()
    assert checkpoint.read() is None


def begin_anew(dataset: CheckpointDataset, run_id: str = "r2") -> None:
    dataset.stamp = {"run_id": run_id}
    checkpoint = dataset.load()
    for step in (0, 5):
        checkpoint.write({}, {"step": step})


def test_a_training_that_begins_anew_sets_the_interrupted_one_aside(dataset: CheckpointDataset, caplog: pytest.LogCaptureFixture) -> None:
    dataset.load().write({"a": np.ones(1)}, {"step": 9})
    begin_anew(dataset)
    aside = dataset.load().path.with_name("checkpoint.before.npz")
    assert f"after step 9 is set aside as {aside}: to go on with it, rename it to checkpoint.npz" in caplog.text
    assert dataset.load().read_facts() == {"step": 5, "run_id": "r2"}
    aside.replace(dataset.load().path)
    assert dataset.load().read_facts() == {"step": 9, "run_id": "r1"}


def test_a_state_from_before_the_first_step_is_not_kept(dataset: CheckpointDataset) -> None:
    dataset.load().write({}, {"step": 0})
    begin_anew(dataset)
    assert [path.name for path in dataset.load().path.parent.iterdir()] == ["checkpoint.npz"]


def test_whoever_goes_on_sets_nothing_aside(dataset: CheckpointDataset) -> None:
    """Where MLflow has lost the run, it does so in another one."""
    dataset.load().write({}, {"step": 9})
    dataset.stamp = {"run_id": "r2"}
    checkpoint = dataset.load()
    checkpoint.read()
    checkpoint.write({}, {"step": 12})
    assert [path.name for path in checkpoint.path.parent.iterdir()] == ["checkpoint.npz"]


def test_a_damaged_state_stands_in_nobodys_way(dataset: CheckpointDataset) -> None:
    path = dataset.load().path
    path.parent.mkdir()
    path.write_bytes(b"half")
    begin_anew(dataset)
    assert dataset.load().read_facts() == {"step": 5, "run_id": "r2"}


def test_a_state_that_could_not_be_written_leaves_the_one_before(dataset: CheckpointDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = dataset.load()
    checkpoint.write({"a": np.ones(1)}, {"step": 1})

    def break_off(file, **_: object) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", break_off)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.write({"a": np.zeros(1)}, {"step": 2})
    monkeypatch.undo()
    assert checkpoint.read_facts() == {"step": 1, "run_id": "r1"}
    assert len(list(checkpoint.path.parent.iterdir())) == 1


def test_what_a_killed_process_had_begun_to_write_is_cleared_away(dataset: CheckpointDataset) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    checkpoint, home = dataset.load(), Path(dataset.load().path.parent)
    home.mkdir()
    left, under_way = home / f".checkpoint.npz.{ended.pid}.partial", home / f".checkpoint.npz.{os.getppid()}.partial"
    for partial in (left, under_way):
        partial.touch()
    checkpoint.write({}, {})
    assert (left.exists(), under_way.exists()) == (False, True)
    left.touch()
    checkpoint.clear()
    assert not left.exists()


@pytest.mark.parametrize("left", [slice(0), slice(1000), slice(1000, None), slice(2, 9)])
def test_a_damaged_state_is_named_in_a_sentence(dataset: CheckpointDataset, left: slice) -> None:
    checkpoint = dataset.load()
    checkpoint.write({"model/0": np.arange(1000)}, {"step": 7})
    checkpoint.path.write_bytes(checkpoint.path.read_bytes()[left])
    for read in (checkpoint.read, checkpoint.read_facts):
        with pytest.raises(UserError, match=r"checkpoint\.npz, .*, cannot be read: begin a new training, without `training\.resume`"):
            read()


def test_a_wrong_byte_anywhere_does_no_more_than_that(dataset: CheckpointDataset) -> None:
    checkpoint = dataset.load()
    checkpoint.write({"model/0": np.arange(3)}, {"step": 7})
    whole = checkpoint.path.read_bytes()
    for place in range(len(whole)):
        checkpoint.path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        with suppress(UserError):
            checkpoint.read()


def test_nodes_cannot_save_to_it(dataset: CheckpointDataset) -> None:
    with pytest.raises(Exception, match="filled through the handle"):
        dataset.save({})


def test_one_process_has_the_state_until_it_lets_it_go_or_ends(dataset: CheckpointDataset) -> None:
    program = (
        "import sys; from pathlib import Path; from tumourflow.datasets import Checkpoint; print(Checkpoint(Path(sys.argv[1]), {}).hold())"
    )
    state = dataset.load()

    def held_by_another() -> str:
        return subprocess.run([sys.executable, "-c", program, str(state.path)], capture_output=True, text=True, check=True).stdout.strip()

    assert held_by_another() == "True"
    assert state.hold()
    assert dataset.load().hold(), "the same process may ask twice"
    assert held_by_another() == "False"
    dataset.load().release()
    assert list(state.path.parent.iterdir()) == []
    assert held_by_another() == "True"
