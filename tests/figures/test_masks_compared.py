import numpy as np
import pandas as pd

from tumourflow.figures.importance import draw_importance
from tumourflow.figures.masks_compared import draw_masks_compared
from tumourflow.measures.mask_costs import summarise_masks


def scores() -> pd.DataFrame:
    rng, names = np.random.default_rng(0), [f"p{number}" for number in range(20)]
    rows = pd.DataFrame({"case_id": names, "patient": names, "group": names, "label": ["a", "b"] * 10, "split": "cross_validated"})
    told = [rows.assign(mask=kind, **{"probability.a": rng.random(20)}) for kind in ("true", "predicted", "none")]
    return pd.concat(told, ignore_index=True).assign(**{"probability.b": lambda table: 1 - table["probability.a"]})


def test_three_confusion_matrices_stand_beside_their_figures():
    figure = draw_masks_compared(scores(), summarise_masks(scores(), ["a", "b"]))
    assert figure.get_suptitle() == "Types by nested cross-validation (n = 20 images of 20 groups of patients)"
    points, *matrices = figure.axes
    assert [axes.get_title() for axes in matrices] == ["true masks", "predicted masks", "whole image"]
    assert [text.get_text() for text in points.get_legend().get_texts()] == ["true masks", "predicted masks", "whole image"]
    for axes in matrices:
        counts = [int(text.get_text().split("\n")[0]) for text in axes.texts]
        assert sum(counts) == 20
        assert sum(counts[:2]) == 10


def test_features_and_families_are_named_in_words():
    names = ["family shape", "shape_area", "glcm_contrast", "family glcm"]
    table = pd.DataFrame({"feature": names, "importance": [0.5, 0.3, 0.2, -0.1], "low": -0.2, "high": 0.6, "n": 20, "unit": "image"})
    families, features = draw_importance(table).axes
    assert [label.get_text() for label in families.get_yticklabels()] == ["shape", "co-occurrence"]
    assert [label.get_text() for label in features.get_yticklabels()] == ["area (shape)", "contrast (co-occurrence)"]
    assert [bar.get_width() for bar in features.patches] == [0.3, 0.2]
