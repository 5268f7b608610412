import re

import pytest

from tumourflow.errors import UserError
from tumourflow.options import InferenceOptions, parse_parameters

MINIMAL = {"raw_root": "scans", "ingestion": {"reader": "paired"}}


def test_models_are_split_at_plus_signs():
    assert InferenceOptions(models="lgg-segmentation@champion+data/router.keras").models == (
        "lgg-segmentation@champion",
        "data/router.keras",
    )
    assert InferenceOptions().models == ()


def test_an_unknown_modality_is_refused_with_those_that_are_known():
    told = "Parameter `modality` is 'liver', allowed is: 'brain', 'breast', 'brain-flair3', 'brain-t1ce' or 'breast-us'."
    with pytest.raises(UserError, match=re.escape(told)):
        parse_parameters({**MINIMAL, "modality": "liver"})
