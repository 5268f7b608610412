import json
import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io

from tumourflow.errors import UserError
from tumourflow.radiomics.candidates import GRIDS, Candidate
from tumourflow.radiomics.classifiers import fit
from tumourflow.radiomics.cohort import Cohort
from tumourflow.radiomics.extract import extract_features, list_features
from tumourflow.radiomics.learned import learn_types, tell_test
from tumourflow.radiomics.stored import load_classifier, save_classifier
from tumourflow.radiomics.type_model import TypeModel

FIRST = [Candidate(name, {parameter: values[0] for parameter, values in grid.items()}) for name, grid in GRIDS.items()]
CHOICE = {"classifier": "logistic_regression", "parameters": {"C": 0.1}, "three_way": {"classifier": "svm", "parameters": {"C": 1.0}}}
SIDE = 24


def draw(number: int, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Long tumours and square ones, bright on a body that differs from image to image."""
    mask = np.zeros((SIDE, SIDE), bool)
    height, width = (14, 3 + number % 3) if label == "long" else (6, 6 + number % 3)
    mask[4 : 4 + height, 6 : 6 + width] = True
    noise = np.random.default_rng(number).integers(0, 20, (SIDE, SIDE))
    return (60 + noise + 100 * mask).astype(np.uint8), mask


def table(groups: int = 8, size: tuple[float, float] = (1.0, 1.0)) -> pd.DataFrame:
    rows = []
    for label in ("long", "square"):
        for number in range(groups):
            named = dict.fromkeys(("case_id", "patient", "group"), f"{label}{number}") | {"label": label, "site": ""}
            named["split"] = "train" if number < 5 else "test"
            rows.append(named | extract_features(*draw(number, label), size))
    return pd.DataFrame(rows)


def bundle(rows: pd.DataFrame, **changes) -> dict:
    learned = learn_types(rows, CHOICE, seed=0)
    return {**learned.describe(), "lead_channel": 0, "unit": "pixel", **changes}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return table()


@pytest.fixture(scope="module")
def model(rows) -> TypeModel:
    return TypeModel(learn_types(rows, CHOICE, seed=0).classifier, bundle(rows))


def cohort(rows: pd.DataFrame) -> Cohort:
    features = rows[list_features(rows.columns)]
    return Cohort(features, (rows["label"] == "square").to_numpy(np.int64), rows["group"].to_numpy(str))


def test_what_saw_no_test_patient_goes_first_and_learns_from_training_patients_alone(rows):
    learned = learn_types(rows, CHOICE, seed=3)
    assert (learned.candidate, learned.chosen_on, learned.learned_from, learned.cases) == (
        Candidate("svm", {"C": 1.0}),
        "validation",
        "train",
        10,
    )
    again = fit(Candidate("svm", {"C": 1.0}), cohort(rows[rows["split"] == "train"]), 2, seed=3)
    assert np.array_equal(learned.classifier.tell(rows[learned.features]), again.tell(rows[learned.features]))
    assert json.loads(json.dumps(learned.describe()))["classes"] == ["long", "square"]


def test_other_test_patients_change_nothing(rows):
    train, other = rows[rows["split"] == "train"], rows[rows["split"] == "test"].sample(frac=1, random_state=0)
    shuffled = other.assign(**{name: other[name].to_numpy()[::-1] for name in ("shape_area", "glcm_contrast")})
    told = [learn_types(pd.concat([train, some]), CHOICE, seed=0).classifier.tell(cohort(rows).features) for some in (other, shuffled)]
    assert np.array_equal(*told)


def test_predicted_masks_of_test_cases_are_told_where_they_show_anything(rows):
    learned = learn_types(rows, CHOICE, seed=0)
    nothing = rows["case_id"] == "long7"
    predicted = rows.assign(shape_area=rows["shape_area"].mask(nothing, 0.0))
    told = tell_test(predicted, learned)
    assert told["case_id"].tolist() == ["long5", "long6", "square5", "square6", "square7"]
    assert np.array_equal(
        told[["probability.long", "probability.square"]], learned.classifier.tell(cohort(predicted).features)[[5, 6, 13, 14, 15]]
    )
    assert tell_test(predicted, learned._replace(learned_from="all")).empty
    assert tell_test(predicted, learned._replace(chosen_on="cross_validated")).empty, "the choice has seen the test patients"


@pytest.mark.parametrize("lacking", ["three_way", "train"])
def test_without_a_split_to_choose_on_it_is_the_choice_of_the_cross_validation(rows, lacking):
    choice = {name: value for name, value in CHOICE.items() if name != lacking}
    some = rows.assign(split="train" if lacking == "three_way" else np.where(rows["label"] == "long", "train", "test"))
    learned = learn_types(some, choice, seed=0)
    assert learned.candidate == Candidate("logistic_regression", {"C": 0.1})
    assert (learned.chosen_on, learned.learned_from) == ("cross_validated", "train" if lacking == "three_way" else "all")
    assert learned.cases == 16


@pytest.mark.parametrize("candidate", FIRST, ids=lambda candidate: candidate.classifier)
def test_a_stored_classifier_tells_the_same(rows, candidate, tmp_path):
    classifier = fit(candidate, cohort(rows), 2, seed=0)
    save_classifier(classifier, tmp_path / "type_model.skops")
    again = load_classifier(tmp_path / "type_model.skops")
    assert np.array_equal(again.tell(cohort(rows).features), classifier.tell(cohort(rows).features))


class Stranger:
    """What nobody has reason to trust."""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "damaged"),
        (pickle.dumps({"model": 1}), "damaged"),
        (skops.io.dumps({"model": Stranger(), "scaler": None, "shares": np.ones(2)}), "Stranger, which is not trusted"),
        (skops.io.dumps([1, 2]), "holds no classifier"),
    ],
)
def test_what_is_no_classifier_is_refused_in_a_sentence(tmp_path, content, reason):
    (tmp_path / "type_model.skops").write_bytes(content)
    with pytest.raises(UserError, match=reason):
        load_classifier(tmp_path / "type_model.skops")


def test_a_model_is_loaded_with_what_stands_beside_it(rows, model, tmp_path):
    (tmp_path / "deep").mkdir()
    save_classifier(model.classifier, tmp_path / "deep/type_model.skops")
    with pytest.raises(UserError, match=r"lacks type_model\.json"):
        TypeModel.load(tmp_path)
    (tmp_path / "deep/type_model.json").write_text(json.dumps(bundle(rows)))
    for path in (tmp_path, tmp_path / "deep/type_model.skops"):
        assert np.array_equal(TypeModel.load(path).tell(rows), model.tell(rows))
    assert TypeModel.load(tmp_path, bundle(rows, classes=["a", "b"])).classes == ("a", "b")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="damaged"):
        TypeModel.load(tmp_path / "empty")


def test_types_of_images_are_those_of_their_rows_of_features(rows, model):
    for label in ("long", "square"):
        for number in (0, 7):
            found = model.type_of(*draw(number, label))
            assert found.type == label
            assert np.array_equal(found.probabilities, model.tell(rows[rows["case_id"] == f"{label}{number}"])[0])
    grey, mask = draw(7, "long")
    # Where the cohort knew no sizes of pixels, those of an image are not used; where it has channels, the lead channel is measured.
    assert np.array_equal(model.type_of(grey, mask, (0.5, 0.5)).probabilities, model.type_of(grey, mask).probabilities)
    channels = TypeModel(model.classifier, bundle(rows, lead_channel=1))
    assert np.array_equal(
        channels.type_of(np.stack([grey // 2, grey], axis=2), mask).probabilities, model.type_of(grey, mask).probabilities
    )


def test_an_empty_mask_has_no_type_and_a_single_pixel_has_one(model):
    grey, mask = draw(0, "long")
    empty = model.type_of(grey, np.zeros_like(mask))
    assert empty.type == ""
    assert np.isnan(empty.probabilities).tolist() == [True, True]
    pixel = np.zeros_like(mask)
    pixel[5, 5] = True
    for image in (grey, np.zeros_like(grey), grey.astype(np.uint16) * 257):
        found = model.type_of(image, pixel)
        assert found.type in model.classes
        assert found.probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize("white", [1, 255])
def test_a_mask_read_from_a_picture_is_that_of_booleans(model, white):
    grey, mask = draw(7, "long")
    found = model.type_of(grey, mask.astype(np.uint8) * np.uint8(white))
    assert np.array_equal(found.probabilities, model.type_of(grey, mask).probabilities)


def test_a_mask_of_another_size_than_its_image_is_refused(model):
    grey, mask = draw(7, "long")
    with pytest.raises(ValueError, match=r"Received: \(20, 24\) and \(24, 24\)"):
        model.type_of(grey, mask[:20])


def test_millimetres_that_nobody_knows_leave_the_type_open():
    rows = table(size=(0.5, 2.0))
    model = TypeModel(learn_types(rows, CHOICE, seed=0).classifier, bundle(rows, unit="mm"))
    grey, mask = draw(7, "square")
    for unknown in (None, (np.nan, np.nan), (0.5, np.nan), (0.0, 0.0)):
        assert model.type_of(grey, mask, unknown).type == ""
    found = model.type_of(grey, mask, (0.5, 2.0))
    assert np.array_equal(found.probabilities, model.tell(rows[rows["case_id"] == "square7"])[0])


def test_features_are_taken_by_name_and_a_missing_one_is_named(rows, model):
    assert np.array_equal(model.tell(rows[rows.columns[::-1]]), model.tell(rows))
    with pytest.raises(ValueError, match="Missing: shape_area"):
        model.tell(rows.drop(columns="shape_area"))
