import numpy as np
import pandas as pd

from tumourflow.prediction.case_reader import CaseReader


class Images:
    def read(self, key):
        return np.full((2, 2), int(key), np.uint8)

    def read_mask(self, key):
        return np.full((2, 2), key == "full")


def test_cases_are_found_by_their_name() -> None:
    cases = pd.DataFrame(
        {"case_id": ["a", "b"], "image": ["3", "4"], "mask": ["", "full"], "pixel_height": 0.5, "pixel_width": [0.5, np.nan]}
    )
    reader = CaseReader(Images(), cases)
    assert reader.read_image("b").tolist() == [[4, 4], [4, 4]]
    assert reader.read_truth("a") is None
    assert reader.read_truth("b").all()
    assert reader.tell_spacing("a") == (0.5, 0.5)
