import subprocess
import sys
from pathlib import Path

from tumourflow.datasets.process_lock import ProcessLock

PROGRAM = """
import sys
from pathlib import Path
from tumourflow.datasets.process_lock import ProcessLock

print(ProcessLock(Path(sys.argv[1])).hold())
"""


def held_by_another(path: Path) -> str:
    return subprocess.run([sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=True).stdout.strip()


def test_one_process_has_a_file_until_it_lets_it_go_or_ends(tmp_path: Path) -> None:
    path = tmp_path / "06_models/state.npz"
    assert held_by_another(path) == "True"
    assert ProcessLock(path).hold()
    assert ProcessLock(path).hold(), "the same process may ask twice"
    assert held_by_another(path) == "False"
    ProcessLock(path).release()
    assert list(path.parent.iterdir()) == []
    assert held_by_another(path) == "True"


def test_locks_of_two_files_are_two(tmp_path: Path) -> None:
    one, other = ProcessLock(tmp_path / "one"), ProcessLock(tmp_path / "other")
    assert one.hold()
    assert held_by_another(other.path) == "True"
    one.release()
    other.release()
