"""Options of the download: where a cohort is published."""

from pydantic import Field

from tumourflow.options.base import Options

_URL = r"^(https?://\S+)?$"


class DownloadOptions(Options):
    """Where a cohort comes from; at most one of `article` and `page` is needed.

    Attributes:
        article: Address of a figshare article in the public API; its files are fetched, checked and unpacked.
        page: Address of a page where a person with an account downloads the cohort.
        unpack: What of the page's archive is the cohort.
    """

    article: str = Field(default="", pattern=_URL)
    page: str = Field(default="", pattern=_URL)
    unpack: str = "it"
