import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))


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
