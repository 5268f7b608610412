"""Whether the versions that a manifest names were made of one another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from tumourflow.pipeline_registry import register_pipelines

Manifest = Mapping[str, Any]


def explain_mixture(manifest: Manifest, manifests: list[Manifest]) -> str:
    """Name a dataset that was made of other versions than the manifest names beside it; nothing where there is none."""
    versions = manifest["versions"]
    for name, version in versions.items():
        maker = next((each for each in manifests if each["outputs"].get(name) == version), None)
        if maker is None:
            return f"{name} {version} is in the manifest of {manifest['finished']}, but no finished run has made it"
        read = maker["inputs"] | maker["outputs"]
        for source in _sources(", ".join(maker["pipelines"]), name):
            if source in read and versions.get(source, read[source]) != read[source]:
                told = f"{name} {version} was made of {source} {read[source]}, and stands beside {versions[source]}"
                return f"{told}, in the manifest of {manifest['pipelines']}, {manifest['finished']}"
    return ""


@cache
def _sources(pipeline: str, name: str) -> frozenset[str]:
    """Tell what a dataset is made of, without what is handed on in memory alone."""
    makers = {output: node for node in register_pipelines()[pipeline].nodes for output in node.outputs}
    found, left, seen = set(), {name}, set()
    while left:
        each = left.pop()
        seen.add(each)
        for source in makers[each].inputs if each in makers else ():
            found.add(source)
            left |= {source} - seen
    return frozenset(found)
