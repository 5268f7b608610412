"""`kedro run`, with a sentence in place of a traceback where the user can mend what went wrong."""

from __future__ import annotations

import copy
import functools
import warnings
from typing import Any

import click
from kedro import KedroDeprecationWarning
from kedro.framework.cli.project import run as kedro_run

from tumourflow.errors import UserError


@click.group(name="tumourflow")
def cli() -> None:
    """Commands of this project."""


def _user_error_in(error: BaseException | None) -> UserError | None:
    # Datasets wrap what happens while they save in an error of Kedro's.
    while error is not None and not isinstance(error, UserError):
        error = error.__cause__ or error.__context__
    return error


def _explained(command: click.Command) -> click.Command:
    explained = copy.copy(command)
    callback = command.callback
    if callback is None:
        msg = f"`{command.name}` must have a callback. Received: none."
        raise TypeError(msg)

    @functools.wraps(callback)
    def run(*args: Any, **kwargs: Any) -> Any:
        # Kedro means to rename `--pipeline`; until it is gone it is the shorter command.
        warnings.filterwarnings("ignore", message=".*--pipeline.*", category=KedroDeprecationWarning)
        try:
            return callback(*args, **kwargs)
        except Exception as error:
            told = _user_error_in(error)
            if told is None:
                raise
            raise click.ClickException(str(told)) from None

    explained.callback = run
    return explained


cli.add_command(_explained(kedro_run))
