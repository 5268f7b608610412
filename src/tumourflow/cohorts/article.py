"""What a figshare article holds, as its public API tells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tumourflow.cohorts.archives import is_safe
from tumourflow.cohorts.transfer import fetch_document
from tumourflow.errors import UserError

_LARGEST_RECORD = 2**22


@dataclass(frozen=True)
class Remote:
    """A published file.

    Attributes:
        name: Of the file.
        size: In bytes.
        url: Where it is.
        checksums: MD5 in hexadecimal digits, as uploaded and as counted by the publisher; all of them have to hold.
    """

    name: str
    size: int
    url: str
    checksums: frozenset[str]

    @property
    def key(self) -> str:
        """Name and content."""
        return " ".join([self.name, *sorted(self.checksums)])


def list_remotes(article: str) -> list[Remote]:
    """Ask the publisher for the files of an article.

    Args:
        article: Address of the article in the public API.

    Returns:
        Its files, in the publisher's order.

    Raises:
        UserError: When no answer comes, one that is no record of an article, or one that tells no checksum of a file.
    """
    try:
        record = json.loads(fetch_document(article, _LARGEST_RECORD))
        remotes = [_parse_remote(entry) for entry in record["files"] if not entry.get("is_link_only")]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        msg = f"{article} is no record of a figshare article ({type(error).__name__}: {error}). Check `download.article`."
        raise UserError(msg) from error
    if not remotes or len({remote.name for remote in remotes}) < len(remotes):
        msg = f"{article} lists no files, or two of one name. Check `download.article`."
        raise UserError(msg)
    if unchecked := [remote.name for remote in remotes if not remote.checksums]:
        msg = f"{article} tells no MD5 of `{unchecked[0]}`, so that nobody could know whether it came whole and unchanged."
        msg += " Try again later, or fetch the article's files in a browser and put them into `raw_root` yourself."
        raise UserError(msg)
    return remotes


def _parse_remote(entry: dict[str, Any]) -> Remote:
    name, size, url = entry["name"], entry["size"], entry["download_url"]
    checksums = frozenset(str(entry[key]).lower() for key in ("supplied_md5", "computed_md5") if entry.get(key))
    if not (is_safe(name) and "/" not in name and not name.startswith(".")) or not url.startswith(("http://", "https://")):
        msg = f"{name!r} at {url!r} is no file to fetch"
        raise ValueError(msg)
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        msg = f"`size` is {size!r}"
        raise ValueError(msg)
    return Remote(name, size, url, checksums)
