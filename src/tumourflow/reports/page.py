"""Templates become one page that asks nothing of a network."""

from __future__ import annotations

import base64
import functools
import hashlib
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tumourflow.figures.lettering import count
from tumourflow.reports.wording import begin, quantity, share


def render_page(template: str, **values: Any) -> str:
    """Render a template of this package; all text is escaped, and only the page's own script may run.

    Args:
        template: Name of a file in `templates`, without `.html.j2`.
        **values: What the template speaks of.

    Returns:
        The whole page.
    """
    templates = _load_templates()
    script = templates.get_template("viewer.js.j2").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return templates.get_template(f"{template}.html.j2").render(script=script, script_digest=f"sha256-{digest}", **values)


def write_time(moment: datetime) -> str:
    """Write a moment as a person reads it.

    Example:
        >>> write_time(datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
        '2026-01-02 03:04 UTC'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


@functools.cache
def _load_templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("tumourflow.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters |= {"begin": begin, "count": count, "quantity": quantity, "share": share}
    return templates
