"""What several loaders of one case read of the same file is read once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Output = TypeVar("Output")

_SHARED = threading.local()


@contextmanager
def share_reading() -> Iterator[None]:
    """Inside the block, and in this thread alone, `read_shared` reads nothing twice; afterwards nothing of it is kept.

    Example:
        >>> with share_reading():
        ...     read_shared(list, (1, 2)) is read_shared(list, (1, 2))
        True
        >>> read_shared(list, (1, 2)) is read_shared(list, (1, 2))
        False
    """
    before = getattr(_SHARED, "known", None)
    _SHARED.known = {}
    try:
        yield
    finally:
        _SHARED.known = before


def read_shared(read: Callable[Arguments, Output], *arguments: Arguments.args, **keywords: Arguments.kwargs) -> Output:
    """Read something, or hand out what another loader of the case has read inside the same `share_reading`.

    Args:
        read: What reads it. Where it fails, it is asked again.
        *arguments: What it takes, hashable.
        **keywords: Likewise.

    Returns:
        What it gave, which nobody may modify.
    """
    known: dict[Hashable, Any] | None = getattr(_SHARED, "known", None)
    if known is None:
        return read(*arguments, **keywords)
    key = (read, arguments, tuple(keywords.items()))
    if key not in known:
        known[key] = read(*arguments, **keywords)
    value: Output = known[key]
    return value
