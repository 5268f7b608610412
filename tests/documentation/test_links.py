import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
READ_ON_GITHUB = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "data/README.md", *PAGES]


def anchors(page: Path) -> set[str]:
    """Names that a repository's browser gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def test_examples_of_the_generator(generator):
    assert doctest.testmod(generator("links")).failed == 0


def test_what_stands_in_code_is_no_link(generator):
    text = "```sh\n[a](b)\n```\n\n    [a](b)\n\n`[a](b)` and [`a`](docs/b.md)"
    assert generator("links").mend_links(text, "index.md") == text.replace("docs/", "")


def test_pictures_and_anchors_are_kept(generator):
    mend = generator("links").mend_links
    assert mend("![x](docs/images/x.png) [y](docs/y.md#z)", "index.md") == "![x](images/x.png) [y](y.md#z)"
    assert mend("[z](#z)", "training.md") == "[z](#z)"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_a_page_names_is_there(page):
    named = re.findall(r"`((?:src|tests|conf/base|docs|benchmarks|\.github)/[\w./-]+\.\w+)`", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", READ_ON_GITHUB, ids=lambda page: page.name)
def test_every_link_leads_somewhere_in_the_repository_too(page):
    lost = []
    for link in re.findall(r"\]\(((?!https?://)[^)\s]+)\)", page.read_text()):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []
