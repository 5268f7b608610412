import tomllib
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from tumourflow.reports.page import render_page

ROOT = Path(__file__).parents[2]


def test_every_template_is_packed_with_the_package():
    package = ROOT / "src/tumourflow"
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["tumourflow"]
    found = {path for pattern in packed for path in package.glob(pattern)}
    assert {path for path in (package / "reports").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")} == found
    assert found


def test_a_template_that_is_told_too_little_says_so():
    with pytest.raises(UndefinedError, match="made"):
        render_page("page", title="a page")
