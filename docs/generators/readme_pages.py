"""The start page and the results, which the README holds."""

from __future__ import annotations

import re

RESULTS = "## Results"
_MERMAID = re.compile(r"^```mermaid\n(?P<lines>.*?)^```$", re.DOTALL | re.MULTILINE)


def write_readme_pages(readme: str) -> dict[str, str]:
    """Cut the README into pages.

    Args:
        readme: Its text.

    Returns:
        `index.md`, everything but the results; `results.md`. Chains that GitHub draws stand as text in the first: the program that
        draws them would have to be fetched from another server.

    Raises:
        ValueError: If the README has no section of results.
    """
    before, found, rest = readme.partition(f"\n{RESULTS}\n")
    if not found:
        msg = f"README.md has no section `{RESULTS}`: name it so again, or change docs/generators/readme_pages.py."
        raise ValueError(msg)
    results, heading, after = rest.partition("\n## ")
    start = f"{before}\n{heading}{after}"
    return {"index.md": _MERMAID.sub(_write_chain, start), "results.md": f"# Results\n{results}\n"}


def _write_chain(block: re.Match[str]) -> str:
    chains = [line.split("-->") for line in block["lines"].splitlines()[1:]]
    return "\n".join("- " + " → ".join(f"**{_name_room(room)}**" for room in rooms) for rooms in chains)


def _name_room(room: str) -> str:
    return re.sub(r"^\w+\[\((.*)\)\]$", r"\1", room.strip())
