import logging
import math
import threading
import time

import mlflow
import pytest

from tumourflow.hooks import curves
from tumourflow.hooks.curves import CurveSender, open_sender


class Server:
    """Stands in for the tracking server's client; while `gate` is shut, no request comes back."""

    def __init__(self):
        self.gate = threading.Event()
        self.under_way = threading.Event()
        self.requests = []

    def log_batch(self, run_id, metrics):
        self.under_way.set()
        assert self.gate.wait(20)
        self.requests.append([(metric.key, metric.value, metric.step) for metric in metrics])


@pytest.fixture
def server(monkeypatch):
    server = Server()
    monkeypatch.setattr(mlflow, "MlflowClient", lambda: server)
    return server


def event(step):
    return {"step": step, "progress": 0.5, "loss": step / 2}


def test_events_wait_for_a_slow_server_and_then_go_together(server):
    sender = CurveSender("run")
    sender.add(event(1))
    assert server.under_way.wait(20)
    for step in (2, 3):
        sender.add(event(step))
    server.gate.set()
    sender.close()
    assert server.requests == [[("training.loss", 0.5, 1)], [("training.loss", 1.0, 2), ("training.loss", 1.5, 3)]]


def test_a_server_that_does_not_answer_is_not_waited_for(server, caplog):
    sender = CurveSender("run")
    started = time.perf_counter()
    sender.add(event(1))
    sender.close(seconds=0.1)
    assert time.perf_counter() - started < 10
    assert "may stay incomplete" in caplog.text
    server.gate.set()
    sender._thread.join(20)


def test_no_request_is_longer_than_the_server_takes(server, monkeypatch):
    monkeypatch.setattr(curves, "LONGEST_BATCH", 2)
    server.gate.set()
    sender = CurveSender("run")
    sender.add({"step": 1} | dict.fromkeys(curves.CURVES[:5], 0.5))
    sender.close()
    assert [len(request) for request in server.requests] == [2, 2, 1]


def test_what_was_not_measured_is_not_sent(server):
    server.gate.set()
    sender = CurveSender("run")
    sender.add({"step": 1, "loss": 0.5, "validation_dice": math.nan})
    sender.close()
    assert server.requests == [[("training.loss", 0.5, 1)]]


def test_a_server_that_refuses_is_told_and_ends_nothing(server, monkeypatch, caplog):
    def refuse(run_id, metrics):
        raise mlflow.exceptions.MlflowException("gone")

    monkeypatch.setattr(server, "log_batch", refuse)
    with caplog.at_level(logging.WARNING):
        sender = CurveSender("run")
        sender.add(event(1))
        sender.close()
    assert "did not take the curves: gone" in caplog.text


def test_without_an_open_run_nothing_is_sent():
    assert open_sender() is None


def test_all_is_in_the_database_once_the_sender_is_closed(tracked):
    with mlflow.start_run() as run:
        sender = open_sender()
        for step in range(30):
            sender.add(event(step))
        sender.close()
        history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "training.loss")
    assert sorted((metric.step, metric.value) for metric in history) == [(step, step / 2) for step in range(30)]
