import subprocess
from types import SimpleNamespace

import pytest

from tumourflow.training import machine
from tumourflow.training.machine import SMALL_GPU, describe_machine


def test_without_a_gpu_it_is_the_computers_memory_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "has_gpu", lambda: False)
    monkeypatch.setattr(machine, "choose_precision", lambda: "float32")
    told = describe_machine()
    assert (told.gpu, told.bfloat16) == (False, False)
    assert told.memory > 2**28


def test_of_several_gpus_the_smallest_counts_and_one_that_does_not_tell_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "has_gpu", lambda: True)
    monkeypatch.setattr(machine, "choose_precision", lambda: "mixed_bfloat16")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout="24576\n16384\n"))
    assert (describe_machine().memory, describe_machine().bfloat16) == (16 * 2**30, True)

    def fail(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", fail)
    assert describe_machine().memory == SMALL_GPU
