"""Commands and changes that a person could come up with, in an order that nobody thought of."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 1800
"""Seconds that a command may take at the most."""
BEGUN = ["ingestion", "classification", "cross_validation", "baselines"]
ROOMS = ["splitting", "planning", "preparation", "augmentation", "training", "prediction", "evaluation", "report", "methods"]
ASIDE = ["check", "promote", "prune", "export", "inference", "comparison", "classification_report"]
FOLDED = ["", "", "folds=2", "folds=2,fold=1"]
PARAMETERS = [
    *("seed=1", "protocol=slice", "protocol=all", "recipe=tiny", "training.network=auto", "training.seeds=2"),
    *("prediction.threshold=0.4", "prediction.mirrors=false", "preparation.size=48", "curation.off=near_black", "training.resume=true"),
]
LOADED = {"prediction": "segmenter", "evaluation": "segmenter", "report": "segmentation_metrics", "splitting": "cases"}
"""Rooms that are told to load a version, and of what."""


@dataclass(frozen=True)
class Command:
    """One `kedro run`.

    Attributes:
        arguments: Behind `kedro run`.
        ended: Lines of its output after which it is ended, 0 where it is let be.
        by: The signal.
    """

    arguments: tuple[str, ...]
    ended: int = 0
    by: signal.Signals = signal.SIGKILL

    def __str__(self) -> str:
        ended = f"  # {self.by.name} after {self.ended} lines" if self.ended else ""
        return " ".join(("kedro run", *self.arguments)) + ended


@dataclass(frozen=True)
class Outcome:
    """How a command has ended: `code` is negative where a signal ended it."""

    command: Command
    code: int
    out: str
    err: str

    @property
    def done(self) -> bool:
        return self.code == 0


def choose_command(draw: random.Random, interrupted: bool, runs: list[str], versions: dict[str, list[str]]) -> Command:
    """Choose what to run next.

    Args:
        draw: Where chance comes from.
        interrupted: Whether the last command was ended by force, so that a person would go on with it.
        runs: Ids of tracked runs, the newest last.
        versions: Of each dataset that finished runs have left.
    """
    if interrupted and draw.random() < 0.6:
        return Command(("--pipeline=segmentation", "--env=test", "--params=training.resume=true"))
    name = draw.choice(draw.choice([["segmentation"], BEGUN, ROOMS, ROOMS, ASIDE]))
    given = [_fold(name, draw), *(draw.sample(PARAMETERS, k=draw.choice([1, 1, 2])) if draw.random() < 0.35 else [])]
    given += {"inference": ["input=scans", "modality=brain"], "comparison": [f"runs={'+'.join(runs[-2:])}"]}.get(name, [])
    arguments = [f"--pipeline={name}", "--env=test", *([f"--params={','.join(filter(None, given))}"] if any(given) else [])]
    if (old := versions.get(LOADED.get(name, ""))) and draw.random() < 0.4:
        arguments.append(f"--load-versions={LOADED[name]}:{draw.choice(old)}")
    if name == "segmentation" and draw.random() < 0.2:
        arguments.append("--from-nodes=fingerprint_training")
    ended = draw.randint(1, draw.choice([20, 90])) if draw.random() < 0.25 else 0
    return Command(tuple(arguments), ended, draw.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM]))


def run_all(project: Path, commands: list[Command]) -> list[Outcome]:
    """Run commands at the same time, and wait for all of them."""
    begun = [(command, _begin(project, command, number)) for number, command in enumerate(commands)]
    return [_wait(project, command, process, number) for number, (command, process) in enumerate(begun)]


def _fold(name: str, draw: random.Random) -> str:
    if name == "cross_validation":
        return "folds=2"
    return draw.choice(FOLDED) if name in ("segmentation", "splitting", "evaluation") else ""


def _begin(project: Path, command: Command, number: int) -> subprocess.Popen[bytes]:
    variables = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    variables |= {"COLUMNS": "200", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(project / "src")}
    with (project / f"out{number}.txt").open("wb") as out, (project / f"err{number}.txt").open("wb") as err:
        return subprocess.Popen(
            [sys.executable, "-m", "kedro", "run", *command.arguments], cwd=project, env=variables, stdout=out, stderr=err
        )


def _wait(project: Path, command: Command, process: subprocess.Popen[bytes], number: int) -> Outcome:
    out, err, until = project / f"out{number}.txt", project / f"err{number}.txt", time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        if command.ended and out.read_text(errors="replace").count("\n") >= command.ended:
            process.send_signal(command.by)
            break
        time.sleep(0.05)
    try:
        code = process.wait(max(1, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        err.write_text(f"Traceback: it hung for {PATIENCE} seconds")
        code = 1
    return Outcome(command, code, out.read_text(errors="replace"), err.read_text(errors="replace"))
