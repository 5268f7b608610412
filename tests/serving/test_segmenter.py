import keras
import numpy as np
import pytest

from tumourflow.prediction import slice_predictor
from tumourflow.serving.segmenter import Segmenter
from tumourflow.serving.volumes import Volume

VARIANTS = {
    "as it is": {},
    "without mirrors": {"mirrors": False},
    "two scales": {"multi_scale": True},
    "two scales, the patient's statistics": {"multi_scale": True, "patient_statistics": True},
    "the patient's statistics": {"patient_statistics": True},
    "field": {"postprocessing": {"threshold": 0.4, "components": 0.0, "minimum_area": 0, "crf": True}},
    "without order": {"context": 0, "unit": "slice"},
}


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_masks_are_those_of_the_rooms(tiny, volumes, changes) -> None:
    described = tiny.preparation.to_dict()
    bundle = tiny.bundle_of(**{name: value for name, value in changes.items() if name not in described})
    bundle["preparation"] |= {name: value for name, value in changes.items() if name in described}
    normalised = "patient_statistics" in changes
    model = tiny.build_segmenter(depth=3 + 2 * bundle["preparation"]["context"], normalised=normalised)
    # The field takes its time.
    volumes = {name: volumes[name] for name in ("a", "b", "d")} if bundle["postprocessing"].get("crf") else volumes
    wanted = tiny.mask_by_rooms(model, volumes, bundle)
    used = Segmenter(model, bundle)
    found = list(used.segment_volumes(Volume(images, tiny.slices[name]) for name, images in volumes.items()))
    masks = [each.mask for volume in found for each in volume]
    assert sum(mask.any() for mask in masks) > len(masks) / 4
    assert not all(mask.any() for mask in masks)
    for mask, (case_id, truth) in zip(masks, wanted.items(), strict=True):
        np.testing.assert_array_equal(mask, truth, err_msg=case_id)
    for name in ("a", "b"):
        alone = used.segment(volumes[name], tiny.slices[name])
        assert all(np.array_equal(each.mask, wanted[f"{name}/{number}"]) for each, number in zip(alone, tiny.slices[name], strict=True))


def test_statistics_are_those_of_the_patient_where_it_has_slices_enough(tiny, volumes) -> None:
    model = tiny.build_segmenter(normalised=True)
    # Of another scanner.
    brighter = {name: [image // 2 + 100 for image in images] for name, images in volumes.items()}
    own, training = (Segmenter(model, tiny.bundle_of(patient_statistics=asked)) for asked in (True, False))
    for name, is_changed in {"a": False, "c": True}.items():
        ours, theirs = (used.segment(brighter[name], tiny.slices[name]) for used in (own, training))
        assert is_changed != all(np.array_equal(mine.probability, other.probability) for mine, other in zip(ours, theirs, strict=True))


def test_a_gap_between_slices_parts_components(monkeypatch, tiny, volumes, model) -> None:
    """Tumour everywhere: three slices and, behind the gap, two, which are too small a component beside them."""
    monkeypatch.setattr(slice_predictor, "compile_logits", lambda _: lambda inputs: 0 * inputs + 20)
    used = Segmenter(model, tiny.bundle_of(postprocessing={"threshold": 0.5, "components": 0.9, "minimum_area": 0}))
    images = [volumes["a"][0]] * 5
    apart, joined = used.segment(images, [1, 2, 3, 5, 6]), used.segment(images)
    assert [each.mask.any() for each in joined] == [True] * 5
    assert [each.mask.any() for each in apart] == [True] * 3 + [False] * 2


def test_probabilities_and_masks_have_the_size_of_their_image(tiny, volumes, model) -> None:
    for each, image in zip(Segmenter(model, tiny.bundle_of()).segment(volumes["a"]), volumes["a"], strict=True):
        assert each.probability.shape == each.mask.shape == image.shape[:2]
        assert each.probability.dtype == np.float32
        assert 0 <= each.probability.min() <= each.probability.max() <= 1


@pytest.mark.parametrize("scales", [True, False])
@pytest.mark.parametrize("mirrors", [True, False])
def test_uncertainty_is_the_spread_between_the_views_inside_the_mask(monkeypatch, tiny, model, mirrors, scales) -> None:
    """A network that sees tumour in the left half only: one view is sure of it, the other of the contrary."""

    def see_left(inputs: np.ndarray) -> np.ndarray:
        side = inputs.shape[2]
        return 0 * inputs + np.where(np.arange(side) < side // 2, 20, -20).astype(np.float32)[:, None]

    monkeypatch.setattr(slice_predictor, "compile_logits", lambda _: see_left)
    preparation = {**tiny.preparation.to_dict(), "crop": "none", "context": 0, "channels": 1, "lead_channel": 0}
    postprocessing = {"threshold": 0.4, "components": 0, "minimum_area": 0}
    bundle = tiny.bundle_of(preparation=preparation, postprocessing=postprocessing, mirrors=mirrors, multi_scale=scales)
    (found,) = Segmenter(model, bundle).segment([np.arange(256, dtype=np.uint8).reshape(16, 16)])
    assert found.mask.sum() == (256 if mirrors else 128)
    assert found.uncertainty == pytest.approx(0.5, abs=1e-4)


def test_a_symmetric_image_leaves_no_doubt_and_an_empty_mask_has_none(tiny) -> None:
    inputs = keras.Input((16, 16, 1))
    model = keras.Model(inputs, keras.layers.Conv2D(1, 1, name="logits")(inputs))
    model.set_weights([np.full((1, 1, 1, 1), 4, np.float32), np.zeros(1, np.float32)])
    preparation = {**tiny.preparation.to_dict(), "crop": "none", "context": 0, "channels": 1, "lead_channel": 0, "unit": "slice"}
    used = Segmenter(model, tiny.bundle_of(preparation=preparation, postprocessing={"threshold": 0.9, "components": 0, "minimum_area": 0}))
    grey = np.random.default_rng(0).integers(0, 256, (16, 16)).astype(np.uint8)
    black = np.zeros((16, 16), np.uint8)
    bright, dark = used.segment([grey, black])
    assert bright.mask.any()
    assert bright.uncertainty == pytest.approx(0, abs=1e-6)
    assert not dark.mask.any()
    assert np.isnan(dark.uncertainty)


def test_the_network_is_compiled_once(tiny, monkeypatch, volumes, model) -> None:
    compiled = []
    compile_logits = slice_predictor.compile_logits
    monkeypatch.setattr(slice_predictor, "compile_logits", lambda network: compiled.append(network) or compile_logits(network))
    used = Segmenter(model, tiny.bundle_of())
    for name in ("a", "b", "d"):
        used.segment(volumes[name])
    assert len(compiled) == 1


def test_patients_with_an_image_each_share_their_batches(tiny, monkeypatch, volumes, model) -> None:
    asked = []
    forward = slice_predictor.compile_logits(model)
    monkeypatch.setattr(slice_predictor, "compile_logits", lambda _: lambda inputs: asked.append(len(inputs)) or forward(inputs))
    used = Segmenter(model, tiny.bundle_of())
    found = used.segment_volumes(Volume([image]) for image in volumes["c"])
    assert [len(volume) for volume in found] == [1] * 70
    assert asked == [16] * 2 * 5


def test_an_image_with_other_channels_is_refused_by_a_sentence(tiny, model) -> None:
    with pytest.raises(ValueError, match=r"must have 3 channels\. Received: 1"):
        Segmenter(model, tiny.bundle_of()).segment([np.zeros((20, 20), np.uint8)])
