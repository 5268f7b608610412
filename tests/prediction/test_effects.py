import numpy as np

from tumourflow.options import PredictionOptions
from tumourflow.prediction.effects import PLAIN, count_steps, list_steps
from tumourflow.prediction.postprocessing import PostProcessing


def truth(case_id):
    """The tumour of 5 x 5 pixels in the first two slices of each patient; one slice has no mask."""
    mask = np.zeros((20, 24), bool)
    mask[6:11, 8:13] = not case_id.endswith("/3")
    return None if case_id == "c/2" else mask


def image(case_id):
    return np.full((20, 24, 3), 100, np.uint8)


def test_each_step_differs_from_the_plain_threshold_in_one_thing() -> None:
    steps = list_steps(PostProcessing(threshold=0.4, components=0.1, minimum_area=50), PredictionOptions())
    for name in ("threshold", "components", "minimum_area", "fill_holes", "crf"):
        differing = [field for field, value in steps[name].to_dict().items() if value != PLAIN.to_dict()[field]]
        assert differing == [name]


def test_what_is_not_used_is_tried_all_the_same_unless_it_is_ruled_out() -> None:
    used = PostProcessing(components=0)
    assert list_steps(used, PredictionOptions())["components"].components == 0.2
    assert not {"fill_holes", "crf"} & set(list_steps(used, PredictionOptions(fill_holes=False, crf=False)))


def test_the_last_step_is_all_that_is_used() -> None:
    used = PostProcessing(0.3, 0.1, 7, fill_holes=True, crf=True)
    assert list(list_steps(used, PredictionOptions()).values())[-1] == used


def test_counts_are_those_of_validation_and_test_slices_with_a_mask(probability, index, preparation) -> None:
    mixed = index.assign(split=index["patient"].map({"a": "train", "b": "validation", "c": "validation", "d": "test"}))
    steps = {"plain": PLAIN, "components": PostProcessing(0.5, 0.2, 0)}
    counts = count_steps(probability, mixed, preparation, truth, image, steps)
    assert set(zip(counts["split"], counts["case_id"], strict=True)) == {
        *(("validation", case_id) for case_id in ("b/1", "b/2", "b/3", "c/1", "c/3")),
        *(("test", case_id) for case_id in ("d/1", "d/2", "d/3")),
    }
    of = counts.set_index(["case_id", "step"])[["tp", "fp", "fn"]]
    assert of.loc[("b/1", "plain")].tolist() == [25, 0, 0]
    # The speck of the third slice is a false alarm, which the components take away.
    assert of.loc[("d/3", "plain")].tolist() == [0, 1, 0]
    assert of.loc[("d/3", "components")].tolist() == [0, 0, 0]


def test_where_all_train_there_is_nothing_to_count(probability, index, preparation) -> None:
    counts = count_steps(probability, index.assign(split="train"), preparation, truth, image, {"plain": PLAIN})
    assert counts.empty
    assert {"split", "step", "tp"} <= set(counts)
