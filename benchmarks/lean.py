"""Once this is imported, so can be the networks and the training, module by module, without the packages' own wants.

A machine on which nothing is measured but the step needs no pandas, OpenCV or Pydantic then.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

SOURCE = Path(__file__).resolve().parents[1] / "src"

sys.path.insert(0, str(SOURCE))
for name in ("tumourflow.networks", "tumourflow.training"):
    package = ModuleType(name)
    package.__path__ = [str(SOURCE.joinpath(*name.split(".")))]
    sys.modules[name] = package
