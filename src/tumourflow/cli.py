"""`kedro run`, with a sentence in place of a traceback where the user can mend what went wrong."""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from kedro import KedroDeprecationWarning
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.project import pipelines
from kedro.io import DatasetNotFoundError

from tumourflow.conf_files import explain_conf, name_file, require_described
from tumourflow.errors import UserError
from tumourflow.startup import quick_end


@click.group(name="tumourflow")
def cli() -> None:
    """Commands of this project."""


def _explained(command: click.Command) -> click.Command:
    explained = copy.copy(command)
    run = command.callback
    if run is None:
        msg = f"`{command.name}` must have a callback. Received: none."
        raise TypeError(msg)

    @functools.wraps(run)
    def run_and_explain(*args: Any, **kwargs: Any) -> Any:
        # Kedro means to rename `--pipeline`; until it is gone it is the shorter command.
        warnings.filterwarnings("ignore", message=".*--pipeline.*", category=KedroDeprecationWarning)
        try:
            with _ended_as_by_key():
                _require_known(kwargs)
                result = run(*args, **kwargs)
        except KeyboardInterrupt:
            _end_tracked_run("interrupted")
            msg = "Interrupted: earlier versions are untouched, and a training that had begun goes on with --params=training.resume=true."
            raise click.ClickException(msg) from None
        except Exception as error:
            # What fails once all nodes have run, as logging to a disk that is full, reaches no hook.
            _end_tracked_run(f"failed: {error}"[:500], "FAILED")
            told = explain(error)
            if told is None:
                raise
            raise click.ClickException(name_file(told, _find_conf(kwargs))) from None
        quick_end.allow(sys.argv[0])
        return result

    explained.callback = run_and_explain
    return explained


@contextlib.contextmanager
def _ended_as_by_key() -> Iterator[None]:
    # What a queue, a container and `kill` send would end Python at once, and leave the tracked run as one that is running.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def explain(error: BaseException) -> str | None:
    """Put an error into a sentence.

    Args:
        error: What ended the run; libraries may have wrapped the reason.

    Returns:
        The sentence, or nothing where it is not the user's to mend.
    """
    for reason in _reasons(error):
        if isinstance(reason, UserError):
            return str(reason)
        if told := explain_conf(reason):
            return told
        if isinstance(reason, DatasetNotFoundError) and "'load_versions'" in str(reason):
            return f"--load-versions names no dataset of this project: {reason} Their names stand in conf/base/catalog_*.yml."
        if type(reason).__name__ == "MlflowException":
            return f"The tracking server did not take this: {reason} Check MLFLOW_TRACKING_URI, or unset it to track locally."
    return None


def _reasons(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _find_conf(arguments: dict[str, Any]) -> Path:
    # An archive holds no folders to look at.
    return Path(arguments.get("conf_source") or "conf")


def _require_known(arguments: dict[str, Any]) -> None:
    if (arguments.get("runner") or "").endswith("ParallelRunner"):
        msg = "`--runner=ParallelRunner` runs each node in a process of its own, to which the streams and handles of the rooms cannot be "
        msg += "sent: leave it out, or have the work on images done in processes (--params=scheduler=processes)."
        raise UserError(msg)
    conf = _find_conf(arguments)
    environments = sorted(path.name for path in conf.glob("*/") if path.name not in ("local", "recipes"))
    env = arguments.get("env") or os.environ.get("KEDRO_ENV")
    if env and environments and env not in [*environments, "local"]:
        msg = f"There is no cohort `{env}` (--env): {conf}/ holds {', '.join(environments)}. Make {conf}/{env}/, see docs/own_data.md."
        raise UserError(msg)
    if env in environments and env != "base":
        require_described(conf, env, environments)
    for name in filter(None, [arguments.get("pipeline"), *(arguments.get("pipelines") or [])]):
        if name not in pipelines:
            msg = f"There is no pipeline `{name}` (--pipeline): choose one of {', '.join(sorted(pipelines))}."
            raise UserError(msg)


def _end_tracked_run(outcome: str, status: str = "KILLED") -> None:
    # MLflow by itself would mark the run as finished when the process ends.
    mlflow = sys.modules.get("mlflow")
    if mlflow and mlflow.active_run():
        with contextlib.suppress(mlflow.exceptions.MlflowException):
            mlflow.set_tag("outcome", outcome)
        with contextlib.suppress(mlflow.exceptions.MlflowException):
            mlflow.end_run(status)


cli.add_command(_explained(kedro_run))
