from typing import Any

import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.experiments.shared_state import OwnState, find_interrupted, find_tracked_run


class Store:
    """Stands in for the checkpoint."""

    kept: Any = None

    def write(self, arrays: Any, facts: Any) -> None:
        self.kept = (dict(arrays), dict(facts))

    def read(self) -> Any:
        return self.kept


def test_a_training_does_not_take_the_state_of_another_for_its_own() -> None:
    store = Store()
    OwnState(store, "first").write({"weights": np.ones(2)}, {"step": 3})
    assert OwnState(store, "second").read() is None
    arrays, facts = OwnState(store, "first").read()
    assert (arrays["weights"].tolist(), facts["step"]) == ([1, 1], 3)


def test_the_run_that_followed_a_training_is_found_again() -> None:
    store = Store()
    first = OwnState(store, "first")
    assert find_tracked_run(first) is None
    first.tracked_run = "run-1"
    first.write({}, {})
    assert find_tracked_run(OwnState(store, "first")) == "run-1"
    assert find_tracked_run(OwnState(store, "second")) is None


def test_the_interrupted_training_is_the_one_that_wrote_last() -> None:
    store = Store()
    assert find_interrupted(store, ["first", "second"]) is None
    for owner in ("first", "second"):
        OwnState(store, owner).write({}, {})
    assert find_interrupted(store, ["first", "second"]) == "second"
    assert find_interrupted(None, ["first"]) is None


def test_the_state_of_a_training_on_another_cohort_is_refused() -> None:
    store = Store()
    OwnState(store, "other").write({}, {})
    with pytest.raises(UserError, match=r"the cohort, its split, its plan or the file in `training\.weights` has changed"):
        find_interrupted(store, ["first"])
