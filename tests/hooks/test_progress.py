import pytest

from tumourflow.hooks import progress
from tumourflow.hooks.progress import TrainingListener


@pytest.fixture
def curves(monkeypatch):
    sent = []
    monkeypatch.setattr(progress, "_log_curves", sent.append)
    return sent


def test_bar_shows_dice_speed_and_time_left(curves, capsys):
    listener = TrainingListener()
    listener({"step": 1, "progress": 0.5, "validation_dice": 0.61})
    listener({"step": 2, "progress": 1.0, "images_per_second": 58.4, "minutes_left": 0.0})
    shown = capsys.readouterr().err
    assert "100 %" in shown
    assert "Dice 0.610, 58 images/s, 0.0 min left" in shown


def test_every_event_reaches_the_curves(curves, capsys):
    listener = TrainingListener()
    events = [{"step": step, "progress": step / 3} for step in (1, 2, 3)]
    for event in events:
        listener(event)
    assert curves == events


def test_listener_serves_a_second_training(curves, capsys):
    listener = TrainingListener()
    listener({"step": 1, "progress": 1.0})
    listener({"step": 1, "progress": 0.25})
    assert " 25 %" in capsys.readouterr().err
