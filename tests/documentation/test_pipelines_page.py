from pathlib import Path

import pytest

from tumourflow.pipeline_registry import register_pipelines

ROOT = Path(__file__).parents[2]


@pytest.fixture
def text(generator):
    return generator("pipelines_page").write_pipelines_page(ROOT / "conf/base")


def test_every_pipeline_has_a_row_and_every_room_a_section(text):
    commands, _, rooms = text.partition("## The rooms")
    assert {line.split("`")[1] for line in commands.splitlines() if line.startswith("| `") and "--pipeline" not in line} == set(
        register_pipelines()
    ) - {"__default__"}
    folders = {path.parent.name for path in (ROOT / "src/tumourflow/pipelines").glob("*/pipeline.py")}
    assert {line.split()[1] for line in rooms.splitlines() if line.startswith("### ")} == folders


def test_every_node_says_what_it_does_and_where_its_files_are(text):
    nodes = {node.name: node for pipeline in register_pipelines().values() for node in pipeline.nodes}
    rows = {line.split("`")[1]: line.split(" | ") for line in text.partition("## The rooms")[2].splitlines() if line.startswith("| `")}
    assert set(rows) == set(nodes)
    assert all(len(row[1]) > 10 for row in rows.values())
    assert "`data/06_models/<cohort>/segmenter.keras`" in rows["train_network"][2]
