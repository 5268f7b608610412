from dataclasses import replace
from pathlib import Path

from tumourflow.curation.glance import glance_at_case


def test_a_glance_sees_sizes_and_files_that_are_no_image(write_case, tmp_path, tissue, square):
    facts = glance_at_case(write_case("a", tissue, square[:, :5]), tmp_path)
    assert (facts["height"], facts["width"], facts["mask_height"], facts["mask_width"]) == (8, 8, 8, 5)
    assert glance_at_case(write_case("b", b"no image", square), tmp_path)["image_error"]
    joined = replace(write_case("a", tissue, square), further=(Path("b.png"),))
    assert glance_at_case(joined, tmp_path)["image_error"]
    assert glance_at_case(write_case("c", tissue, b""), tmp_path)["mask_error"] == "the file is empty"
