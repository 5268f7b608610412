import pandas as pd
import pytest

from tumourflow.curation.learned import require_unseen
from tumourflow.errors import UserError


@pytest.fixture
def cases(make_cases):
    """Four patients of two slices each; c and d belong together."""
    table = make_cases({name: [5, 0] for name in "abcd"}).assign(apart=False)
    table.loc[table["patient"] == "d", "group"] = "c"
    return table


def split(cases: pd.DataFrame, **sides: str) -> pd.DataFrame:
    return cases[["case_id", "patient"]].assign(split=cases["patient"].map(sides))


def learn(cases: pd.DataFrame, **sides: str) -> pd.DataFrame:
    return cases[["patient", "image"]].assign(split=cases["patient"].map(sides))


def test_a_network_that_was_trained_with_the_same_split_may_go_on(cases):
    sides = {"a": "train", "b": "validation", "c": "test", "d": "test"}
    require_unseen(cases, split(cases, **sides), learn(cases, **sides), "w")


def test_so_may_one_of_other_patients(cases, caplog):
    everybody = learn(cases, **dict.fromkeys("abcd", "train")).assign(image="of another cohort")
    require_unseen(cases, split(cases, a="train", b="validation", c="test", d="test"), everybody.assign(patient="z"), "w")
    assert not caplog.records


def test_where_nobody_knows_whom_it_was_trained_on_everybody_may_judge(cases):
    require_unseen(cases, split(cases, a="train", b="validation", c="test", d="test"), None, "w")


def test_of_people_who_are_called_the_same_but_look_otherwise_the_log_speaks(cases, caplog):
    before = learn(cases, a="train", b="train", c="test", d="train").assign(image="through another window")
    require_unseen(cases, split(cases, a="train", b="validation", c="test", d="test"), before, "w")
    (record,) = caplog.messages
    assert "2 of the patients that judge here, such as b, are called as patients that w was trained on" in record


@pytest.mark.parametrize(
    ("before", "named"),
    [
        ({"a": "test", "b": "validation", "c": "train", "d": "train"}, r"\(w\) has learned from 2 .* first is c \(c/1, test\)"),
        ({"a": "train", "b": "train", "c": "test", "d": "test"}, r"learned from 1 .* first is b \(b/1, validation\)"),
        ({"a": "train", "b": "test", "c": "validation", "d": "validation"}, r"learned from 2 .* first is c \(c/1, test\)"),
    ],
)
def test_whoever_it_was_trained_or_chosen_on_does_not_judge(cases, before, named):
    now = split(cases, a="train", b="validation", c="test", d="test")
    with pytest.raises(UserError, match=named):
        require_unseen(cases, now, learn(cases, **before), "w")


def test_one_image_gives_a_whole_group_away_and_a_blank_one_nobody(cases):
    now, one = (
        split(cases, a="train", b="validation", c="test", d="test"),
        pd.DataFrame({"patient": "x", "image": ["d-2"], "split": "train"}),
    )
    with pytest.raises(UserError, match="learned from 2"):
        require_unseen(cases, now, one, "w")
    require_unseen(cases.assign(blank=cases["image"] == "d-2"), now, one, "w")


def test_an_image_that_a_person_keeps_apart_is_its_own_copy_and_nobody_elses(cases):
    now = split(cases, a="train", b="validation", c="test", d="test")
    apart = cases.assign(apart=cases["image"] == "d-2")
    learned = pd.DataFrame({"patient": ["d"], "image": ["d-2"], "split": ["train"]})
    with pytest.raises(UserError, match="learned from 2"):
        require_unseen(apart, now, learned, "w")
    require_unseen(apart, now, learned.assign(patient="x"), "w")
