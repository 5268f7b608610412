"""Links that are right in the repository, made right in the site."""

from __future__ import annotations

import posixpath
import re

ELSEWHERE = {
    "conf/base": "parameters.md",
    "conf/base/parameters_classification.yml": "parameters.md#classification",
    "conf/base/parameters_phantoms.yml": "parameters.md#phantoms",
    "conf/base/parameters_training.yml": "parameters.md#training",
    "conf/recipes": "training.md#recipes",
    "conf/lgg": "cohorts.md",
    "data/README.md": "data.md",
    "CHANGELOG.md": "changes.md",
    "README.md": "index.md",
    "README.md#speed-and-memory": "results.md#speed-and-memory",
}
"""Files beyond docs/, some of their sections, and the page that says in the site what they say."""

_LINK_OR_CODE = re.compile(
    r"^```.*?^```|^(?: {4}|\t)[^\n]*$|(?P<picture>!?)\[(?P<text>(?:`[^`\n]*`|[^\]\[`])*)\]\((?P<target>[^)\s]+)\)|`[^`\n]*`",
    re.DOTALL | re.MULTILINE,
)
FROM_ROOT = {"index.md", "results.md", "changes.md"}
"""Pages whose text stands in the repository's root."""


def mend_links(markdown: str, page: str) -> str:
    """Rewrite what a page links to.

    Args:
        markdown: Text of the page; what stands in code is no link.
        page: Path of the page below docs/.

    Returns:
        The text, in which links into docs/ are relative to the site, those to other files of the repository lead to the page that
        stands for them, or are text where there is none.

    Example:
        >>> mend_links("[own](docs/own_data.md), [base](conf/base), [law](LICENSE)", "index.md")
        '[own](own_data.md), [base](parameters.md), law'
        >>> mend_links("[recipes](../conf/recipes) and [there](https://kedro.org)", "training.md")
        '[recipes](training.md#recipes) and [there](https://kedro.org)'
        >>> mend_links("[times](../README.md#speed-and-memory)", "scaling.md")
        '[times](results.md#speed-and-memory)'
    """
    return _LINK_OR_CODE.sub(lambda found: _mend(found, page), markdown)


def _mend(found: re.Match[str], page: str) -> str:
    if found["target"] is None:
        return found[0]
    target, sign, anchor = found["target"].partition("#")
    section = sign + anchor
    if "://" in target or not target:
        return found[0]
    folder = "" if page in FROM_ROOT else "data" if page == "data.md" else posixpath.join("docs", posixpath.dirname(page))
    path = posixpath.normpath(posixpath.join(folder, target))
    if path.startswith("docs/"):
        path = posixpath.relpath(path, posixpath.join("docs", posixpath.dirname(page)))
    elif path + section in ELSEWHERE:
        path, section = ELSEWHERE[path + section], ""
    elif path in ELSEWHERE:
        path = ELSEWHERE[path]
    else:
        return found["text"]
    return f"{found['picture']}[{found['text']}]({path}{section})"
