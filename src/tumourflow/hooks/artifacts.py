"""Where MLflow puts what runs leave, should the project not be where it was any more."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tumourflow.errors import UserError

if TYPE_CHECKING:
    from mlflow.entities import Experiment

FOLDER = "mlruns"

logger = logging.getLogger(__name__)


def require_own_place(experiment: Experiment, tracking_uri: str, here: Path) -> None:
    """Make sure that artifacts come to lie beside the database that names them.

    MLflow notes the whole path when a cohort is first run, and makes a folder of that name again wherever the project is by then.

    Args:
        experiment: Of the cohort.
        tracking_uri: Only a database in a file lies beside its artifacts.
        here: The project.

    Raises:
        UserError: Where the place is no longer there: at the end of the run MLflow could not write to it, or would where nobody looks.
    """
    address = urlsplit(str(experiment.artifact_location))
    place = Path(unquote(address.path))
    # As MLflow makes it by itself; another place was chosen by somebody.
    by_default = address.scheme in ("", "file") and place.parts[-2:] == (FOLDER, experiment.experiment_id)
    if not (tracking_uri.startswith("sqlite:") and by_default) or place.parents[1].resolve() == here.resolve():
        return
    before = place.parents[1]
    told = (
        f"The runs of the cohort `{experiment.name}` were tracked in {before} until now, and MLflow keeps what they leave in {place.parent}"
    )
    if not place.parent.exists():
        msg = f"{told}, which is not there any more. If the project was moved, let the old name lead here (ln -s {here} {before}); else "
        msg += f"rename mlflow.db and {FOLDER}/, so that a new record of runs begins."
        raise UserError(msg)
    logger.warning("%s: keep that folder, although you work in a copy.", told)
