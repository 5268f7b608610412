"""`python -m tumourflow`, for those who have the package and not the project."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_help_needs_neither_project_nor_configuration(tmp_path):
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "tumourflow", "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage: tumourflow " in done.stdout
    assert "--pipeline" in done.stdout
    assert not any(tmp_path.iterdir())


@pytest.fixture(scope="module")
def installed(package, tmp_path_factory):
    """`installed(folder, *arguments)` runs the wheel in an environment that has nothing but what the package requires."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (libraries,) = (environment / "lib").glob("python*/site-packages")
    # A line of a .pth file adds a folder, and takes up no editable installation that lies in it.
    (libraries / "required.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    (wheel,) = package.glob("*.whl")
    python = environment / "bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--ignore-installed", wheel], check=True)

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Neither git nor anything else is on the path, and nothing of the project is.
        variables = {"PATH": str(environment / "bin"), "HOME": str(folder), "COLUMNS": "200"}
        command = [python, "-m", "tumourflow", *arguments]
        return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)

    return run


@pytest.mark.slow
def test_the_archive_holds_the_configuration_and_no_secret(package):
    with tarfile.open(package / "conf-tumourflow.tar.gz") as archive:
        names = archive.getnames()
    assert {"conf/base/parameters.yml", "conf/lgg/parameters.yml", "conf/recipes/best.yml", "conf/logging.yml", "conf/local"} <= set(names)
    assert [name for name in names if name.startswith("conf/local/")] == []


@pytest.mark.slow
def test_the_wheel_runs_in_an_empty_folder_with_the_archive(package, installed, tmp_path):
    archive = package / "conf-tumourflow.tar.gz"
    done = installed(tmp_path, f"--conf-source={archive}", "--pipeline=check", "--env=test", "--params=recipe=unet_dice")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "this cohort would go through" in " ".join(done.stdout.split())
    assert "usage data" not in done.stdout + done.stderr, "telemetry"


@pytest.mark.slow
def test_a_whole_run_in_an_empty_folder_with_the_configuration_unpacked(package, installed, tmp_path):
    with tarfile.open(package / "conf-tumourflow.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    done = installed(tmp_path, "--pipeline=segmentation", "--env=test")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert list((tmp_path / "data/08_reporting/test/segmentation_metrics.json").glob("*/*.json"))
    assert (tmp_path / "mlflow.db").exists()
    assert "kedro viz" not in done.stdout, "there is no project to show"
    assert "Bad git executable" not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--pipeline=check"], "Name a folder or archive of configuration with --conf-source"),
        (["--pipeline=chek"], "There is no pipeline `chek` (--pipeline)"),
    ],
)
def test_a_mistake_is_one_sentence(installed, tmp_path, arguments, sentence):
    done = installed(tmp_path, *arguments)
    told = done.stderr.splitlines()
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert [line for line in told if line.startswith("Error: ") and sentence in line] == told[-1:]
