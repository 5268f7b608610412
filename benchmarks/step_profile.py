"""What a training step spends its time on, by kinds of operations.

    python benchmarks/step_profile.py --json FILE

The default U-Net trains on the same 128 x 128 x 3 images again and again under TensorFlow's profiler, undivided and with one thread, so
that operations follow one another and their times add up to the step's. `rest` is what passes between operations: Python, dispatch, memory.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from report import describe_machine, write_json

from tumourflow.options import TrainingOptions
from tumourflow.training.assemble import build_for_training

KINDS = {
    "gradients of kernels": ("Conv2DBackpropFilter",),
    "other convolutions": ("Conv2D", "MatMul"),
    "batch normalisation": ("BatchNorm",),
    "gradients of ReLU": ("ReluGrad",),
    "adding, joining, converting": ("AddN", "ConcatV2", "Cast", "Transpose", "Tile"),
    "pooling": ("MaxPool",),
    "optimiser, moving averages": ("ResourceApply", "AssignSub", "Mul"),
}
"""Parts of the names of operations; the first kind that has one of them counts."""


def main() -> None:
    """Profile the step and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20, help="how many are profiled")
    parser.add_argument("--size", type=int, default=128, help="height and width of an image in pixels")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    seconds, by_operation = profile(arguments.size, arguments.steps)
    milliseconds = {kind: 1000 * spent / arguments.steps for kind, spent in sum_kinds(by_operation).items()}
    whole = 1000 * seconds / arguments.steps
    milliseconds["rest"] = whole - sum(milliseconds.values())
    print(f"{describe_machine()}\n{whole:.0f} ms a step of 16 images on one thread")
    for kind, spent in milliseconds.items():
        print(f"{kind:30s} {spent:7.1f} ms {spent / whole:6.1%}")
    write_json(arguments.json, {"milliseconds": milliseconds, "step": whole, "size": arguments.size})


def profile(size: int, steps: int) -> tuple[float, Counter[str]]:
    """Train for some steps; gives their seconds, and the seconds of each type of operation."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    rng = np.random.default_rng(0)
    batch = rng.normal(size=(16, size, size, 3)).astype(np.float32), rng.integers(0, 2, (16, size, size, 1)).astype(np.uint8)
    model = build_for_training((size, size, 3), TrainingOptions(), seed=0)
    for _ in range(5):
        model.train_on_batch(*batch)
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder, tf.profiler.experimental.ProfilerOptions(host_tracer_level=3))
        started = time.perf_counter()
        for _ in range(steps):
            model.train_on_batch(*batch)
        seconds = time.perf_counter() - started
        tf.profiler.experimental.stop()
        (trace,) = Path(folder).rglob("*.xplane.pb")
        return seconds, read_trace(trace)


def read_trace(trace: Path) -> Counter[str]:
    """Sum up the seconds that each type of operation took itself, without those within it."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space = xplane_pb2.XSpace()
    space.ParseFromString(trace.read_bytes())
    spent: Counter[str] = Counter()
    for plane in space.planes:
        if plane.name != "/host:CPU":
            continue
        for line in plane.lines:
            events = ((event.offset_ps, event.duration_ps, plane.event_metadata[event.metadata_id].name) for event in line.events)
            for name, picoseconds in own_times(events):
                operation = name.rpartition(":")[2]
                # Functions of the runtime have no operation behind their name, or stand in a C++ namespace.
                if ":" in name and "::" not in name:
                    spent[operation] += picoseconds / 1e12
    return spent


def own_times(events: Iterable[tuple[int, int, str]]) -> Iterator[tuple[str, int]]:
    """Take from each event's duration that of the events within it.

    Args:
        events: Start, duration and name on one thread.

    Yields:
        Names and durations, outer events in parts, negative ones too, that sum up to their own time.
    """
    within: list[tuple[int, str]] = []
    for start, duration, name in sorted(events, key=lambda event: (event[0], -event[1])):
        while within and within[-1][0] <= start:
            within.pop()
        if within:
            yield within[-1][1], -duration
        yield name, duration
        within.append((start + duration, name))


def sum_kinds(by_operation: Counter[str]) -> dict[str, float]:
    """Sum up types of operations by `KINDS`; the others are the last kind."""
    kinds = dict.fromkeys(KINDS, 0.0) | {"other operations": 0.0}
    for operation, seconds in by_operation.items():
        found = (kind for kind, parts in KINDS.items() if any(part in operation for part in parts))
        kinds[next(found, "other operations")] += seconds
    return kinds


if __name__ == "__main__":
    main()
