"""One file over HTTP: what has come stays, and the next attempt goes on from there."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tumourflow.errors import UserError

FEW, MANY = 4, 200
"""Attempts in a row that bring nothing, and attempts in all, after which a file is given up."""

_SECONDS = 60
_PIECE = 2**18
_AGENT = "tumourflow (https://figshare.com API client)"
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500
_CONTINUES_BEYOND_END = 416


class _BrokenOffError(Exception):
    """The connection ended before the file did."""


def fetch_document(url: str, largest: int) -> bytes:
    """Fetch something small.

    Args:
        url: `http` or `https`.
        largest: Bytes that are read at most.

    Returns:
        Its bytes.

    Raises:
        UserError: When nothing or no answer comes.
    """
    try:
        with _open(url, 0) as response:
            return bytes(response.read(largest))
    except (OSError, http.client.HTTPException) as error:
        msg = f"{url} does not answer ({_say(error)}). Check the connection and the address, then run again."
        raise UserError(msg) from error


def fetch_file(url: str, part: Path, size: int, name: str) -> None:
    """Fetch a file, or the rest of it, with a progress bar.

    Args:
        url: `http` or `https`.
        part: File that it is written to; what an earlier attempt left there is kept where the server can go on from it.
        size: Bytes that the file should have.
        name: Shown beside the bar.

    Raises:
        UserError: When the connection breaks off again and again, or the server refuses; what has come is kept.
    """
    part.touch()
    if part.stat().st_size > size:
        part.write_bytes(b"")
    fruitless, problem = 0, ""
    with tqdm(total=size, desc=name, unit="B", unit_scale=True, unit_divisor=1024) as bar:
        for _ in range(MANY):
            before = part.stat().st_size
            if before >= size:
                break
            problem = _go_on(url, part, size, bar)
            fruitless = fruitless + 1 if part.stat().st_size <= before else 0
            if fruitless >= FEW:
                break
            time.sleep(_pause(fruitless))
    got = part.stat().st_size
    if got < size:
        msg = f"`{name}` broke off after {got} of {size} bytes ({problem}). What has come is kept: run again to go on from there."
        raise UserError(msg)


def _go_on(url: str, part: Path, size: int, bar: tqdm[Any]) -> str:
    start = part.stat().st_size
    try:
        for place, piece in _receive(url, start):
            with part.open("r+b") as file:
                file.truncate(place)
                file.seek(place)
                file.write(piece[: size + 1 - place])
            bar.n = place + len(piece)
            bar.refresh()
            if place + len(piece) > size:
                return "it is longer than announced"
    except _BrokenOffError as error:
        return str(error)
    return "the connection was closed"


def _receive(url: str, start: int) -> Iterator[tuple[int, bytes]]:
    try:
        with _open(url, start) as response:
            # A server that knows no ranges begins anew.
            place = start if response.status == http.client.PARTIAL_CONTENT else 0
            if place and not str(response.headers.get("Content-Range", "")).startswith(f"bytes {start}-"):
                msg = "the server goes on at another place"
                raise _BrokenOffError(msg)
            while piece := response.read(_PIECE):
                yield place, piece
                place += len(piece)
    except urllib.error.HTTPError as error:
        if error.code < _SERVER_ERROR and error.code not in {_TOO_MANY_REQUESTS, _CONTINUES_BEYOND_END}:
            msg = f"{url} is refused: {_say(error)}."
            raise UserError(msg) from error
        raise _BrokenOffError(_say(error)) from error
    except http.client.IncompleteRead as error:
        if error.partial:
            yield place, error.partial
        raise _BrokenOffError(_say(error)) from error
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOffError(_say(error)) from error


def _open(url: str, start: int) -> Any:
    headers = {"User-Agent": _AGENT} | ({"Range": f"bytes={start}-"} if start else {})
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_SECONDS)


def _pause(fruitless: int) -> float:
    return 0.5 * 2**fruitless if fruitless else 0.0


def _say(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
