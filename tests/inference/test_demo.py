from PIL import Image

from tumourflow.cohorts.phantoms import write_phantoms
from tumourflow.inference.demo import write_demo
from tumourflow.options import PhantomOptions


def test_the_demo_has_pictures_and_no_masks_of_patients_that_never_trained(tmp_path):
    small = {"patients": 2, "slices": 3, "size": 32}
    write_demo(tmp_path / "demo", PhantomOptions(**small, seed=2026))
    write_phantoms(tmp_path / "phantoms", PhantomOptions(**small, seed=7, defects=False))
    files = [path for path in (tmp_path / "demo").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".png"}
    assert not [path for path in files if "mask" in path.name]
    trained = {Image.open(path).tobytes() for path in (tmp_path / "phantoms").rglob("*.tif")}
    assert not trained & {Image.open(path).tobytes() for path in files}


def test_a_demo_that_is_there_is_left_as_it_is(tmp_path):
    (tmp_path / "demo").mkdir()
    write_demo(tmp_path / "demo")
    assert not list((tmp_path / "demo").iterdir())
