import stat
import zipfile

import pytest

from tumourflow.cohorts import archives
from tumourflow.cohorts.archives import unpack
from tumourflow.errors import UserError


@pytest.fixture
def pack(tmp_path):
    def pack(members: dict[str, bytes], name: str = "a.zip"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return pack


def test_files_come_out_as_they_went_in(pack, tmp_path):
    archive = pack({"1.mat": b"one", "more/2.mat": b"two"})
    files = unpack(archive, tmp_path / "out", "a.zip")
    assert [file.as_posix() for file in files] == ["1.mat", "more/2.mat"]
    assert (tmp_path / "out/more/2.mat").read_bytes() == b"two"


def test_a_folder_of_the_archives_own_name_is_left_out(pack, tmp_path):
    unpack(pack({"a/1.mat": b"one", "a/2.mat": b"two"}), tmp_path / "out", "a.zip")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["1.mat", "2.mat"]


@pytest.mark.parametrize("name", ["../1.mat", "/1.mat", "a/../../1.mat", "c:\\1.mat", "a\n.mat", "./1.mat", "a//1.mat"])
def test_names_that_lead_elsewhere_are_refused(pack, tmp_path, name):
    with pytest.raises(UserError, match="it would write outside its folder"):
        unpack(pack({"good.mat": b"", name: b"evil"}), tmp_path / "out", "a.zip")
    assert not (tmp_path / "out").exists()


def test_links_are_refused(pack, tmp_path):
    link = zipfile.ZipInfo("link.mat")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(UserError, match="outside its folder"):
        unpack(pack({link: b"/etc/passwd"}), tmp_path / "out", "a.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.mat", b"one")
        archive.writestr("1.mat", b"other")
    with pytest.raises(UserError, match=r"two files called '1\.mat'"):
        unpack(tmp_path / "a.zip", tmp_path / "out", "a.zip")


def test_an_archive_that_swells_is_refused_before_it_is_unpacked(pack, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "SPARE", 1000)
    with pytest.raises(UserError, match="would become 1 files of 1000000 bytes"):
        unpack(pack({"1.mat": bytes(10**6)}), tmp_path / "out", "a.zip")
    assert not (tmp_path / "out").exists()


def test_a_damaged_archive_is_told(pack, tmp_path):
    archive = pack({"1.mat": bytes(range(256)) * 40})
    content = bytearray(archive.read_bytes())
    content[60] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(UserError, match=r"`a\.zip` cannot be unpacked"):
        unpack(archive, tmp_path / "out", "a.zip")
