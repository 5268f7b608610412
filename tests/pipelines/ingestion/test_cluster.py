import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tumourflow.cohorts.paired import read_paired
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import curate
from tumourflow.curation.inspections import Fingerprints, inspect_changed
from tumourflow.curation.storage import list_images
from tumourflow.datasets import FactCache
from tumourflow.errors import UserError
from tumourflow.imaging.parallel import map_parallel
from tumourflow.options import CurationOptions, IngestionOptions

OPTIONS = IngestionOptions(reader="paired")


class Cluster:
    """A scheduler and its workers, each a process of its own on this machine."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(folder / "scheduler.json"))
        while not (folder / "scheduler.json").exists():
            assert self.processes[0].poll() is None, (folder / "0.log").read_text()
            time.sleep(0.05)
        self.address = json.loads((folder / "scheduler.json").read_text())["address"]
        for _ in range(workers):
            self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
        self.workers = self.processes[1:]

    def _start(self, kind: str, *arguments: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments, "--no-dashboard"]
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def start_cluster(tmp_path: Path) -> Iterator[object]:
    clusters: list[Cluster] = []

    def start(workers: int) -> Cluster:
        folder = tmp_path / f"cluster{len(clusters)}"
        folder.mkdir()
        clusters.append(Cluster(folder, workers))
        return clusters[-1]

    yield start
    for cluster in clusters:
        cluster.stop()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for folder in ("images", "masks"):
        (tmp_path / "raw" / folder).mkdir(parents=True)
    for number in range(60):
        mask = np.zeros((32, 32), np.uint8)
        mask[number % 20 : number % 20 + 9, 5:9] = 255
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).save(tmp_path / f"raw/images/p{number // 6}_{number % 6}.png")
        Image.fromarray(mask).save(tmp_path / f"raw/masks/p{number // 6}_{number % 6}_mask.png")
    (tmp_path / "raw/images/p3_3.png").write_bytes(b"no image")
    return tmp_path / "raw"


def ingest(raw: Path, cache: Path, scheduler: str, worker: subprocess.Popen[bytes] | None = None):
    """Make all artifacts, and kill a worker when half of the cases have been inspected."""
    index = read_paired(raw, OPTIONS)
    facts = []
    for each in inspect_changed(index, Fingerprints(index, OPTIONS), FactCache(cache), scheduler):
        facts.append(each)
        if worker and len(facts) == len(index.cases) // 2:
            worker.kill()
            worker.wait()
    cases = curate(index, tabulate_facts(facts), OPTIONS, CurationOptions()).cases
    images = list_images(index, cases, scheduler)
    return facts, dict(images.encode(images.keys))


def test_a_cluster_of_which_a_worker_dies_half_way_makes_the_same_artifacts_bit_for_bit(raw, tmp_path, start_cluster, monkeypatch):
    monkeypatch.setattr("tumourflow.curation.inspections._BATCH", 10)
    cluster = start_cluster(workers=2)
    local = ingest(raw, tmp_path / "local.sqlite", "threads")
    remote = ingest(raw, tmp_path / "remote.sqlite", cluster.address, cluster.workers[0])
    assert [worker.poll() for worker in cluster.workers] == [-9, None]
    assert len(local[1]) == 59 + 20
    assert repr(remote[0]) == repr(local[0])
    assert remote[1] == local[1]


def test_a_scheduler_without_workers_is_a_sentence(start_cluster, monkeypatch):
    monkeypatch.setattr("tumourflow.imaging.parallel._SECONDS_TO_CONNECT", 3)
    cluster = start_cluster(workers=0)
    with pytest.raises(UserError, match=r"has no worker: start some, for example with `dask worker tcp://127.0.0.1:"):
        list(map_parallel(abs, [1], cluster.address))
