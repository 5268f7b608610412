"""A cohort's files come from where they were published: once, checked, and whole or not at all."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from functools import partial
from pathlib import Path
from typing import TypeAlias

from tumourflow.cohorts.archives import unpack
from tumourflow.cohorts.article import Remote, list_remotes
from tumourflow.cohorts.transfer import fetch_file
from tumourflow.errors import UserError

logger = logging.getLogger(__name__)

_RECEIPT = "receipt.json"

Receipt: TypeAlias = dict[str, list[str]]
"""For each fetched file's name and checksum what of it lies in the cohort's folder."""


def fetch_article(article: str, root: Path) -> int:
    """Fetch the files of a figshare article, check them, and put them into a cohort's folder; archives are unpacked.

    What is unfinished lies in a hidden folder beside it, from where another call goes on. Files that lie there already stay untouched.

    Args:
        article: Address of the article in the public API.
        root: Folder of the cohort; missing, empty, or filled by this function.

    Returns:
        Number of published files that were fetched, 0 where everything was there.

    Raises:
        UserError: When the publisher does not answer, a file breaks off, is not what its checksum says or cannot be unpacked, or the folder
            holds files from elsewhere.
    """
    root = root.resolve()
    staging = root.with_name(f".{root.name}.download")
    receipt, complete = _read_receipt(staging, article)
    if complete and all(_is_there(root, files) for files in receipt.values()):
        return 0
    remotes = list_remotes(article)
    if not receipt and root.is_dir() and any(root.iterdir()):
        msg = (
            f"{root} holds files that were not fetched by this command. Move them away, or name another folder with --params=raw_root=PATH."
        )
        raise UserError(msg)
    missing = [remote for remote in remotes if not (remote.key in receipt and _is_there(root, receipt[remote.key]))]
    staging.mkdir(parents=True, exist_ok=True)
    for remote in missing:
        part = staging / f"{remote.name}.part"
        fetch_file(remote.url, part, remote.size, remote.name)
        _require_checksum(remote, part)
        unpacked = _unpack(remote, part, staging / "unpacked")
        receipt[remote.key] = [file.as_posix() for file in unpacked]
        _write_receipt(staging, article, receipt, complete=False)
        _put_in_place(staging / "unpacked", root, unpacked)
        part.unlink(missing_ok=True)
        logger.info("%s: %d files.", remote.name, len(unpacked))
    _write_receipt(staging, article, receipt, complete=True)
    return len(missing)


def describe_steps(page: str, unpack: str, root: Path) -> str:
    """Say how a cohort is fetched that only a person with an account gets."""
    return f"1. Sign in (an account is needed) and download the archive at {page}\n2. Unpack {unpack} into {root}"


def _require_checksum(remote: Remote, part: Path) -> None:
    with part.open("rb") as file:
        received = hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    if part.stat().st_size == remote.size and remote.checksums <= {received}:
        return
    part.unlink()
    told = " and ".join(sorted(remote.checksums))
    msg = f"`{remote.name}` is not what its publisher says: MD5 {received} instead of {told}. It was deleted: run again."
    raise UserError(msg)


def _unpack(remote: Remote, part: Path, folder: Path) -> list[Path]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if Path(remote.name).suffix.lower() != ".zip":
        shutil.copyfile(part, folder / remote.name)
        return [Path(remote.name)]
    stem = Path(Path(remote.name).stem)
    return [stem / file for file in unpack(part, folder / stem, remote.name)]


def _put_in_place(folder: Path, root: Path, files: list[Path]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for entry in sorted(folder.iterdir()):
        # A folder that is new appears with all its files at once.
        if not (root / entry.name).exists():
            entry.rename(root / entry.name)
    for file in files:
        if not (root / file).exists():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).rename(root / file)
    shutil.rmtree(folder)


def _is_there(root: Path, files: list[str]) -> bool:
    return all((root / file).is_file() for file in files)


def _read_receipt(staging: Path, article: str) -> tuple[Receipt, bool]:
    try:
        record = json.loads((staging / _RECEIPT).read_text())
        return (dict(record["files"]), bool(record["complete"])) if record["article"] == article else ({}, False)
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return {}, False


def _write_receipt(staging: Path, article: str, receipt: Receipt, *, complete: bool) -> None:
    written = staging / f"{_RECEIPT}.part"
    written.write_text(json.dumps({"article": article, "complete": complete, "files": receipt}, indent=1))
    written.rename(staging / _RECEIPT)
