import shutil
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from kedro.io import DataCatalog, MemoryDataset, Version
from kedro.pipeline import Node, Pipeline

from tumourflow.datasets import AtomicDataset
from tumourflow.errors import UserError
from tumourflow.hooks import VersionHook, manifests
from tumourflow.hooks import versions as versions_module

CORRIDOR = Pipeline(
    [
        Node(func=lambda _: {}, inputs="params:seed", outputs="cases", name="index"),
        Node(func=lambda _: {}, inputs="cases", outputs="splits", name="split"),
        Node(func=lambda *_: {}, inputs=["cases", "splits"], outputs="scores", name="score"),
    ]
)
RUN = {"pipeline_names": ["part"], "load_versions": None}
OLD = datetime(2000, 1, 1, tzinfo=UTC)


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


def asking(folder, session, node, **versions):
    """Begin a run that was told which versions to load."""
    hook, made = VersionHook(), catalog(folder, session)
    for name, version in versions.items():
        made[name]._version = Version(version, session)
    hook.before_pipeline_run({**RUN, "load_versions": versions}, CORRIDOR.only_nodes(node), made)
    return hook, made


def test_version_asked_for_on_the_command_line_is_kept(tmp_path):
    run(tmp_path, "v1", "index")
    run(tmp_path, "v2", "index")
    _, made = asking(tmp_path, "v3", "split", cases="v1")
    assert made["cases"].load() == {"made": "v1"}


def test_what_was_not_asked_for_belongs_to_what_was(tmp_path):
    """A network of an earlier run would be judged by patients that it has learned from."""
    run(tmp_path, "v1", "index", "split")
    run(tmp_path, "v2", "index", "split")
    hook, made = asking(tmp_path, "v3", "score", cases="v1")
    assert made["splits"].load() == {"made": "v1"}
    made["scores"].save({})
    hook.after_pipeline_run(RUN, CORRIDOR.only_nodes("score"), made)
    assert made["run_manifest"].load()["versions"] == {"cases": "v1", "splits": "v1", "scores": "v3"}


def test_versions_that_never_belonged_together_are_refused_unless_all_are_named(tmp_path):
    run(tmp_path, "v1", "index", "split")
    run(tmp_path, "v2", "index", finish=False)
    with pytest.raises(UserError, match=r"No finished run of this cohort had version v2 of `cases` .* which `splits` belong to it"):
        asking(tmp_path, "v3", "score", cases="v2")
    _, made = asking(tmp_path, "v3", "score", cases="v2", splits="v1")
    assert made["cases"].load() == {"made": "v2"}


def test_a_version_of_what_the_run_makes_itself_is_refused(tmp_path):
    run(tmp_path, "v1", "index")
    with pytest.raises(UserError, match="--load-versions names `cases`, which this run makes anew"):
        asking(tmp_path, "v2", "index", cases="v1")


def test_a_version_of_what_the_run_does_not_read_is_refused(tmp_path):
    run(tmp_path, "v1", "index", "split", "score")
    with pytest.raises(UserError, match=r"--load-versions names `scores`, which this run does not read\. It reads cases\."):
        asking(tmp_path, "v2", "split", scores="v1")


def test_an_input_that_was_removed_is_told_before_anything_runs(tmp_path):
    run(tmp_path, "v1", "index")
    shutil.rmtree(tmp_path / "cases.json/v1")
    with pytest.raises(UserError, match=r"`cases` is not below data/ in version v1: .*cases\.json has lost it"):
        run(tmp_path, "v2", "split")


def test_what_another_run_has_left_meanwhile_stays(tmp_path):
    """A run that reads nothing of the corridor, and takes longer, leaves it as it is."""
    run(tmp_path, "v1", "index", "split")
    hook, made = VersionHook(), catalog(tmp_path, "v2")
    aside = Pipeline([Node(func=lambda _: {}, inputs="params:seed", outputs="scores", name="aside")])
    hook.before_pipeline_run(RUN, aside, made)
    run(tmp_path, "v3", "index", "split")
    made["scores"].save({})
    hook.after_pipeline_run(RUN, aside, made)
    assert made["run_manifest"].load()["versions"] == {"cases": "v3", "splits": "v3", "scores": "v2"}


def test_what_was_read_stays_with_what_was_made_of_it(tmp_path, caplog):
    run(tmp_path, "v1", "index")
    hook, made = VersionHook(), catalog(tmp_path, "v2")
    hook.before_pipeline_run(RUN, CORRIDOR.only_nodes("split"), made)
    run(tmp_path, "v3", "index")
    made["splits"].save({})
    hook.after_pipeline_run(RUN, CORRIDOR.only_nodes("split"), made)
    assert made["run_manifest"].load()["versions"] == {"cases": "v1", "splits": "v2"}
    assert "other versions of what this one has read (cases)" in caplog.text


def test_a_clock_that_was_put_back_changes_no_order(tmp_path, monkeypatch):
    run(tmp_path, "v2", "index")
    monkeypatch.setattr(manifests, "datetime", SimpleNamespace(now=lambda _: OLD, fromisoformat=datetime.fromisoformat))
    run(tmp_path, "v1", "index")
    assert run(tmp_path, "v3", "split")["cases"].load() == {"made": "v1"}


def test_a_manifest_that_is_cut_short_is_that_of_no_finished_run(tmp_path, caplog):
    run(tmp_path, "v1", "index")
    run(tmp_path, "v2", "index")
    (tmp_path / "run_manifest.json/v2/run_manifest.json").write_text("")
    assert run(tmp_path, "v3", "split")["cases"].load() == {"made": "v1"}
    assert "run_manifest.json is damaged" in caplog.text


def test_last_finished_run_counts_not_the_last_begun(tmp_path):
    run(tmp_path, "v1", "index")
    late, made = VersionHook(), catalog(tmp_path, "v2")
    late.before_pipeline_run(RUN, CORRIDOR.only_nodes("index"), made)
    run(tmp_path, "v3", "index")
    made["cases"].save({"made": "v2"})
    late.after_pipeline_run(RUN, CORRIDOR.only_nodes("index"), made)
    assert made["run_manifest"].load()["outputs"] == {"cases": "v2"}
    assert run(tmp_path, "v4", "split")["cases"].load() == {"made": "v2"}


def test_what_is_handed_on_in_memory_alone_is_told_with_the_node_to_begin_with(tmp_path, monkeypatch):
    handing = Pipeline(
        [
            Node(func=lambda _: "5f2c", inputs="cases", outputs="fingerprint", name="fingerprint_it"),
            Node(func=lambda _: {}, inputs="fingerprint", outputs="scores", name="score"),
        ]
    )
    monkeypatch.setattr(versions_module, "pipelines", {"part": handing})
    made = catalog(tmp_path, "v1")
    made["fingerprint"] = MemoryDataset()
    with pytest.raises(UserError, match=r"`fingerprint` is handed on in memory by `fingerprint_it`, .* \(--from-nodes=fingerprint_it\)"):
        VersionHook().before_pipeline_run(RUN, handing.only_nodes("score"), made)
