import numpy as np
import pandas as pd

from tumourflow.measures.scores import DESCRIBED, READ, SCORES, list_scored, score_masks, score_slice


def test_a_slice_gives_one_number_for_each_column() -> None:
    truth, prediction = np.zeros((6, 6), bool), np.zeros((6, 6), bool)
    truth[1:3, 1:3] = True
    prediction[1:3, 1:4] = True
    scores = score_slice(truth, prediction, np.full((2, 2), 0.5, np.float16), np.array([[1, 0], [0, 0]]))
    assert tuple(scores) == SCORES
    assert [scores[name] for name in ("tp", "fp", "fn", "tn", "lesions", "findings_confirmed")] == [4, 2, 0, 30, 1, 1]
    # 1 - (2 * .5 + 1) / (2 + 1 + 1)
    assert scores["soft_dice_loss"] == 0.5


def test_a_mask_alone_is_measured_alike_and_has_no_loss() -> None:
    truth, prediction = np.eye(6, dtype=bool), np.eye(6, k=1, dtype=bool)
    alone, scored = score_masks(truth, prediction), score_slice(truth, prediction, np.zeros((2, 2)), np.zeros((2, 2)))
    assert tuple(alone) == SCORES
    assert {name: alone[name] for name in SCORES[:-2]} == {name: scored[name] for name in SCORES[:-2]}
    assert np.isnan([alone["soft_dice_loss"], alone["cross_entropy"]]).all()


def test_distances_are_also_millimetres_where_pixels_have_a_size() -> None:
    truth, prediction = np.zeros((9, 9), bool), np.zeros((9, 9), bool)
    truth[2, 4] = True
    prediction[6, 4] = True
    scores = score_masks(truth, prediction, (0.5, 3.0))
    assert (scores["hd95"], scores["hd95_mm"]) == (4, 2)
    assert np.isnan(score_masks(truth, prediction)["hd95_mm"])


def test_slices_with_a_mask_are_listed_by_patient_and_slice() -> None:
    columns = {"group": "g", "site": "", "pixel_height": 0.5, "pixel_width": 0.5, "label": "x"}
    cases = pd.DataFrame({"case_id": list("dcba"), "patient": list("qqpp"), "slice": [2, 1, 1, 2], "mask": ["m", "m", "", "m"]})
    splits = pd.DataFrame({"case_id": list("abcd"), "patient": list("ppqq"), "split": ["train", "train", "test", "test"]})
    scored = list_scored(cases.assign(**columns), splits)
    assert scored[["case_id", "split"]].to_numpy().tolist() == [["a", "train"], ["c", "test"], ["d", "test"]]
    assert set(scored) == {*DESCRIBED, *READ}
