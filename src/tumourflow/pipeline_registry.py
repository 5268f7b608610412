"""Which command runs which rooms: the table of contents of the project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from kedro.pipeline import Pipeline

_PREPARED = ("ingestion", "splitting", "planning", "preparation", "augmentation:describe_policy")
_SEGMENTATION = (
    *("ingestion", "splitting", "planning", "preparation", "augmentation"),
    *("training", "prediction", "evaluation", "report", "methods"),
)
_ALONE = ("classification_report", "download", "inference", "comparison", "export", "promote", "prune")

ROOMS: Mapping[str, tuple[str, ...]] = {
    "__default__": _SEGMENTATION,
    "segmentation": _SEGMENTATION,
    **{room: (room,) for room in (*_SEGMENTATION, *_ALONE)},
    "cross_validation": (*_PREPARED, "cross_validation"),
    "classification": (*_PREPARED, "classification", "classification_report"),
    "radiomics": (*_PREPARED, "radiomics"),
    "router": (*_PREPARED, "router"),
    "baselines": (*_PREPARED, "baselines", "methods"),
    "check": ("ingestion:index_cohort", "check"),
    "leakage_canary": ("ingestion", "splitting", "leakage_canary"),
    "leakage_premium": (*_PREPARED, "leakage_premium"),
}
"""The rooms of each pipeline that `kedro run --pipeline=NAME` knows; `room:node` is one node of a room."""


def register_pipelines() -> Mapping[str, Pipeline]:
    """Give every pipeline by its name, each put together when somebody asks for it: no run waits for rooms that it does not enter.

    The table is explicit: `find_pipelines` loads only the room asked for, which breaks every sum of rooms.
    """
    return _Registry()


class _Registry(Mapping[str, Pipeline]):
    def __getitem__(self, name: str) -> Pipeline:
        return sum(map(_open_room, ROOMS[name]), Pipeline([]))

    def __iter__(self) -> Iterator[str]:
        return iter(ROOMS)

    def __len__(self) -> int:
        return len(ROOMS)


def _open_room(name: str) -> Pipeline:
    room, _, node = name.partition(":")
    pipeline: Pipeline = import_module(f"tumourflow.pipelines.{room}").create_pipeline()
    return pipeline.only_nodes(node) if node else pipeline
