"""What Kedro asks of a project: hooks, and how configuration is merged."""

import gc
import logging
import os
import sys
import warnings
from pathlib import Path

from kedro.utils import find_kedro_project

# What a user can do nothing about is not shown: what these libraries say of each other, and a damaged TIFF, which gets a
# row in the ledger. Set before they are imported, which is when most of them speak.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
if sys.platform == "linux":
    # Arrow's own allocator keeps what was freed, and C's, of which `MemoryHook` asks it back, is as fast.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
for message in ("register_new_resolver", ".*Any type hint is inferred", "Truncated File Read"):
    warnings.filterwarnings("ignore", message=message, category=UserWarning)

from tumourflow.startup import quick_end, resting_collector  # noqa: E402

quick_end.register()
# A run makes millions of objects that live: looking for garbage after each 700 of them, as Python does, is a tenth of a short run.
gc.set_threshold(20_000, *gc.get_threshold()[1:])
# MLflow shows its warnings whatever the filters say; while it is imported they are caught.
with resting_collector(), warnings.catch_warnings(record=True):
    from tumourflow.hooks import MemoryHook, ParameterHook, ProgressHook, ResumeHook, SummaryHook, TrackingHook, VersionHook

# kedro-mlflow sets its own level while it is imported.
logging.getLogger("kedro_mlflow").setLevel(logging.WARNING)
# GitPython is kept from MLflow, see `TrackingHook`, which would warn in each run that git is probably not there.
logging.getLogger("mlflow.utils.git_utils").setLevel(logging.ERROR)

# kedro-mlflow's own hook would log each group of options as one string; `TrackingHook` is that hook, mended.
# kedro-telemetry asks the project's folder whether it may report to others what was run, and takes silence for a yes.
DISABLE_HOOKS_FOR_PLUGINS: tuple[str, ...] = ("kedro-mlflow", "kedro_mlflow", "kedro-telemetry", "kedro_telemetry")
if find_kedro_project(Path.cwd()) is None:
    # Where the package is installed, but not its project, there is no lineage for kedro-viz to keep.
    DISABLE_HOOKS_FOR_PLUGINS += ("kedro-viz", "kedro_viz")
# Kedro calls the last hook first: parameters are checked before a run is opened, versions are written before it is closed.
HOOKS = (SummaryHook(), ResumeHook(), TrackingHook(), ProgressHook(), VersionHook(), MemoryHook(), ParameterHook())


def _tracking_uri() -> str:
    project = find_kedro_project(Path.cwd())
    # A run, or a notebook, in a folder of the project would begin a database of its own there.
    place = "" if project in (None, Path.cwd()) else f"{project}/"
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{place}mlflow.db"


CONFIG_LOADER_ARGS = {
    # A cohort's decisions by people stand in a file of their own, and are parameters like all others.
    "config_patterns": {"parameters": ["parameters*", "parameters*/**", "**/parameters*", "curation.yml"]},
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {"parameters": "soft", "globals": "soft", "mlflow": "soft"},
    "custom_resolvers": {"tracking_uri": lambda *_: _tracking_uri()},
}
