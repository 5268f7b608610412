"""Commands in an order that nobody thought of leave a project in which everything belongs together.

A sequence is told by its seed and length: `SEQUENCE_SEEDS=7+8 SEQUENCE_COMMANDS=40 pytest -m slow tests/test_command_sequences.py`.
"""

import os
import random
import shutil
from pathlib import Path

import pytest
from changes import CHANGES, RAW
from commands import Command, choose_command, run_all
from invariants import Watch

pytestmark = pytest.mark.slow

SEEDS = os.environ.get("SEQUENCE_SEEDS", "1").split("+")
COMMANDS = int(os.environ.get("SEQUENCE_COMMANDS", "15"))
WHOLE = Command(("--pipeline=segmentation", "--env=test"))
TINY = "training: {loss: soft_dice, steps: 8}\naugmentation: {rotation: 10}\n"


def choose(draw: random.Random, watch: Watch, interrupted: bool) -> list[Command]:
    """Choose a command, mostly one that trains where there is nothing yet, and now and then another that runs beside it."""
    first = choose_command(draw, interrupted, watch.runs(), watch.versions())
    commands = [first if watch.manifests() or draw.random() < 0.3 else WHOLE]
    if draw.random() < 0.1:
        commands.append(choose_command(draw, False, watch.runs(), watch.versions()))
    return commands


def choose_scans(project: Path) -> None:
    """Take two slices of a patient as new images."""
    for path in sorted((project / RAW).rglob("*_2.tif"))[:2]:
        shutil.copy(path, project / "scans/anna")


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_belongs_together_whatever_the_order(project, seed):
    (project / "conf/recipes/tiny.yml").write_text(TINY)
    (project / "scans/anna").mkdir(parents=True)
    draw, watch, interrupted = random.Random(seed), Watch(project), False
    print(f"SEQUENCE_SEEDS={seed} SEQUENCE_COMMANDS={COMMANDS}")  # noqa: T201  # shown where it fails
    for _ in range(COMMANDS):
        if (project / RAW).exists() and draw.random() < 0.25:
            print(draw.choice(CHANGES)(project, draw))  # noqa: T201
        commands = choose(draw, watch, interrupted)
        print("  &  ".join(map(str, commands)))  # noqa: T201
        watch.begin()
        outcomes = run_all(project, commands)
        print("  ", [outcome.code for outcome in outcomes], watch.tell(outcomes))  # noqa: T201
        watch.check(outcomes)
        interrupted = outcomes[0].code < 0
        choose_scans(project)
