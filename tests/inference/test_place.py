import re
from pathlib import Path

import fsspec
import pytest

from tumourflow.errors import UserError
from tumourflow.inference.place import open_input


def test_files_of_a_folder_are_listed_without_hidden_ones(write_images):
    place = open_input(str(write_images("b/2.png", "a.png", ".DS_Store", ".cache/x.png")))
    assert place.files == (Path("a.png"), Path("b/2.png"))


def test_a_file_is_an_input_of_its_own(write_images):
    folder = write_images("a.png", "b.png")
    place = open_input(str(folder / "b.png"))
    assert (place.root, place.files) == (folder, (Path("b.png"),))


def test_a_url_is_listed_likewise():
    memory = fsspec.filesystem("memory")
    memory.pipe("/new/anna/1.png", b"x")
    memory.pipe("/new/bert.png", b"x")
    try:
        assert open_input("memory://new").files == (Path("anna/1.png"), Path("bert.png"))
        assert open_input("memory://new/bert.png").files == (Path("bert.png"),)
    finally:
        memory.rm("/new", recursive=True)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (None, "`input` is missing: name a folder or a file of images with --params=input=PATH."),
        ("nowhere/at/all", "`input` does not exist: nowhere/at/all."),
        ("gopher://x/y", "`input` is gopher://x/y, but nothing that is installed understands gopher://."),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(name, told):
    with pytest.raises(UserError, match=re.escape(told)):
        open_input(name)


def test_an_empty_folder_is_told(tmp_path):
    (tmp_path / ".hidden").write_text("")
    with pytest.raises(UserError, match="`input` is empty"):
        open_input(str(tmp_path))
