from pathlib import Path

import pytest

from tumourflow.cohorts.manifest import read_manifest
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="manifest")


@pytest.fixture
def make_table(make_files):
    """Write a table and tiny images."""

    def make(table: str, *names: str, name: str = "manifest.csv") -> Path:
        root = make_files(*names)
        root.mkdir(exist_ok=True)
        (root / name).write_text(table, encoding="utf-8")
        return root

    return make


def test_only_the_path_is_required(make_table):
    index = read_manifest(make_table("path\na.png\nb/c.png\n", "a.png", "b/c.png"), OPTIONS)
    assert [(case.case_id, case.patient, case.label, case.slice, case.masks, case.load_mask) for case in index.cases] == [
        ("a", "a", "", 0, (), None),
        ("b/c", "b/c", "", 0, (), None),
    ]
    assert not index.has_patients
    assert index.metadata == (Path("manifest.csv"),)


def test_every_column_arrives_in_the_case(make_table):
    table = "patient,slice,path,mask,label,site\nanna,2,a2.png,m2.png,glioma,ulm\nanna,1,a1.png,m1.png;m1b.png,glioma,ulm\n"
    index = read_manifest(make_table(table, "a1.png", "a2.png", "m1.png", "m2.png", "m1b.png"), OPTIONS)
    assert [(case.case_id, case.patient, case.slice, case.label, case.site, len(case.masks)) for case in index.cases] == [
        ("a1", "anna", 1, "glioma", "ulm", 2),
        ("a2", "anna", 2, "glioma", "ulm", 1),
    ]
    assert index.has_patients
    assert [note.finding for note in index.cases[0].load_notes()] == ["several_masks"]
    assert index.cases[1].load_mask().tolist() == [[3, 3], [3, 3]]


def test_any_name_will_do_for_the_only_table(make_table):
    assert read_manifest(make_table("path\na.png\n", "a.png", name="list.csv"), OPTIONS).metadata == (Path("list.csv"),)


def test_tables_as_a_spreadsheet_saves_them_are_read(make_table):
    table = '\ufeffPath , Label,,\r\n"im\\a.png", x ,,\r\n,,,\r\n./im/b.png,"y, z",,\r\n'
    index = read_manifest(make_table(table, "im/a.png", "im/b.png"), OPTIONS)
    assert [(case.case_id, case.label) for case in index.cases] == [("im/a", "x"), ("im/b", "y, z")]


def test_files_that_are_not_named_are_strays(make_table):
    index = read_manifest(make_table("path\na.png\n", "a.png", "b.png", "notes.txt", "more/list.csv"), OPTIONS)
    assert {path.as_posix() for path in index.strays} == {"b.png", "notes.txt", "more/list.csv"}


@pytest.mark.parametrize("path", ["../a.png", "/etc/passwd", "x/../a.png", "C:\\scans\\a.png", "..\\a.png"])
def test_a_path_that_leads_elsewhere_is_rejected_and_not_read(make_table, path):
    index = read_manifest(make_table(f"path\na.png\n{path}\n", "a.png"), OPTIONS)
    assert [case.case_id for case in index.cases] == ["a"]
    ((file, finding, evidence),) = [(each.file, each.finding, each.evidence) for each in index.rejected]
    assert (file.as_posix(), finding) == (path, "unsafe_name")
    assert "line 3" in evidence


def test_what_is_missing_is_named_with_its_line_and_takes_the_row_along(make_table):
    table = "path,mask\na.png,m_a.png\nb.png,m_b.png\nc.png,m_c.png;m_d.png\n"
    index = read_manifest(make_table(table, "a.png", "m_a.png", "m_b.png", "c.png", "m_d.png"), OPTIONS)
    assert [case.case_id for case in index.cases] == ["a"]
    assert {(each.file.as_posix(), each.finding) for each in index.rejected} == {
        ("b.png", "undecodable"),
        ("m_b.png", "orphan_mask"),
        ("m_c.png", "undecodable"),
        ("c.png", "orphan_image"),
        ("m_d.png", "orphan_mask"),
    }
    assert not index.strays


def test_a_mask_that_another_row_uses_is_not_lost_with_a_row(make_table):
    index = read_manifest(make_table("path,mask\na.png,m.png\nb.png,m.png\n", "a.png", "m.png"), OPTIONS)
    assert [case.masks for case in index.cases] == [(Path("m.png"),)]
    assert [each.file.as_posix() for each in index.rejected] == ["b.png"]


def test_an_image_without_a_patient_is_rejected_where_others_have_one(make_table):
    index = read_manifest(make_table("path,patient\na.png,anna\nb.png,\n", "a.png", "b.png"), OPTIONS)
    assert [(each.file.as_posix(), each.finding) for each in index.rejected] == [("b.png", "bad_patient_id")]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "has no column `path`"),
        ("path\n", "a heading and no line"),
        ("file,label\na.png,x\n", "has no column `path`: file, label"),
        ("path;label\na.png;x\n", "has no column `path`"),
        ("path,patinet\na.png,anna\n", "a column `patinet`, which is not known. Did you mean `patient`"),
        ("path,label,label\na.png,x,y\n", "a column twice"),
        ("path,label\na.png,x\n,y\n", "Line 3 .* has no `path`"),
        ("path,slice\na.png,two\n", "Line 2 .* slice 'two', which is no number"),
        ("path\na.png\n./a.png\n", "Lines 2 and 3 .* the same image"),
        ("path,mask\na.png,b.png\nb.png,\n", r"names b.png as an image \(line 3\) and as a mask \(line 2\)"),
    ],
)
def test_a_table_that_cannot_be_understood_is_told_in_a_sentence(make_table, table, message):
    with pytest.raises(UserError, match=message) as caught:
        read_manifest(make_table(table, "a.png", "b.png"), OPTIONS)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_told_in_a_sentence(make_files):
    root = make_files("a.png")
    (root / "manifest.csv").write_bytes(b"path\n\xff\xfe\x00.png\n")
    with pytest.raises(UserError, match="cannot be read as a table"):
        read_manifest(root, OPTIONS)


@pytest.mark.parametrize(("tables", "message"), [((), "holds no table"), (("a.csv", "b.csv"), "holds 2 tables: a.csv, b.csv")])
def test_a_missing_table_is_told_with_its_columns(make_files, tables, message):
    with pytest.raises(UserError, match=f"{message}.*`manifest.csv`"):
        read_manifest(make_files("a.png", *tables), OPTIONS)
