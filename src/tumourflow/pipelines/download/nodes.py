"""Fetch, or say how a person fetches."""

from __future__ import annotations

from pathlib import Path

import click

from tumourflow.cohorts.download import describe_steps, fetch_article
from tumourflow.datasets.disk import explain_refusal
from tumourflow.errors import UserError
from tumourflow.options import DownloadOptions


def download_cohort(raw_root: str, download: DownloadOptions) -> None:
    """Fetch the public files of a cohort into `raw_root`; where an account is needed, print what to do.

    Args:
        raw_root: Folder of the cohort on this machine.
        download: Where it is published.

    Raises:
        UserError: When the cohort names no source, `raw_root` is no folder of this machine, or its files cannot be fetched.
    """
    if "://" in raw_root:
        msg = f"`raw_root` is {raw_root}: a cohort is fetched into a folder of this machine. Name one with --params=raw_root=PATH."
        raise UserError(msg)
    root = Path(raw_root)
    if download.article:
        with explain_refusal(root):
            fetched = fetch_article(download.article, root)
        click.echo(
            f"Fetched, checked and unpacked {fetched} of the article's files: {root}"
            if fetched
            else f"Everything is there, nothing was fetched: {root}"
        )
    elif download.page:
        click.echo(describe_steps(download.page, download.unpack, root))
    else:
        msg = f"This cohort names no source (`download.article` or `download.page` in conf/): put its files into {root} yourself."
        raise UserError(msg)
