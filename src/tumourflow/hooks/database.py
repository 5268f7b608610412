"""MLflow's database beside the project, which appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from tumourflow.datasets.disk import explain_refusal
from tumourflow.errors import UserError

SQLITE = "sqlite:///"


def lay_out_database(tracking_uri: str) -> None:
    """Make the database where there is none yet: under a name of its own first, then at its place.

    MLflow lays it out for seconds in the file itself. Runs that begin at the same time, or one that is killed meanwhile, would leave a
    database that no later run can open.

    Args:
        tracking_uri: Where runs are tracked; what is no database in a file is let be.

    Raises:
        UserError: Where nobody may write, or where there is no such folder.
    """
    file = Path(tracking_uri.removeprefix(SQLITE))
    if not tracking_uri.startswith(SQLITE) or not file.name or "?" in file.name or file.exists():
        return
    if not file.absolute().parent.is_dir():
        msg = (
            f"Runs are to be tracked in {file} (MLFLOW_TRACKING_URI), but there is no folder {file.parent}: make it, or name another file."
        )
        raise UserError(msg)
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
    try:
        # MLflow would try for minutes.
        with explain_refusal(file):
            partial.touch()
        SqlAlchemyStore(f"{SQLITE}{partial}", "mlruns").engine.dispose()  # type: ignore[no-untyped-call]
        _put(partial, file)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _put(partial: Path, file: Path) -> None:
    # Where another run was quicker, its database is the one.
    try:
        with contextlib.suppress(FileExistsError):
            os.link(partial, file)
    except OSError:  # a file system that knows no second name of a file
        partial.replace(file)
