import pytest

from tumourflow.errors import UserError
from tumourflow.inference.models import Chosen, choose_models, find_step, tell_passed_over


@pytest.mark.parametrize(
    ("name", "bundle", "step"),
    [
        ("lgg-segmentation", {}, "segmentation"),
        ("lgg-classification", {"task": "tumour"}, "detection"),
        ("busi-classification", {"task": "label"}, "typing"),
        ("figshare-typing", {}, "typing"),
        ("all-router", {"refusal": {}}, "router"),
        ("llm-router", {}, ""),
        ("somebody-else", {}, ""),
    ],
)
def test_a_model_is_for_what_its_name_and_task_say(name, bundle, step):
    assert find_step(name, bundle) == step


def test_models_of_patients_come_before_phantoms(at_hand):
    champions = [at_hand("phantoms-segmentation v1"), at_hand("lgg-segmentation v3")]
    assert choose_models([], champions, "phantoms", None).find("segmentation", "brain-flair3") is champions[1]


def test_the_environments_own_champion_comes_first_and_a_named_one_before_it(at_hand):
    champions = [at_hand("a-segmentation v1"), at_hand("lgg-segmentation v3")]
    named = at_hand("phantoms-segmentation v2")
    assert choose_models([], champions, "lgg", None).find("segmentation", "brain-flair3") is champions[1]
    assert choose_models([named], champions, "lgg", None).find("segmentation", "brain-flair3") is named


def test_types_from_masks_come_before_types_from_images(at_hand):
    champions = [at_hand("figshare-classification v1", "brain-t1ce", "typing"), at_hand("figshare-typing v1", "brain-t1ce")]
    assert choose_models([], champions, "phantoms", None).find("typing", "brain-t1ce") is champions[1]


def test_who_tells_normal_from_the_rest_detects(at_hand):
    typed = at_hand("busi-classification v1", "breast-us", "typing", classes=["benign", "malignant", "normal"])
    chosen = choose_models([], [typed], "phantoms", None)
    assert chosen.find("detection", "breast-us") is typed
    assert chosen.find("segmentation", "breast-us") is None
    assert chosen.kinds == ["breast-us"]


def test_a_model_of_types_from_masks_leaves_detection_to_the_classifier_that_knows_normal(at_hand):
    typed = at_hand("busi-classification v1", "breast-us", "typing", classes=["benign", "malignant", "normal"])
    from_masks = at_hand("busi-typing v1", "breast-us", classes=["benign", "malignant", "normal"])
    chosen = choose_models([], [typed, at_hand("busi-segmentation v1", "breast-us"), from_masks], "busi", None)
    assert chosen.find("detection", "breast-us") is typed
    assert chosen.find("typing", "breast-us") is from_masks
    assert choose_models([], [from_masks], "busi", None).find("detection", "breast-us") is None


def test_phantoms_come_last_whatever_they_do(at_hand):
    clinic = at_hand("clinic-classification v1", step="typing", classes=["glioma", "none"])
    types, detects = at_hand("phantoms-typing v1"), at_hand("phantoms-classification v1", step="detection")
    chosen = choose_models([], [clinic, detects, types], "phantoms", None)
    assert chosen.find("typing", "brain-flair3") is chosen.find("detection", "brain-flair3") is clinic
    assert choose_models([types], [clinic], "clinic", None).find("typing", "brain-flair3") is types


def test_models_without_a_known_kind_are_left_out(at_hand):
    chosen = choose_models([], [at_hand("mine-segmentation v1", ""), at_hand("all-router v1", "")], "phantoms", None)
    assert chosen.steps == {}
    assert chosen.router.label == "all-router v1"


def test_another_preparation_is_another_model(at_hand):
    prints = [choose_models([], [at_hand("a-segmentation v1", preparation=size)], "a", None).identify() for size in (1, 1, 2)]
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize("changed", ["a-segmentation v1", "all-router v1"])
def test_another_window_is_another_model(at_hand, changed):
    other = at_hand("b-segmentation v1", "breast-us")
    prints = [choose_models([], [other, at_hand(changed, window=bits)], "a", None).identify() for bits in (8, 8, 16)]
    assert prints[0] == prints[1] != prints[2]


def test_no_model_at_all_is_told(at_hand):
    with pytest.raises(UserError, match="No model is registered that `inference` could use: train one first"):
        choose_models([], [], "lgg", None)


def test_that_all_models_are_of_no_known_kind_is_told(at_hand):
    mine = [at_hand("mine-segmentation v1", "", channels=["CT"]), at_hand("mine-classification v1", "", step="typing")]
    told = r"knows, T1\+FLAIR\+T1-CE, T1-CE or US: mine-segmentation \(CT\), mine-classification \(without names\). Name them so in `ing"
    with pytest.raises(UserError, match=told):
        choose_models([], mine, "mine", None)


def test_models_of_the_own_cohort_that_are_passed_over_are_told(at_hand):
    champions = [
        at_hand("mine-segmentation v3", "", channels=["CT"]),
        at_hand("other-segmentation v1", ""),
        at_hand("phantoms-segmentation v1"),
    ]
    (line,) = tell_passed_over(champions, "mine")
    assert line.startswith("mine-segmentation v3 is passed over, for its channels are CT: `inference` knows")
    assert tell_passed_over(champions, "phantoms") == []


def test_a_named_model_of_another_modality_is_refused(at_hand):
    with pytest.raises(UserError, match=r"names busi-segmentation, which takes breast-us, but `modality` is brain"):
        choose_models([at_hand("busi-segmentation v1", "breast-us")], [], "lgg", "brain")


@pytest.mark.parametrize(("channels", "told"), [(["CT"], "CT"), ([], "without names")])
def test_a_named_model_of_unknown_channels_is_refused(at_hand, channels, told):
    named = at_hand("mine-segmentation v1", "", channels=channels)
    with pytest.raises(UserError, match=f"names mine-segmentation, whose channels are {told}: `inference` knows T1"):
        choose_models([named], [], "lgg", None)


def test_a_named_model_that_no_step_would_use_is_refused(at_hand):
    first, second = at_hand("a-segmentation v1"), at_hand("b-segmentation v2")
    with pytest.raises(UserError, match=r"names b-segmentation v2, but a-segmentation v1, which does the same, is named too: leave one"):
        choose_models([first, second], [], "lgg", None)
    with pytest.raises(UserError, match=r"names b-router v1, but a-router v1, which does the same, is named too: leave one"):
        choose_models([at_hand("a-router v1", ""), at_hand("b-router v1", "")], [], "lgg", None)


def test_of_named_models_too_types_from_masks_leave_detection_to_the_classifier(at_hand):
    typed = at_hand("busi-classification v1", "breast-us", "typing", classes=["benign", "malignant", "normal"])
    from_masks = at_hand("busi-typing v1", "breast-us")
    chosen = choose_models([typed, from_masks], [], "lgg", None)
    assert chosen.find("typing", "breast-us") is from_masks
    assert chosen.find("detection", "breast-us") is typed


def test_models_of_a_split_that_leaks_are_named_once(at_hand):
    leaky, sound = at_hand("a-classification v1", step="detection", leaky=True), at_hand("a-segmentation v2", leaky=False)
    chosen = Chosen(
        at_hand("all-router v1", "", "router"), {("detection", "x"): leaky, ("typing", "x"): leaky, ("segmentation", "x"): sound}
    )
    assert chosen.leaky == ["a-classification v1"]
