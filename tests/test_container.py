"""What can be said of the image without building it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINES = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
ARGUMENTS = dict(re.findall(r"^ARG (\w+)=(\S+)$", "\n".join(LINES), flags=re.MULTILINE))


def sources() -> list[str]:
    copied = [line.split()[1:-1] for line in LINES if line.startswith("COPY ") and "--from" not in line]
    return [re.sub(r"\$\{(\w+)\}", lambda found: ARGUMENTS[found[1]], name) for names in copied for name in names]


def is_sent(name: str) -> bool:
    """Whether the builder gets a file or folder of the project: the last line of .dockerignore that names it decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and Path(name).match(pattern):
            sent = line.startswith("!")
    return sent


@pytest.mark.parametrize("source", [*sources(), "requirements-gpu.lock", "conf/local/.gitkeep"])
def test_what_is_copied_is_there_and_is_sent(source):
    assert (ROOT / source).exists()
    assert is_sent(source)


@pytest.mark.parametrize("name", ["data", "mlflow.db", "mlruns", ".git", ".venv", "conf/local/credentials.yml"])
def test_data_secrets_and_traces_stay_here(name):
    assert not is_sent(name)


def test_the_last_stage_has_no_rights_and_runs_the_package():
    last = LINES[max(number for number, line in enumerate(LINES) if line.startswith("FROM ")) :]
    assert next(line for line in last if line.startswith("USER ")).split()[1] not in ("0", "root")
    assert next(line for line in last if line.startswith("ENTRYPOINT ")).startswith('ENTRYPOINT ["python", "-m", "tumourflow"')


def test_the_lock_holds_what_the_image_replaces_and_builds_with():
    lock = (ROOT / ARGUMENTS["LOCK"]).read_text()
    for name in ("tensorflow", "setuptools", "wheel", "packaging"):
        assert re.search(rf"^{name}==", lock, flags=re.MULTILINE), name
