"""The shell around every run: parameters, versions, memory, progress and tracking."""

from tumourflow.hooks.memory import MemoryHook
from tumourflow.hooks.parameters import ParameterHook
from tumourflow.hooks.progress import ProgressHook
from tumourflow.hooks.resume import ResumeHook
from tumourflow.hooks.summary import SummaryHook
from tumourflow.hooks.tracking import TrackingHook
from tumourflow.hooks.versions import VersionHook

__all__ = ["MemoryHook", "ParameterHook", "ProgressHook", "ResumeHook", "SummaryHook", "TrackingHook", "VersionHook"]
