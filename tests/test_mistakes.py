"""A user's mistake ends in one sentence, before anything is trained or written."""

import pytest


@pytest.fixture
def mistaken(project, kedro):
    def run(*arguments):
        done = kedro(project, "run", "--pipeline=segmentation", *arguments)
        assert done.returncode != 0
        assert "Traceback" not in done.stdout + done.stderr
        assert not list((project / "data").glob("06_models/*/*"))
        return " ".join((done.stdout + done.stderr).split())

    return run


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--params=raw_rot=x"], "Unknown parameter `raw_rot` (given: 'x'). Did you mean `raw_root`?"),
        (["--params=training.width=0"], "Parameter `training.width` is 0, allowed is: greater than or equal to 2."),
        (["--env=lgg"], "`raw_root`"),
        (["--env=lgz"], "There is no cohort `lgz` (--env): conf/ holds base, brain_and_breast, brain_yes_no, busi, figshare, lgg, test."),
        (["--env=test", "--params=phantoms.patients=2"], "patients"),
        (["--env=test", "--params=split_file=nowhere.csv"], "`split_file`"),
    ],
)
def test_mistake_is_told_in_a_sentence(mistaken, arguments, sentence):
    assert sentence in mistaken(*arguments)


def test_unknown_patients_in_the_split_file_are_named(mistaken, tmp_path):
    split = tmp_path / "split.csv"
    split.write_text("patient_id,split\nnobody,train\n")
    told = mistaken("--env=test", f"--params=split_file={split}")
    assert "nobody" in told
    assert "split.csv" in told


def test_check_converts_nothing_and_tracks_nothing(project, kedro):
    done = kedro(project, "run", "--pipeline=check", "--env=test")
    assert done.returncode == 0, done.stderr[-3000:]
    assert {path.name for path in (project / "data").iterdir()} == {"01_raw"}
    assert not (project / "mlruns").exists()


def test_unknown_pipeline_is_told_with_those_there_are(project, kedro):
    done = kedro(project, "run", "--pipeline=segmentatoin")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert "Warning" not in done.stderr, "libraries speak of themselves"
    assert "There is no pipeline `segmentatoin` (--pipeline): choose one of __default__, augmentation" in done.stderr


def test_broken_yaml_is_told_by_its_place(project, mistaken):
    (project / "conf/test/parameters.yml").write_text("training: {width: 4\n")
    assert "A file below conf/ is not valid YAML" in mistaken("--env=test")
