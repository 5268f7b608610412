"""What MkDocs calls while it builds the site: pages that are made from the code and from files beyond docs/ join those of docs/."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from api_pages import write_api_pages
from links import mend_links
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from parameters_page import write_parameters_page
from pipelines_page import write_pipelines_page
from readme_pages import write_readme_pages

ROOT = Path(__file__).parents[2]
ROOMS = "Pipelines"
"""The part of the navigation that takes the pages which it does not name."""
_COMMAND = re.compile(r"<td>(?=<code>(?:kedro|python|make|mlflow|KERAS_BACKEND=|TF_NUM_)[^<]{30})")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name in the navigation each page of docs/ that it leaves out, and the pages of the API."""
    nav: list[Any] = config.nav or []
    named = set(_pages(nav))
    rooms = next(part[ROOMS] for part in nav if isinstance(part, dict) and ROOMS in part)
    rooms += [name for name in sorted(path.name for path in Path(config.docs_dir).glob("*.md")) if name not in named]
    if api := _write_api(config):
        nav.append({"API": sorted(api)})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file of docs/ holds."""
    made = {
        **write_readme_pages((ROOT / "README.md").read_text()),
        **_write_api(config),
        "parameters.md": write_parameters_page(),
        "pipelines.md": write_pipelines_page(ROOT / "conf/base"),
        "data.md": (ROOT / "data/README.md").read_text(),
        "changes.md": (ROOT / "CHANGELOG.md").read_text(),
    }
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Lead links to files that the site does not hold to where it says the same, or make plain text of them."""
    return mend_links(markdown, page.file.src_uri)


def on_page_content(html: str, **_: Any) -> str:
    """Mark cells that begin with a long command, which are given the room not to break over ten lines."""
    return _COMMAND.sub('<td class="command">', html)


def _write_api(config: MkDocsConfig) -> dict[str, str]:
    enabled = config.plugins["mkdocstrings"].config.enabled
    return write_api_pages(ROOT / "src/tumourflow") if enabled else {}


def _pages(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in _pages(part)]
