"""The page of all pipelines, made from the registry, the docstrings and the catalog."""

from __future__ import annotations

import functools
import importlib
import inspect
from pathlib import Path
from typing import Any

import yaml
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from tumourflow.pipeline_registry import register_pipelines

HEAD = """# Every pipeline

    kedro run --pipeline=NAME --env=COHORT --params=NAME=VALUE,...

A pipeline is a sum of rooms. A room that is run alone takes what the last finished run of the cohort left
([how](tracking.md#run-a-part-again)).

| `--pipeline` | what it does | rooms that it runs |
| --- | --- | --- |
"""
ROOMS = """
## The rooms

What each room does, node by node, and the files that it leaves. `<cohort>` is the name in `conf/<cohort>/globals.yml`; a file lies at
`<path>/<version>/<name>`.
"""


def write_pipelines_page(conf: Path) -> str:
    """Write the page.

    Args:
        conf: Folder of the catalog.

    Returns:
        Markdown: a table of all commands, and for each room its nodes and the files that they leave.
    """
    pipelines = {name: pipeline for name, pipeline in register_pipelines().items() if name != "__default__"}
    nodes = {node.name: node for pipeline in pipelines.values() for node in pipeline.nodes}.values()
    # As the registry names them, which is the order in which people think of them; nodes without a common edge have none.
    found = {room_of(node) for node in nodes}
    rooms = [*(name for name in pipelines if name in found), *sorted(found - set(pipelines))]
    rows = [_describe_pipeline(name, pipeline, rooms) for name, pipeline in pipelines.items()]
    paths = read_paths(conf)
    sections = [_describe_room(room, [node for node in nodes if room_of(node) == room], paths) for room in rooms]
    return HEAD + "\n".join(rows) + "\n" + ROOMS + "\n".join(sections)


def room_of(node: Node) -> str:
    """Tell the room whose function a node calls."""
    module: str = _function(node).__module__
    return module.split(".")[2]


def read_paths(conf: Path) -> dict[str, str]:
    """Read where each dataset is kept.

    Args:
        conf: Folder with the files `catalog_<room>.yml`.

    Returns:
        Path of each dataset that has one, the cohort's name left open.
    """
    entries: dict[str, Any] = {}
    for file in sorted(conf.glob("catalog*.yml")):
        entries |= yaml.safe_load(file.read_text())
    return {name: entry["filepath"].replace("${globals:cohort}", "<cohort>") for name, entry in entries.items() if "filepath" in entry}


def _describe_pipeline(name: str, pipeline: Pipeline, order: list[str]) -> str:
    rooms = sorted({room_of(node) for node in pipeline.nodes}, key=order.index)
    what = _sentence(importlib.import_module(f"tumourflow.pipelines.{name}")) if name in rooms else "All of these rooms."
    return f"| `{name}` | {what} | {', '.join(f'[{room}](#{room})' for room in rooms)} |"


def _describe_room(room: str, nodes: list[Node], paths: dict[str, str]) -> str:
    lines = [f"\n### {room} {{ #{room} }}\n", f"{_sentence(importlib.import_module(f'tumourflow.pipelines.{room}'))}\n"]
    lines += ["| node | what it does | leaves |", "| --- | --- | --- |"]
    for node in nodes:
        left = [f"`{paths[name]}`" for name in node.outputs if name in paths]
        lines.append(f"| `{node.name}` | {_sentence(_function(node))} | {'<br>'.join(left)} |")
    return "\n".join(lines)


def _function(node: Node) -> Any:
    function = node.func
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _sentence(described: Any) -> str:
    return " ".join((inspect.getdoc(described) or "").split("\n\n")[0].split())
