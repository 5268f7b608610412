import shutil

import pytest
from kedro.io import DataCatalog, MemoryDataset, Version
from kedro.pipeline import Node, Pipeline

from tumourflow.datasets import AtomicDataset
from tumourflow.errors import UserError
from tumourflow.hooks import VersionHook
from tumourflow.hooks import versions as versions_module

CORRIDOR = Pipeline(
    [
        Node(func=lambda _: {}, inputs="params:seed", outputs="cases", name="index"),
        Node(func=lambda _: {}, inputs="cases", outputs="splits", name="split"),
        Node(func=lambda *_: {}, inputs=["cases", "splits"], outputs="scores", name="score"),
    ]
)
RUN = {"pipeline_names": ["part"], "load_versions": None}


@pytest.fixture(autouse=True)
def corridor(monkeypatch):
    monkeypatch.setattr(versions_module, "pipelines", {"__default__": CORRIDOR})


def catalog(folder, session):
    datasets = {
        name: AtomicDataset(filepath=str(folder / f"{name}.json"), dataset="json.JSONDataset", version=Version(None, session))
        for name in ("cases", "splits", "scores", "run_manifest")
    }
    return DataCatalog({**datasets, "params:seed": MemoryDataset(0)})


def run(folder, session, *nodes, finish=True):
    """Do what a session does with the hook around it."""
    hook, made = VersionHook(), catalog(folder, session)
    part = CORRIDOR.only_nodes(*nodes)
    hook.before_pipeline_run(RUN, part, made)
    for name in sorted(part.all_outputs()):
        made[name].save({"made": session})
    if finish:
        hook.after_pipeline_run(RUN, part, made)
    return made


def test_manifest_names_what_was_read_and_written(tmp_path):
    run(tmp_path, "v1", "index")
    manifest = run(tmp_path, "v2", "split")["run_manifest"].load()
    assert manifest["inputs"] == {"cases": "v1"}
    assert manifest["outputs"] == {"splits": "v2"}
    assert manifest["versions"] == {"cases": "v1", "splits": "v2"}


def test_manifest_says_where_each_dataset_lies(tmp_path):
    manifest = run(tmp_path / "08_reporting/lgg", "v1", "index", "split")["run_manifest"].load()
    assert manifest["places"] == {name: f"08_reporting/lgg/{name}.json" for name in ("cases", "splits", "run_manifest")}


def test_a_dataset_that_has_left_the_catalog_lies_where_it_lay(tmp_path):
    run(tmp_path, "v1", "index", "split", "score")
    hook, made = VersionHook(), catalog(tmp_path, "v2")
    hook.before_pipeline_run(RUN, CORRIDOR.only_nodes("score"), made)
    made["scores"].save({"made": "v2"})
    left = DataCatalog({name: made[name] for name in ("scores", "splits", "run_manifest")})
    hook.after_pipeline_run(RUN, Pipeline([Node(lambda splits: splits, "splits", "scores", name="score")]), left)
    manifest = left["run_manifest"].load()
    assert manifest["versions"]["cases"] == "v1"
    assert manifest["places"]["cases"].endswith("/cases.json")


def test_inputs_come_from_the_manifest_not_from_the_newest(tmp_path):
    run(tmp_path, "v1", "index")
    run(tmp_path, "v2", "index", finish=False)
    made = run(tmp_path, "v3", "split")
    assert made["cases"].load() == {"made": "v1"}


@pytest.mark.parametrize(
    ("commands", "advised"), [(["segmentation", "classification"], "segmentation"), (["classification"], "classification")]
)
def test_what_lacks_is_advised_to_be_made_by_the_pipeline_that_makes_it(tmp_path, monkeypatch, commands, advised):
    others = {"segmentation": CORRIDOR.only_nodes("index")} if "segmentation" not in commands else {}
    monkeypatch.setattr(versions_module, "pipelines", others | dict.fromkeys(commands, CORRIDOR))
    with pytest.raises(UserError, match=f"`splits` is not there yet: .* or all of them: kedro run --pipeline={advised}."):
        VersionHook().before_pipeline_run(
            RUN, Pipeline([Node(lambda splits: splits, "splits", "scores", name="score")]), catalog(tmp_path, "v1")
        )


def test_what_was_made_from_an_older_version_is_no_longer_offered(tmp_path):
    run(tmp_path, "v1", "index", "split")
    run(tmp_path, "v2", "index")
    with pytest.raises(UserError, match="`splits` is out of date: `part` has run since, which makes anew what it was made from"):
        run(tmp_path, "v3", "score")


def test_what_is_made_anew_is_no_longer_out_of_date(tmp_path):
    run(tmp_path, "v1", "index", "split", "score")
    assert run(tmp_path, "v2", "index")["run_manifest"].load()["stale"] == {"splits": "part", "scores": "part"}
    assert run(tmp_path, "v3", "split")["run_manifest"].load()["stale"] == {"scores": "part"}


def test_outputs_are_read_back_as_this_run_wrote_them(tmp_path):
    made = run(tmp_path, "v1", "index", "split")
    catalog(tmp_path, "v9")["cases"].save({"made": "v9"})
    assert made["cases"].load() == {"made": "v1"}


def test_killed_run_leaves_nothing_that_a_later_run_loads(tmp_path):
    run(tmp_path, "v1", "index", finish=False)
    with pytest.raises(UserError, match="no finished run"):
        run(tmp_path, "v2", "split")


def test_version_asked_for_on_the_command_line_is_kept(tmp_path):
    run(tmp_path, "v1", "index")
    run(tmp_path, "v2", "index")
    hook, made = VersionHook(), catalog(tmp_path, "v3")
    made["cases"]._version = Version("v1", "v3")
    hook.before_pipeline_run({"load_versions": {"cases": "v1"}}, CORRIDOR.only_nodes("split"), made)
    assert made["cases"].load() == {"made": "v1"}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"cases": "v0"}, r"`cases` has no version v0, which --load-versions asks for, in .*cases\.json \(newest there: v1, v2\)"),
        ({"scores": "v1"}, r"--load-versions names `scores`, which this pipeline does not read\. It reads cases\."),
        ({"splits": "v1"}, r"--load-versions names `splits`, which this pipeline does not read"),
    ],
)
def test_a_version_that_nothing_would_be_read_of_is_refused(tmp_path, asked, sentence):
    run(tmp_path, "v1", "index", "split", "score")
    run(tmp_path, "v2", "index")
    made = catalog(tmp_path, "v3")
    for name, version in asked.items():
        made[name]._version = Version(version, "v3")
    with pytest.raises(UserError, match=sentence):
        VersionHook().before_pipeline_run({"load_versions": asked}, CORRIDOR.only_nodes("split"), made)


def test_what_the_last_run_left_and_somebody_removed_is_told(tmp_path):
    run(tmp_path, "v1", "index")
    shutil.rmtree(tmp_path / "cases.json/v1")
    with pytest.raises(UserError, match=r"`cases` has no version v1, which the last finished run left, in .* \(newest there: none\)"):
        run(tmp_path, "v2", "split")


def test_last_finished_run_counts_not_the_last_begun(tmp_path):
    run(tmp_path, "v1", "index")
    late, made = VersionHook(), catalog(tmp_path, "v2")
    late.before_pipeline_run(RUN, CORRIDOR.only_nodes("index"), made)
    run(tmp_path, "v3", "index")
    made["cases"].save({"made": "v2"})
    late.after_pipeline_run(RUN, CORRIDOR.only_nodes("index"), made)
    assert made["run_manifest"].load()["outputs"] == {"cases": "v2"}
    assert run(tmp_path, "v4", "split")["cases"].load() == {"made": "v2"}
