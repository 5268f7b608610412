"""The documentation site is built without a warning."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build(destination: Path, api: bool) -> Path:
    variables = {**os.environ, "DOCS_API": str(api).lower(), "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(destination)]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return destination


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("site"), api=False)


class Fetched(HTMLParser):
    """Addresses of other servers from which a page fetches something by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        address = values.get("src") or (values.get("href") if tag == "link" and values.get("rel") != "canonical" else None)
        if address and "//" in address:
            self.addresses.append(address)


def test_every_page_of_docs_is_in_the_site_and_in_its_navigation(site):
    start = (site / "index.html").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert (site / f"{page.stem}.html").exists()
        assert f'href="{page.stem}.html"' in start


def test_pages_fetch_nothing_from_other_servers(site):
    for page in site.rglob("*.html"):
        fetched = Fetched()
        fetched.feed(page.read_text())
        assert fetched.addresses == [], page.name


def test_no_list_or_table_was_taken_for_text(site):
    """MkDocs wants an empty line before a list, where a repository's browser does without."""
    for page in site.glob("*.html"):
        text = re.sub(r"<pre.*?</pre>", "", page.read_text(), flags=re.DOTALL)
        assert not re.search(r"^(<p>)?(- |\d\. |\|)", text, flags=re.MULTILINE), page.name


def test_a_long_command_in_a_table_has_room(site):
    assert '<td class="command"><code>kedro run' in (site / "results.html").read_text()


@pytest.mark.slow
def test_the_api_is_built_from_docstrings(tmp_path):
    site = build(tmp_path, api=True)
    intervals = (site / "api/measures.html").read_text()
    assert 'id="tumourflow.measures.intervals.paired_difference"' in intervals
    assert "&gt;&gt;&gt;" in intervals
