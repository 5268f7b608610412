"""No run begins with a parameter that nobody meant."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from tumourflow.cohorts.folder import open_root
from tumourflow.curation.split_file import require_split_file
from tumourflow.datasets import require_weights
from tumourflow.hooks.backend import require_backend
from tumourflow.hooks.named_values import flatten
from tumourflow.hooks.recipes import apply_recipe, find_recipes, read_recipe
from tumourflow.options import parse_parameters
from tumourflow.options.agreement import require_fit
from tumourflow.options.idle import SEGMENTERS, list_idle

PATHS = {"raw_root", "split_file", "input"}

logger = logging.getLogger(__name__)


class ParameterHook:
    """Checks the whole parameter dictionary as soon as the configuration is merged.

    Kedro by itself checks only what an annotated node takes: a misspelt key at the top would pass.
    """

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Put in the recipe, refuse unknown keys and values out of bounds; take paths, but no URLs, as relative to the project.

        Raises:
            UserError: Naming each parameter, what was given and what is allowed; or the backend that is not there.
        """
        require_backend(os.environ)
        loader = context.config_loader
        given, recipes = loader.runtime_params or {}, find_recipes(loader.conf_source)
        self._chosen = {*flatten(read_recipe(loader["parameters"], recipes)), *flatten(given)}
        values = apply_recipe(loader["parameters"], given, recipes)
        self._parameters = parse_parameters(values)
        for name in PATHS & {name for name, value in values.items() if value and "://" not in str(value)}:
            values[name] = str(Path(context.project_path) / Path(values[name]).expanduser())
        loader["parameters"] = values
        self._split_file = values.get("split_file")

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Refuse files that are not there, and images that a segmenter cannot see, before the rooms do their work that come earlier.

        What was chosen and plays no part in this pipeline is told.

        Raises:
            UserError: Naming the parameter, and the file or what is allowed.
        """
        if self._split_file and "params:split_file" in pipeline.inputs():
            require_split_file(open_root(self._split_file, "split_file"))
        if "params:training" in pipeline.inputs():
            require_weights(self._parameters.training.weights)
        # A classifier sees images of any size, and a room that trains nothing takes the network as it is.
        nodes = [node.name for node in pipeline.nodes]
        if SEGMENTERS.intersection(nodes):
            enlarged = self._parameters.prediction.multi_scale and "params:prediction" in pipeline.inputs()
            require_fit(self._parameters.preparation, self._parameters.training, multi_scale=enlarged)
        for name, value in list_idle(self._parameters, nodes, self._chosen).items():
            logger.warning("`%s` (%s) plays no part where images are told apart: a segmentation alone goes by it.", name, value)
