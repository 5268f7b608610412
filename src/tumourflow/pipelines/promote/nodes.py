"""Nodes of the promotion room."""

from __future__ import annotations

import logging
from typing import Any

from tumourflow.datasets import ModelVersion, RegisteredModels, TrackedRun, TrackedRuns
from tumourflow.errors import UserError
from tumourflow.measures.promotion import TASKS, Task, judge_candidate
from tumourflow.measures.shared_patients import Judged
from tumourflow.options import PromotionOptions

logger = logging.getLogger(__name__)

REFERRED = ("cases", "splits", "leakage_report")
"""What is read of each run beside its scores."""


def decide_promotions(
    registered_models: RegisteredModels, tracked_runs: TrackedRuns, options: PromotionOptions
) -> tuple[dict[str, int], dict[str, Any]]:
    """Decide for each task whether the newest version, or the one named, becomes the champion.

    Returns:
        Versions to be champions, by task; and by task `model, candidate, candidate_run, champion, champion_run` and what
        `judge_candidate` gives.

    Raises:
        UserError: Where a version was named that is not there.
    """
    asked = options.model_dump()
    decisions = {name: _decide(task, name, registered_models, tracked_runs, asked[name]) for name, task in TASKS.items()}
    for decision in decisions.values():
        logger.info("%s: %s.", decision["model"], decision["reason"])
    return {name: decision["candidate"] for name, decision in decisions.items() if decision["promoted"]}, decisions


def _decide(task: Task, name: str, models: RegisteredModels, runs: TrackedRuns, asked: int | None) -> dict[str, Any]:
    versions, champion = {each.version: each for each in models.versions(name)}, models.champion(name)
    facts: dict[str, Any] = {"model": models.name(name), "candidate": None, "champion": champion}
    if asked and asked not in versions:
        numbers = ", ".join(map(str, versions))
        there = f"versions {numbers}: name one of these, or none for the newest" if versions else "no version yet: train one first"
        msg = f"Parameter `promotion.{name}` is {asked}, but {models.name(name)} has {there}."
        raise UserError(msg)
    if not versions:
        return facts | {"verdict": "no model", "promoted": False, "reason": "no version is registered, so that nothing can be promoted"}
    candidate = versions[asked or max(versions)]
    facts |= {"candidate": candidate.version, "candidate_run": candidate.run_id}
    if candidate.version == champion:
        return facts | {"verdict": "champion", "promoted": False, "reason": f"version {champion} is the champion already"}
    crowned = versions.get(champion) if champion else None
    facts |= {"champion_run": crowned.run_id} if crowned else {}
    found = _judge(task, runs, candidate, crowned)
    outcome = "becomes the champion" if found["promoted"] else "does not become the champion"
    instead = f" in place of version {champion}" if champion else ""
    return facts | found | {"reason": f"version {candidate.version} {outcome}{instead}: {found['reason']}"}


def _judge(task: Task, runs: TrackedRuns, candidate: ModelVersion, champion: ModelVersion | None) -> dict[str, Any]:
    try:
        read = {name: _find(task, runs, each) for name, each in (("candidate", candidate), ("champion", champion)) if each}
        judged = {name: _read(task, run) for name, run in read.items()}
    except UserError as error:
        return {"verdict": "not comparable", "promoted": False, "reason": str(error).rstrip(".")}
    needed = (task.scores, *REFERRED)
    sources = {name: {each: run.versions[each] for each in needed} for name, run in read.items()}
    return judge_candidate(task, judged["candidate"], judged.get("champion")) | {"refers_to": sources}


def _find(task: Task, runs: TrackedRuns, version: ModelVersion) -> TrackedRun:
    if version.run_id is None:
        msg = f"Version {version.version} was registered by no run, so that nobody knows whom it was tested on."
        raise UserError(msg)
    return runs.find(version.run_id, task.scores)


def _read(task: Task, run: TrackedRun) -> Judged:
    leakage = run.read("leakage_report")
    return Judged(task.choose(run.read(task.scores)), run.read("cases"), run.read("splits"), leakage["protocol"], leakage["leaky"])
