"""No run begins with a parameter that nobody meant."""

from __future__ import annotations

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl

from tumourflow.options import parse_parameters


class ParameterHook:
    """Checks the whole parameter dictionary as soon as the configuration is merged.

    Kedro by itself checks only what an annotated node takes: a misspelt key at the top would pass.
    """

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Refuse unknown keys and values out of bounds.

        Raises:
            UserError: Naming each parameter, what was given and what is allowed.
        """
        parse_parameters(context.config_loader["parameters"])
