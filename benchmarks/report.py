"""What every benchmark says of itself: its command, the machine, and its figures as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any


def describe_machine() -> str:
    """Tell the command that is running and the processor it runs on."""
    names = (line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name"))
    processor = next(names, platform.machine())
    cores = len(os.sched_getaffinity(0))
    return f"$ python {' '.join(sys.argv)}\n{processor}, {cores} cores, Python {platform.python_version()}"


def write_json(path: Path | None, figures: dict[str, Any]) -> None:
    """Write the figures with the command and the machine, where a file was asked for."""
    if path is not None:
        path.write_text(json.dumps({"run": describe_machine(), **figures}, indent=2))


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
