"""What is installed, on whichever Python: the versions that the tests have seen."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
# Of these only the documentation is made.
OF_DOCS = {"pymdown-extensions"}


def pins(lock: Path) -> list[tuple[str, str]]:
    return re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_package_has_one_version_on_every_python(lock):
    names = [name for name, _ in pins(lock) if name not in OF_DOCS]
    assert len(names) > 50
    assert {name for name in names if names.count(name) > 1} == set()


def test_the_locks_agree():
    first, *others = (dict(pins(lock)) for lock in LOCKS)
    assert others
    for other in others:
        assert {name: (version, other[name]) for name, version in first.items() if other.get(name, version) != version} == {}
