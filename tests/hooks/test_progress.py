import logging
import sys

import mlflow
import pytest
from kedro.pipeline import Node

from tumourflow.hooks import progress
from tumourflow.hooks.progress import ProgressHook, TrainingListener, track_fold


class Sender(list):
    """Stands in for what sends the curves."""

    closings = 0

    def add(self, event):
        self.append(event)

    def close(self):
        self.closings += 1


@pytest.fixture
def sender(monkeypatch):
    sender = Sender()
    monkeypatch.setattr(progress, "open_sender", lambda: sender)
    return sender


@pytest.fixture
def terminal(monkeypatch, capsys):
    """A terminal of 80 columns in place of the captured output."""
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda _: True)
    monkeypatch.setattr("tqdm.std._screen_shape_wrapper", lambda: lambda _: (80, 24))


def test_the_node_that_runs_is_named_alone(caplog):
    node = Node(max, ["cases", "splits"], "figure", name="draw_figure")
    with caplog.at_level(logging.INFO, logger="tumourflow"):
        ProgressHook().before_node_run(node)
    assert caplog.messages == ["Running node: draw_figure"]


def test_bar_fits_a_terminal_of_80_columns(sender, terminal, capsys):
    listener = TrainingListener()
    for step in range(11):
        listener({"step": step, "progress": step / 10, "images_per_second": 1234.4, "minutes_left": 131.0})
    listener.close()
    shown = capsys.readouterr().err.rstrip("\n").split("\r")
    assert shown[-1].endswith("| not validated yet, 1234 images/s, 131.0 min left")
    assert max(map(len, shown)) <= 80


def test_in_a_file_each_tenth_is_a_line(sender, capsys):
    listener = TrainingListener()
    for step in range(1001):
        listener({"step": step, "progress": step / 1000, "images_per_second": 58.4, **({"validation_dice": 0.61} if step > 150 else {})})
    listener.close()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0] == "training   0 %, not validated yet, 58 images/s"
    assert lines[-1] == "training 100 %, Dice 0.610, 58 images/s"
    assert len(sender) == 1001


def test_bar_shows_dice_speed_and_time_left(sender, capsys):
    listener = TrainingListener()
    listener({"step": 1, "progress": 0.5, "validation_dice": 0.61})
    listener({"step": 2, "progress": 1.0, "images_per_second": 58.4, "minutes_left": 0.0})
    listener.close()
    shown = capsys.readouterr().err
    assert "100 %" in shown
    assert "Dice 0.610, 58 images/s, 0.0 min left" in shown


def test_every_event_reaches_the_curves(sender, capsys):
    listener = TrainingListener()
    events = [{"step": step, "progress": step / 3} for step in (1, 2, 3)]
    for event in events:
        listener(event)
    listener.close()
    assert sender == events


def test_closing_ends_the_line_of_a_bar_that_stopped_early_once(sender, terminal, capsys):
    listener = TrainingListener()
    listener({"step": 1, "progress": 0.25})
    assert not capsys.readouterr().err.endswith("\n")
    listener.close()
    listener.close()
    shown = capsys.readouterr().err
    assert shown.endswith("\n")
    assert "100 %" not in shown
    assert sender.closings == 1


def test_events_at_the_end_share_one_bar(sender, capsys):
    listener = TrainingListener()
    for step in (1, 2):
        listener({"step": step, "progress": 1.0})
    listener.close()
    assert capsys.readouterr().err.count("\n") == 1


def test_closing_without_any_event_is_quiet(sender, capsys):
    TrainingListener().close()
    assert capsys.readouterr().err == ""


def test_listener_serves_a_second_training(sender, capsys):
    listener = TrainingListener()
    listener({"step": 1, "progress": 1.0})
    listener.close()
    listener({"step": 1, "progress": 0.25})
    listener.close()
    assert " 25 %" in capsys.readouterr().err


def test_bar_shows_the_score_of_the_task(sender, capsys):
    listener = TrainingListener()
    listener({"step": 1, "progress": 0.5})
    listener({"step": 2, "progress": 1.0, "validation_auroc": 0.9134})
    listener.close()
    assert "AUROC 0.913" in capsys.readouterr().err


def test_a_fold_has_a_run_of_its_own_below_the_open_one_and_goes_on_in_it(tracked, sender):
    with mlflow.start_run() as parent:
        with pytest.raises(KeyboardInterrupt), track_fold("fold 1, seed 0", {"fold": 1}) as fold:
            raise KeyboardInterrupt
        with track_fold("fold 1, seed 0", {"fold": 1}, fold.run_id) as again:
            again.report({"test": {"volume_dice": {"value": 0.5}}, "leaky": True})
        with track_fold("fold 2, seed 0", {"fold": 2}) as other:
            pass
    assert again.run_id == fold.run_id != other.run_id
    run = mlflow.get_run(fold.run_id)
    assert (run.info.run_name, run.info.status, run.data.params) == ("fold 1, seed 0", "FINISHED", {"fold": "1"})
    assert run.data.metrics == {"test.volume_dice": 0.5}
    assert run.data.tags["leaky"] == "true"
    assert {mlflow.get_run(each).data.tags["mlflow.parentRunId"] for each in (fold.run_id, other.run_id)} == {parent.info.run_id}


def test_a_fold_whose_run_mlflow_has_lost_has_a_new_one(tracked, sender):
    with mlflow.start_run(), track_fold("fold 1, seed 0", {"fold": 1}, "0" * 32) as fold:
        pass
    assert mlflow.get_run(fold.run_id).info.run_name == "fold 1, seed 0"


def test_where_nothing_is_tracked_a_fold_has_no_run(sender):
    with track_fold("fold 1, seed 0", {"fold": 1}) as fold:
        assert fold.run_id is None
