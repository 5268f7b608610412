import pandas as pd

from tumourflow.measures.routers import choose_each, summarise_each

COLUMNS = ["router", "source", "split", "patient", "label", "probability.mr", "distance", "energy"]
ROWS = [
    # The router that saw all: of two test images one is told right, and one passes a distance of 2.
    ("router", "genuine", "validation", "v", "mr", 0.9, 1.0, 8.0),
    ("router", "intruder", "validation", "s", "", 0.9, 5.0, 4.0),
    ("router", "genuine", "test", "p", "mr", 0.9, 1.0, 0.0),
    ("router", "genuine", "test", "q", "us", 0.8, 3.0, 0.0),
    ("router", "upside_down", "test", "p", "mr", 0.9, 9.0, 0.0),
    ("router", "intruder", "test", "n", "", 0.9, 9.0, 0.0),
    # One that was trained without a cohort: it tells the other test images right, and that cohort's wrong.
    ("unseen_lgg", "genuine", "validation", "v", "mr", 0.9, 7.0, 3.0),
    ("unseen_lgg", "intruder", "validation", "s", "", 0.9, 5.0, 4.0),
    ("unseen_lgg", "genuine", "test", "q", "us", 0.1, 1.0, 0.0),
    ("unseen_lgg", "genuine", "unseen_lgg", "u", "mr", 0.2, 9.0, 3.0),
    ("unseen_lgg", "intruder", "test", "n", "", 0.9, 0.0, 1.0),
]


def table() -> pd.DataFrame:
    scores = pd.DataFrame(ROWS, columns=COLUMNS)
    scores = scores.assign(group=scores["patient"], cohort="c", kind="noise", case_id=scores["patient"] + scores["source"])
    return scores.assign(**{"probability.us": 1 - scores["probability.mr"]})


def test_each_router_is_refused_by_what_its_own_validation_images_say():
    found = choose_each(table(), 0.99)
    # The intruder is farther off than the one image, but has less energy; for the other router it is the other way round.
    assert {name: (refusal["score"], refusal["threshold"]) for name, refusal in found.items()} == {
        "router": ("distance", 1.0),
        "unseen_lgg": ("energy", 3.0),
    }


def test_an_unseen_cohort_is_judged_by_the_router_without_it_and_all_else_by_the_one_that_saw_all():
    scores = table()
    refusals = {"router": {"score": "distance", "threshold": 2.0}, "unseen_lgg": {"score": "energy", "threshold": 3.0}}
    found = summarise_each(scores, refusals)
    assert list(found) == ["train", "validation", "test", "unseen_lgg"]
    told = {(split, name): (found[split][name]["value"], found[split][name]["n"]) for split in found for name in ("accuracy", "acceptance")}
    assert told["test", "accuracy"] == (0.5, 2), "neither what is upside down nor an intruder has a modality"
    assert told["test", "acceptance"] == (0.5, 2)
    assert told["unseen_lgg", "accuracy"] == (0, 1)
    assert told["unseen_lgg", "acceptance"] == (1, 1)
    assert (found["test"]["refused"]["value"], found["unseen_lgg"]["refused"]["value"]) == (1, 0)
