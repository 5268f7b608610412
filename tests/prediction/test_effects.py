import keras
import numpy as np
import pandas as pd

from tumourflow.options import PredictionOptions
from tumourflow.prediction.effects import PLAIN, count_steps, count_without, list_steps
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


def test_single_views_are_those_of_the_network_without_its_mirror_image(index, preparation) -> None:
    """The network sees tumour where its first channel is 1: in the left half, which the mirror image would put to the right as well."""
    seen = keras.Input((16, 16, 5))
    network = keras.Model(seen, keras.layers.Conv2D(1, 1, name="logits")(seen))
    network.set_weights([np.array([20, 0, 0, 0, 0], np.float32).reshape(1, 1, 5, 1), np.array([-10], np.float32)])
    images = np.zeros((12, 16, 16, 3), np.float16)
    images[:, 4:9, 4:9, 0] = 1
    mixed = index.assign(split=index["patient"].map({"a": "train", "b": "validation", "c": "validation", "d": "test"}))
    counts = count_without(network, images, mixed, preparation, truth, image, PredictionOptions())
    assert set(counts["step"]) == {"single_view"}
    whole = count_steps(images[..., 0], mixed, preparation, truth, image, {"single_view": PLAIN})
    pd.testing.assert_frame_equal(counts, whole)
    assert counts.set_index("case_id").loc["b/1", ["tp", "fp", "fn"]].tolist() == [25, 0, 0]


def test_where_all_train_nothing_is_predicted_again(index, preparation) -> None:
    seen = keras.Input((16, 16, 5))
    network = keras.Model(seen, keras.layers.Conv2D(1, 1, name="logits")(seen))
    trained = index.assign(split="train")
    assert count_without(network, np.zeros((12, 16, 16, 3)), trained, preparation, truth, image, PredictionOptions()).empty


def test_training_statistics_are_those_that_the_network_was_stored_with(index, preparation) -> None:
    """Every pixel is 1, and its mean is taken away: that of training leaves tumour all over, that of the patient nothing."""
    seen = keras.Input((16, 16, 5))
    norm = keras.layers.BatchNormalization(epsilon=0.01, name="norm")
    network = keras.Model(seen, keras.layers.Conv2D(1, 1, kernel_initializer="ones", name="logits")(norm(seen)))
    network.get_layer("logits").set_weights([np.ones((1, 1, 5, 1), np.float32), np.array([-1], np.float32)])
    judged = index.iloc[np.repeat(0, 8)].reset_index(drop=True).assign(split="test", slice=range(8))
    asked = (PredictionOptions(mirrors=False, patient_statistics=True), PredictionOptions(mirrors=False))
    used, unused = (
        count_without(network, np.ones((8, 16, 16, 3), np.float16), judged, preparation, truth, image, options) for options in asked
    )
    assert set(used["step"]) == {"training_statistics"}
    assert (used["tp"] + used["fp"]).min() == 256
    assert unused.empty


def test_a_single_scale_is_that_of_the_network_without_the_enlarged_image(index, preparation) -> None:
    """The network says .9 of a single bright pixel and 0 where it is smeared by enlarging: the mean of both would stay below a half."""
    seen = keras.Input((16, 16, 5))
    network = keras.Model(seen, keras.layers.Conv2D(1, 1, name="logits")(seen))
    network.set_weights([np.array([100, 0, 0, 0, 0], np.float32).reshape(1, 1, 5, 1), np.array([-97.8], np.float32)])
    images = np.zeros((12, 16, 16, 3), np.float16)
    images[:, 5, 5, 0] = 1
    judged = index.assign(split="test")
    counts = count_without(network, images, judged, preparation, truth, image, PredictionOptions(mirrors=False, multi_scale=True))
    whole = count_steps(0.9 * images[..., 0], judged, preparation, truth, image, {"single_scale": PLAIN})
    pd.testing.assert_frame_equal(counts, whole)
    assert (counts["tp"] + counts["fp"]).max() > 0
