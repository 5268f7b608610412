"""No run begins with a parameter that nobody meant."""

from __future__ import annotations

from pathlib import Path

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl

from tumourflow.options import parse_parameters

PATHS = {"raw_root", "split_file"}


class ParameterHook:
    """Checks the whole parameter dictionary as soon as the configuration is merged.

    Kedro by itself checks only what an annotated node takes: a misspelt key at the top would pass.
    """

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Refuse unknown keys and values out of bounds; take paths, but no URLs, as relative to the project, as the catalog does.

        Raises:
            UserError: Naming each parameter, what was given and what is allowed.
        """
        values = context.config_loader["parameters"]
        parse_parameters(values)
        for name in PATHS & {name for name, value in values.items() if value and "://" not in str(value)}:
            values[name] = str(Path(context.project_path) / Path(values[name]).expanduser())
        context.config_loader["parameters"] = values
