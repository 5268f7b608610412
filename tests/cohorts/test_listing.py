import os
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from upath import UPath

from tumourflow.cohorts.folder import open_root, require_files
from tumourflow.cohorts.listing import list_files, stamp_files
from tumourflow.errors import UserError


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder as web pages do: its listing tells names alone."""

    def log_message(self, *_: object) -> None: ...


class Forgetful(Quiet):
    """Does not tell of a file when it was written either."""

    def send_header(self, keyword: str, value: str) -> None:
        if keyword != "Last-Modified":
            super().send_header(keyword, value)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[type[Quiet]], UPath]]:
    """Serve the test's folder."""
    servers = []

    def start(handler: type[Quiet]) -> UPath:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path))))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return open_root(f"http://127.0.0.1:{servers[-1].server_port}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def touch(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def names(root: Path) -> list[str]:
    return [file.as_posix() for file in list_files(root)]


def test_every_file_is_listed_in_order_hidden_ones_among_them(tmp_path):
    touch(*(tmp_path / name for name in ("b/2.png", "a.txt", ".hidden", "b/10.png", "b/c/d/e")))
    assert names(tmp_path) == [".hidden", "a.txt", "b/10.png", "b/2.png", "b/c/d/e"]


def test_linked_files_and_folders_are_followed(tmp_path):
    touch(tmp_path / "elsewhere/1.png", tmp_path / "root/2.png")
    (tmp_path / "root/patient").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "root/3.png").symlink_to(tmp_path / "elsewhere/1.png")
    assert names(tmp_path / "root") == ["2.png", "3.png", "patient/1.png"]


@pytest.mark.parametrize("target", [".", "..", "../..", "../b"])
def test_a_folder_link_in_a_circle_counts_once_and_ends(tmp_path, target):
    touch(tmp_path / "root/a/1.png", tmp_path / "root/b/2.png")
    (tmp_path / "root/a/loop").symlink_to(target)
    listed = names(tmp_path / "root")
    assert [name for name in listed if name.endswith(".png") and "loop" not in name] == ["a/1.png", "b/2.png"]
    assert len({os.path.realpath(tmp_path / "root" / name) for name in listed}) == len(listed)
    assert any(name.startswith("a/loop") for name in listed)


def test_where_a_file_is_listed_does_not_depend_on_the_order_of_links(tmp_path):
    touch(tmp_path / "z/1.png")
    (tmp_path / "a").symlink_to("z")
    assert names(tmp_path) == ["a", "z/1.png"]


def test_links_that_lead_nowhere_or_to_themselves_are_listed(tmp_path):
    (tmp_path / "circle.png").symlink_to("circle.png")
    (tmp_path / "nowhere.png").symlink_to("gone.png")
    assert names(tmp_path) == ["circle.png", "nowhere.png"]


def test_pipes_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    touch(tmp_path / "a.png")
    assert names(tmp_path) == ["a.png"]


@pytest.mark.parametrize("name", ["two\nlines.png", "a..b.png", "..png", "tab\t.png", " .png", "\udcff.png", "-rf"])
def test_strange_names_are_listed_as_they_are(tmp_path, name):
    touch(tmp_path / "folder" / name)
    assert names(tmp_path) == [f"folder/{name}"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
def test_a_folder_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(UserError, match="closed"):
        list_files(tmp_path)


def test_a_folder_that_cannot_be_opened_stops_the_run_rather_than_losing_its_files(tmp_path, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UserError, match=r"cannot be opened: .* \(Permission denied\)"):
        list_files(tmp_path)


def test_a_stamp_changes_with_size_and_time(tmp_path):
    touch(tmp_path / "a.png")
    file = Path("a.png")
    stamps = {stamp_files(tmp_path, [file])[file]}
    os.utime(tmp_path / file, ns=(1, 1))
    stamps.add(stamp_files(tmp_path, [file])[file])
    (tmp_path / file).write_bytes(b"12")
    os.utime(tmp_path / file, ns=(1, 1))
    stamps.add(stamp_files(tmp_path, [file])[file])
    assert len(stamps) == 3
    assert stamp_files(tmp_path, [file])[file] in stamps


def test_a_file_that_is_gone_has_no_stamp(tmp_path):
    assert stamp_files(tmp_path, [Path("gone.png")]) == {Path("gone.png"): ""}


def test_a_folder_of_a_store_is_listed_like_one_of_a_disk():
    root = open_root("memory://test_folder/cohort")
    assert isinstance(root, UPath)
    for name in ("b/2.png", "a.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"1")
    assert require_files(root, "pictures") == [Path("a.txt"), Path("b/2.png")]
    before = stamp_files(root, [Path("a.txt"), Path("b/2.png")])
    (root / "a.txt").write_bytes(b"22")
    after = stamp_files(root, [Path("a.txt"), Path("b/2.png")])
    assert before[Path("a.txt")] != after[Path("a.txt")]
    assert before[Path("b/2.png")] == after[Path("b/2.png")]


def test_keys_that_no_disk_has_are_listed():
    root = open_root("memory://test_folder_keys/cohort")
    for key in ("two\nlines.png", "../up.png", "a/../../b.png"):
        root.fs.pipe_file(f"{root.path}/{key}", b"1")
    assert sorted(names(root)) == ["../up.png", "a/../../b.png", "two\nlines.png"]


def test_a_stamp_changes_where_files_of_one_size_and_time_are_swapped(tmp_path):
    touch(tmp_path / "a.png", tmp_path / "b.png")
    for name in ("a.png", "b.png"):
        os.utime(tmp_path / name, ns=(1, 1))
    before = stamp_files(tmp_path, [Path("a.png"), Path("b.png")])
    time.sleep(0.05)  # a file system's clock may be coarse
    for old, new in (("a.png", "c.png"), ("b.png", "a.png"), ("c.png", "b.png")):
        (tmp_path / old).rename(tmp_path / new)
    after = stamp_files(tmp_path, [Path("a.png"), Path("b.png")])
    assert not set(before.values()) & set(after.values())


def test_what_a_listing_does_not_tell_of_a_file_is_asked_for(serve, tmp_path):
    touch(tmp_path / "a.png", tmp_path / "b.png")
    os.utime(tmp_path / "a.png", (1, 1))
    root, files = serve(Quiet), [Path("a.png"), Path("b.png"), Path("gone.png")]
    before = stamp_files(root, files)
    assert before == stamp_files(root, files)
    assert before[Path("gone.png")] == ""
    os.utime(tmp_path / "a.png", (90_000, 90_000))
    after = stamp_files(root, files)
    assert [file.name for file in files if before[file] != after[file]] == ["a.png"]


def test_a_file_of_which_nothing_is_told_is_never_as_it_was(serve, tmp_path):
    touch(tmp_path / "a.png")
    root = serve(Forgetful)
    assert stamp_files(root, [Path("a.png")]) != stamp_files(root, [Path("a.png")])


def test_files_in_an_archive_are_told_apart_by_their_contents(tmp_path):
    stamps = []
    for content in (b"1", b"2"):
        with zipfile.ZipFile(tmp_path / f"{content!r}.zip", "w") as archive:
            archive.writestr(zipfile.ZipInfo("a.png"), content)
        stamps.append(stamp_files(open_root(f"zip://::{tmp_path}/{content!r}.zip"), [Path("a.png")]))
    assert stamps[0] != stamps[1]


def test_a_store_that_lists_nothing_is_a_sentence(monkeypatch):
    root = open_root("memory://test_folder_closed/cohort")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("Forbidden")

    monkeypatch.setattr(type(root.fs), "find", refuse)
    with pytest.raises(UserError, match=r"memory://test_folder_closed/cohort cannot be listed \(Forbidden\)"):
        list_files(root)
