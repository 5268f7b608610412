"""What a person may have written wrongly in the files below conf/, in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from kedro.config import MissingConfigException

from tumourflow.errors import UserError

_NAMELESS = '"<file>"'
_SIGNS = frozenset("/\\:@+,")
"""What parts the names of registered models from their versions, folders, and parameters."""
_TAKEN = frozenset({".", "..", "inference"})


def explain_conf(reason: BaseException) -> str | None:
    """Put an error of the configuration loader into a sentence.

    Args:
        reason: What was raised.

    Returns:
        The sentence, or nothing where it is another error.
    """
    if isinstance(reason, yaml.YAMLError):
        return f"A file below conf/ is not valid YAML: {' '.join(str(reason).split())}. Mend it, then run again."
    if isinstance(reason, MissingConfigException):
        told = " ".join(str(reason).split())
        return f"{told}. Name a folder or archive of configuration with --conf-source, and with --env a cohort that stands in it."
    if isinstance(reason, ValueError) and str(reason).startswith("Duplicate keys found in "):
        told = "; ".join(str(reason).splitlines())
        return f"Two files below conf/ say the same. {told}. Keep it in one of them, then run again."
    if type(reason).__name__ == "KeyValidationError":
        told = str(reason).splitlines()[0]
        return f"A file below conf/ has a key that is no name: {told}. Write it in quotes, then run again."
    return None


def name_file(told: str, conf: Path) -> str:
    """Name the file in a sentence about YAML that lacks its name.

    Kedro hands text to the parser, which of some mistakes, such as a group that stands twice, then knows no more than that it was a file.

    Args:
        told: The sentence.
        conf: Folder of the configuration.
    """
    if _NAMELESS not in told:
        return told
    return told.replace(_NAMELESS, next((f'"{file}"' for file in sorted(conf.rglob("*.y*ml")) if not _is_sound(file)), _NAMELESS))


def require_described(conf: Path, env: str, environments: Iterable[str]) -> None:
    """Make sure that a cohort has a name and parameters of its own.

    What it does not say is that of the embedded phantoms: its results would lie among theirs, or be of phantoms.

    Args:
        conf: Folder of the configuration.
        env: Name of the cohort's folder in it.
        environments: Names of all such folders.

    Raises:
        UserError: When the name is missing, that of another cohort or none that can be used, or nothing else is said.
    """
    embedded = _name_cohort(conf / "base")
    cohort = _name_cohort(conf / env) or embedded
    if cohort is None:  # the loader says that there is no base
        return
    if not isinstance(cohort, str):
        # To YAML `yes` is true, and 2024 a number.
        msg = f"The name of the cohort in {conf}/{env}/globals.yml is {cohort!r} to YAML, which is no text: write it in quotes."
        raise UserError(msg)
    if cohort in _TAKEN or set(cohort) & _SIGNS:
        msg = f"The cohort in {conf}/{env}/globals.yml is called `{cohort}`: folders and models are named after it, which can be neither"
        raise UserError(msg + f" {' nor '.join(sorted(_TAKEN))}, nor hold one of {' '.join(sorted(_SIGNS))}. Write `cohort: {env}`.")
    if cohort in {embedded, *environments} - {env}:
        msg = f"Results of --env={env} would lie among those of `{cohort}`: write `cohort: {env}` into {conf}/{env}/globals.yml."
        raise UserError(msg)
    if not any((conf / env).rglob("parameters*")):
        msg = f"{conf}/{env}/ says nothing of the cohort: write `raw_root` and `ingestion.reader` into {conf}/{env}/parameters.yml,"
        raise UserError(msg + " see docs/own_data.md.")


def _is_sound(file: Path) -> bool:
    from omegaconf import OmegaConf

    try:
        OmegaConf.load(file)
    except (yaml.YAMLError, OSError):
        return False
    return True


def _name_cohort(folder: Path) -> Any:
    read = [yaml.safe_load(file.read_text()) for file in sorted(folder.rglob("globals*.y*ml"))]
    return next((values["cohort"] for values in read if isinstance(values, dict) and values.get("cohort")), None)
