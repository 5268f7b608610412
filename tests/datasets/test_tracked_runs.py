import json

import mlflow
import pytest
from kedro.io import Version

from tumourflow.datasets import AtomicDataset, TrackedRunsDataset
from tumourflow.datasets.run_records import is_tracked, read_tracked_manifest
from tumourflow.errors import UserError

NAMES = ("case_scores", "cases")


@pytest.fixture(scope="module")
def folder(tracking_store):
    """A place of two cohorts."""
    for cohort in ("here", "there"):
        mlflow.create_experiment(cohort, artifact_location=(tracking_store / "artifacts" / cohort).as_uri())
    return tracking_store


def definitions(folder):
    entry = {"type": "tumourflow.datasets.AtomicDataset", "dataset": "json.JSONDataset", "versioned": True}
    return {name: {**entry, "filepath": f"{folder}/{name}.json"} for name in NAMES}


def save(folder, version):
    for name in NAMES:
        AtomicDataset(filepath=f"{folder}/{name}.json", dataset="json.JSONDataset", version=Version(version, version)).save({name: version})


@pytest.fixture(scope="module")
def track(folder):
    """`track(cohort, name, version)` leaves a finished run that has scored a network."""

    def begin(cohort, name, version, outputs=NAMES, status="FINISHED"):
        client = mlflow.MlflowClient()
        run = client.create_run(client.get_experiment_by_name(cohort).experiment_id, run_name=name)
        client.log_param(run.info.run_id, "seed", version)
        if name == "unet":
            client.log_metric(run.info.run_id, "test.volume_dice", 0.8)
        if version:
            manifest = {"versions": dict.fromkeys(NAMES, version), "outputs": dict.fromkeys(outputs, version)}
            client.log_dict(run.info.run_id, manifest, "08_reporting/run_manifest.json")
            save(folder, version)
        client.update_run(run.info.run_id, status)
        return run.info.run_id

    return begin


@pytest.fixture(scope="module")
def ids(track):
    return {
        "unet": track("here", "unet", "v1"),
        "resunet": track("here", "resunet", "v2"),
        **{f"seed {number}": track("here", "seeds", f"s{number}") for number in (0, 1)},
        "under way": track("here", "slow", "", status="RUNNING"),
        "failed": track("here", "broken", "v3", status="FAILED"),
        "folds": track("here", "cross_validation", "v4", outputs=["cases"]),
        "abroad": track("there", "elsewhere", "v5"),
    }


@pytest.fixture
def runs(folder):
    return TrackedRunsDataset(experiment="here", datasets=definitions(folder)).load()


def test_a_run_is_found_by_its_id_and_by_how_that_begins(runs, ids):
    for text in (ids["unet"], ids["unet"][:12]):
        assert runs.find(text).run_id == ids["unet"]


def test_a_run_is_found_by_its_name_and_by_how_that_begins(runs, ids):
    assert runs.find("resunet").run_id == ids["resunet"]
    assert runs.find("resu").run_id == ids["resunet"]


def test_a_run_reads_its_own_version_not_the_newest(runs, ids):
    assert runs.find("unet").read("case_scores") == {"case_scores": "v1"}
    assert runs.find("resunet").read("cases") == {"cases": "v2"}
    assert runs.find("unet").parameters == {"seed": "v1"}


def test_reading_twice_reads_the_same(runs, ids):
    run = runs.find("unet")
    assert run.read("cases") == run.read("cases")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("seeds", r"'seeds' \(`runs`\) fits 2 runs, the newest of which are seeds \w{6} of .*: give more of the id"),
        (
            "nobody",
            r"MLflow knows no run 'nobody' \(`runs`\) of the cohort `here`: the newest that judged a network are unet \w{6} of [-: \d]+\.",
        ),
        ("slow", r"The run slow \w{6} of .* is running, and only a finished run can be read"),
        ("broken", r"The run broken .* is failed, and only a finished run"),
        ("cross_validation", "left no `case_scores`, which runs are judged by here: name one of `segmentation` or `evaluation`"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_sentence(runs, ids, text, sentence):
    with pytest.raises(UserError, match=sentence):
        runs.find(text)


def test_a_run_that_left_other_scores_is_sent_to_those_that_leave_these(runs, ids):
    with pytest.raises(UserError, match="left no `class_scores`, which runs are judged by here: name one of `classification`"):
        runs.find("unet", "class_scores")


def test_a_run_of_another_cohort_is_named_with_its_cohort(runs, ids):
    with pytest.raises(UserError, match="is of the cohort `there`, not of `here`"):
        runs.find(ids["abroad"])


def test_a_deleted_run_is_told_as_such(runs, track):
    run_id = track("here", "regretted", "v6")
    mlflow.delete_run(run_id)
    with pytest.raises(UserError, match="was deleted in MLflow"):
        runs.find(run_id)


def test_a_version_that_was_removed_is_told_with_its_run(runs, ids, folder):
    run = runs.find(ids["seed 0"])
    file = folder / "cases.json/s0/cases.json"
    file.unlink()
    with pytest.raises(UserError, match=r"`cases` of the run seeds \w{6} is no longer below data/ \(version s0\)"):
        run.read("cases")


def test_a_dataset_that_a_run_has_nothing_to_do_with_is_told(folder, ids):
    entries = definitions(folder)
    runs = TrackedRunsDataset(experiment="here", datasets={**entries, "masks": entries["cases"]}).load()
    with pytest.raises(UserError, match=r"The run unet \w{6} neither made nor read `masks`"):
        runs.find("unet").read("masks")


def test_a_cohort_that_was_never_tracked_has_no_runs(folder, ids):
    nowhere = TrackedRunsDataset(experiment="nowhere", datasets={}).load()
    with pytest.raises(UserError, match="of the cohort `nowhere`: it has none that judged a network"):
        nowhere.find("unet")


def test_a_run_without_a_manifest_has_none(ids):
    assert read_tracked_manifest(ids["under way"]) is None
    assert json.dumps(read_tracked_manifest(ids["unet"])["versions"]) == '{"case_scores": "v1", "cases": "v1"}'


def test_records_tell_what_a_run_under_way_reads_and_under_which_version_it_saves(runs, track):
    run_id = track("here", "ingesting", "", status="RUNNING")
    for name, value in {"run_id": "2026-01-31T20.15.00.000Z", "input.cases": "v1", "outcome": "running"}.items():
        mlflow.MlflowClient().set_tag(run_id, name, value)
    (record,) = [each for each in runs.records() if each.run_id == run_id]
    assert (record.version, record.status, record.inputs) == ("2026-01-31T20.15.00.000Z", "RUNNING", {"cases": "v1"})
    assert record.began.isoformat() == "2026-01-31T20:15:00+00:00", "Kedro's session begins before MLflow's run"


def test_a_run_that_is_gone_on_with_began_when_it_was(runs, track):
    """By then a run that began more than two weeks before would be taken for one that was killed."""
    run_id = track("here", "resumed", "", status="RUNNING")
    mlflow.MlflowClient().set_tag(run_id, "run_id", "2999-01-31T20.15.00.000Z")
    (record,) = [each for each in runs.records() if each.run_id == run_id]
    assert record.began.isoformat() == "2999-01-31T20:15:00+00:00"


def test_a_run_is_tracked_until_it_is_deleted(track):
    run_id = track("here", "kept", "v8")
    assert is_tracked(run_id)
    mlflow.delete_run(run_id)
    assert not is_tracked(run_id)
    assert not is_tracked("0" * 32)


def test_records_leave_deleted_runs_out_unless_asked_for_them(runs, track):
    run_id = track("here", "dropped", "v7")
    mlflow.delete_run(run_id)
    assert run_id not in {record.run_id for record in runs.records()}
    assert [record.run_id for record in runs.find_records([run_id, "0" * 32])] == [run_id]
    assert runs.read_manifest(run_id)["versions"]["cases"] == "v7"


def test_the_run_that_asks_is_not_among_the_records(runs, ids):
    with mlflow.start_run(experiment_id=mlflow.get_experiment_by_name("here").experiment_id) as own:
        assert own.info.run_id not in {record.run_id for record in runs.records()}


def test_nodes_save_no_runs():
    with pytest.raises(Exception, match="tracked by the hook"):
        TrackedRunsDataset(experiment="here", datasets={}).save({})
