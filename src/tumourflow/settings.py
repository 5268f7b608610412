"""What Kedro asks of a project: hooks, and how configuration is merged."""

import os

from tumourflow.hooks import ParameterHook, ProgressHook, SummaryHook, TrackingHook, VersionHook

# kedro-mlflow's own hook would log each group of options as one string; `TrackingHook` is that hook, mended.
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-mlflow",)
# Kedro calls the last hook first: parameters are checked before a run is opened, versions are written before it is closed.
HOOKS = (SummaryHook(), TrackingHook(), ProgressHook(), VersionHook(), ParameterHook())


def _tracking_uri() -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"


CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {"parameters": "soft", "globals": "soft", "mlflow": "soft"},
    "custom_resolvers": {"tracking_uri": lambda *_: _tracking_uri()},
}
