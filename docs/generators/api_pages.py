"""A page of the API for each package of the domain, its text taken from the docstrings."""

from __future__ import annotations

import ast
from pathlib import Path

SHELL = {"pipelines", "hooks"}
"""Packages that are called by Kedro, not by a person; the page of all pipelines describes them."""


def write_api_pages(package: Path) -> dict[str, str]:
    """Write a page for each package.

    Args:
        package: Folder of the code.

    Returns:
        Markdown by name of page, in which mkdocstrings puts what the modules' docstrings say.
    """
    folders = sorted(path.parent for path in package.glob("*/__init__.py") if path.parent.name not in SHELL)
    return {f"api/{folder.name}.md": _write_page(package, folder) for folder in folders}


def _write_page(package: Path, folder: Path) -> str:
    summary = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    modules = sorted(path for path in folder.rglob("*.py") if path.name != "__init__.py")
    names = [".".join(path.relative_to(package.parent).with_suffix("").parts) for path in modules]
    return f"# {folder.name}\n\n{summary}\n\n" + "\n".join(f"::: {name}\n" for name in names)
