"""Facts of a case as a text, and their bytes beside it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

Facts = dict[str, Any]


def encode_facts(facts: Facts) -> tuple[str, bytes]:
    """Put facts into a JSON text, and those that are bytes one after another.

    Args:
        facts: Texts, numbers and bytes by name.

    Returns:
        The text, which holds how many bytes a fact has, and the bytes.

    Raises:
        TypeError: If a fact is something else.

    Example:
        >>> encode_facts({"height": 3, "thumbnail": b"12"})
        ('{"height": 3, "thumbnail": {"bytes": 2}}', b'12')
    """
    return json.dumps(facts, default=_spell), b"".join(value for value in facts.values() if isinstance(value, bytes))


def decode_facts(text: str, data: bytes) -> Facts:
    """Make facts again of what `encode_facts` made of them."""
    facts: Facts = json.loads(text)
    for name, value in facts.items():
        if isinstance(value, dict):
            facts[name], data = data[: value["bytes"]], data[value["bytes"] :]
    return facts


def _spell(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": len(value)}
    if isinstance(value, np.generic):
        return value.item()
    msg = f"A fact is a text, a number or bytes. Received: {type(value).__name__}."
    raise TypeError(msg)
