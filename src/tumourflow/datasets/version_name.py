"""The names of versions, which tell when a run began."""

from __future__ import annotations

from datetime import UTC, datetime


def version_time(version: str) -> datetime | None:
    """Read when the run of a version began; nothing where the name is no version.

    Example:
        >>> version_time("2026-01-31T20.15.00.000Z").isoformat()
        '2026-01-31T20:15:00+00:00'
        >>> version_time("images") is None
        True
    """
    try:
        return datetime.strptime(version, "%Y-%m-%dT%H.%M.%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None
