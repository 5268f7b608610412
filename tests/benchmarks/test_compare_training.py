from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tumourflow.measures.scores import score_slice

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def describe_variant(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from compare_training import describe_variant

    return describe_variant


def make_scores(found: int) -> pd.DataFrame:
    """Two patients of two slices with 10 pixels of tumour each, of which some are found."""
    truth, prediction = np.zeros((2, 4, 10), bool)
    truth[0], prediction[0, :found] = True, True
    rows = [score_slice(truth, prediction, prediction.astype(np.float32), truth) for _ in range(4)]
    return pd.DataFrame(rows).assign(patient=list("aabb"), steps=7)


def test_a_cohort_without_empty_slices_has_no_specificity_and_is_compared_in_the_rest(describe_variant):
    row = describe_variant("resunet", make_scores(10), make_scores(5))
    assert row["volume_dice"] == "1.000 [1.000, 1.000]"
    assert row["volume_dice difference"] == f"{1 / 3:+.3f} [{1 / 3:+.3f}, {1 / 3:+.3f}]"
    assert row["empty_slice_specificity"] == row["empty_slice_specificity difference"] == "none"
    assert (row["patients"], row["steps"]) == (2, 7)


def test_scores_that_were_kept_are_not_those_of_another_configuration(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import compare_training

    monkeypatch.setattr(compare_training, "ROOT", tmp_path)
    (tmp_path / "conf/lgg").mkdir(parents=True)
    arguments = Namespace(params="raw_root=a,seed=1", kept=tmp_path, env="lgg", folds=3)
    before = compare_training.kept_file(arguments, "unet", 0)
    assert compare_training.kept_file(Namespace(**vars(arguments) | {"params": "seed=1,raw_root=b"}), "unet", 0) == before
    (tmp_path / "conf/lgg/parameters.yml").write_text("prediction: {multi_scale: true}")
    assert compare_training.kept_file(arguments, "unet", 0) != before


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("resunet", ["training.network=resunet"]),
        ("unet_lite0+imagenet", ["training.network=unet_lite0", "training.weights=imagenet"]),
        ("unet+runs:/b7", ["training.network=unet", "training.weights=runs:/b7"]),
        ("recipe:best", ["recipe=best"]),
        ("recipe:sk_unet_transfer+runs:/b7", ["recipe=sk_unet_transfer", "training.weights=runs:/b7"]),
    ],
)
def test_a_variant_is_a_network_or_a_recipe_with_or_without_weights(monkeypatch, variant, expected):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from compare_training import name_parameters

    assert name_parameters(variant) == expected
