"""`python -m tumourflow`, which runs pipelines wherever the package is installed, as `kedro run` does in the project's folder."""

from __future__ import annotations

import sys
from typing import Any

from kedro.framework.project import configure_project


def main(*args: Any, **kwargs: Any) -> Any:
    """Run what the command line names, and end with a sentence where the user can mend what went wrong.

    Args:
        args: In place of the command line, where called from Python.
        kwargs: Settings of click's own, such as `standalone_mode`.

    Returns:
        What the run left in memory, where `standalone_mode` is false.
    """
    configure_project("tumourflow")
    # It knows the pipelines that have just been configured.
    from tumourflow.cli import cli

    settings: dict[str, Any] = {"prog_name": "tumourflow", "standalone_mode": not hasattr(sys, "ps1"), **kwargs}
    return cli.commands["run"].main(*args, **settings)


if __name__ == "__main__":
    main()
