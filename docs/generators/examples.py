"""What Griffe has to be told of the docstrings of this project."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

_EXAMPLE = re.compile(r"^Example:$", re.MULTILINE)


class ReadExamples(Extension):
    """Takes what stands under `Example:` as code that a prompt begins, as what stands under `Examples:` is taken."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rename the section."""
        if obj.docstring:
            obj.docstring.value = _EXAMPLE.sub("Examples:", obj.docstring.value)
