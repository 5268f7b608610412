import numpy as np

from tumourflow.measures.scores import SCORES, score_slice


def test_a_slice_gives_one_number_for_each_column() -> None:
    truth, prediction = np.zeros((6, 6), bool), np.zeros((6, 6), bool)
    truth[1:3, 1:3] = True
    prediction[1:3, 1:4] = True
    scores = score_slice(truth, prediction, np.full((2, 2), 0.5, np.float16), np.array([[1, 0], [0, 0]]))
    assert tuple(scores) == SCORES
    assert [scores[name] for name in ("tp", "fp", "fn", "tn", "lesions", "findings_confirmed")] == [4, 2, 0, 30, 1, 1]
    # 1 - (2 * .5 + 1) / (2 + 1 + 1)
    assert scores["soft_dice_loss"] == 0.5
