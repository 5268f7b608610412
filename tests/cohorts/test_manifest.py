from pathlib import Path

import pytest
from upath import UPath

from tumourflow.cohorts.inside import enter, list_homes
from tumourflow.cohorts.manifest import read_manifest
from tumourflow.curation.ledger import account_for_files, report_caseless
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


@pytest.mark.parametrize("name", ["list.csv", "LIST.CSV"])
def test_any_name_will_do_for_the_only_table(make_table, name):
    assert read_manifest(make_table("path\na.png\n", "a.png", name=name), OPTIONS).metadata == (Path(name),)


def test_images_that_differ_in_their_suffix_alone_are_two_cases(make_table):
    index = read_manifest(make_table("path\na.png\na.tif\nb.png\n", "a.png", "a.tif", "b.png"), OPTIONS)
    assert [case.case_id for case in index.cases] == ["a.png", "a.tif", "b"]


def test_tables_as_a_spreadsheet_saves_them_are_read(make_table):
    table = '\ufeffPath , Label,,\r\n"im\\a.png", x ,,\r\n,,,\r\n./im/b.png,"y, z",,\r\n'
    index = read_manifest(make_table(table, "im/a.png", "im/b.png"), OPTIONS)
    assert [(case.case_id, case.label) for case in index.cases] == [("im/a", "x"), ("im/b", "y, z")]


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_whatever_separates_the_columns_is_read(make_table, separator):
    rows = (("path", "mask", "label", "patient"), ("a.png", '"m.png;n.png"', "x", "anna"), ("b.png", "", '"y, z"', "bert"))
    table = "".join(f"{separator.join(row)}\n" for row in rows)
    index = read_manifest(make_table(table, "a.png", "b.png", "m.png", "n.png"), OPTIONS)
    assert [(case.case_id, case.patient, case.label, len(case.masks)) for case in index.cases] == [
        ("a", "anna", "x", 2),
        ("b", "bert", "y, z", 0),
    ]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "sep=;;;"])
def test_the_line_in_which_excel_names_the_separator_is_no_heading(make_table, line):
    root = make_table(f"{line}\r\npath;label;patient\r\na.png;x, y;anna\r\n", "a.png")
    assert [(case.case_id, case.label, case.patient) for case in read_manifest(root, OPTIONS).cases] == [("a", "x, y", "anna")]
    (root / "manifest.csv").write_text(f"{line}\npath;slice;patient\na.png;x;anna\n")
    with pytest.raises(UserError, match="Line 3 of"):
        read_manifest(root, OPTIONS)


def test_a_slice_as_data_frames_write_it_is_a_number(make_table):
    index = read_manifest(
        make_table("path,patient,slice\na.png,anna,1.0\nb.png,anna,10.0\nc.png,bert,\n", "a.png", "b.png", "c.png"), OPTIONS
    )
    assert [case.slice for case in index.cases] == [1, 10, 0]


def test_columns_that_are_not_known_do_no_harm_where_patients_have_theirs(make_table):
    index = read_manifest(make_table("path,patient,age,\na.png,anna,61,\n", "a.png"), OPTIONS)
    assert [case.patient for case in index.cases] == ["anna"]
    assert not read_manifest(make_table("path,patient,age\na.png,,61\n", "a.png"), OPTIONS).has_patients


@pytest.mark.parametrize("linked", [False, True])
def test_absolute_paths_that_lead_into_the_folder_are_those_of_its_files(make_table, tmp_path_factory, linked):
    root = make_table("", "im/a.png", "m.png", "n.png")
    (root / "manifest.csv").write_text(f"path,mask\n{root}/im/a.png,{root}/m.png;{root}/./n.png\n")
    named = tmp_path_factory.mktemp("links") / "scans"
    named.symlink_to(root)
    index = read_manifest(named if linked else root, OPTIONS)
    assert [(case.case_id, case.image, case.masks) for case in index.cases] == [
        ("im/a", Path("im/a.png"), (Path("m.png"), Path("n.png"))),
    ]
    assert not index.strays + index.rejected


def test_a_folder_may_be_named_from_where_one_stands(make_table, monkeypatch):
    root = make_table("", "a.png")
    (root / "manifest.csv").write_text(f"path\n{root}/a.png\n")
    monkeypatch.chdir(root.parent)
    assert [case.case_id for case in read_manifest(Path(root.name), OPTIONS).cases] == ["a"]


def test_urls_that_lead_into_a_folder_of_a_store_are_those_of_its_files():
    homes = list_homes(UPath("memory://bucket/scans"))
    assert [enter(path, homes) for path in ("memory://bucket/scans/a.png", "a.png", "memory://else/a.png")] == [
        "a.png",
        "a.png",
        "memory://else/a.png",
    ]


def test_a_file_that_is_named_in_both_ways_is_named_twice(make_table):
    root = make_table("", "a.png")
    (root / "manifest.csv").write_text(f"path\na.png\n{root}/a.png\n")
    with pytest.raises(UserError, match=r"Lines 2 and 3 .* the same image"):
        read_manifest(root, OPTIONS)


@pytest.mark.parametrize("row", ["manifest.csv,,x,z", "manifest.csv,m.png,x,z", "b.png,manifest.csv,x,z", "./manifest.csv,,x,"])
def test_a_table_that_names_itself_stays_the_table_and_every_file_has_one_kind(make_table, row):
    names = ("a.png", "b.png", "m.png")
    index = read_manifest(make_table(f"path,mask,label,patient\na.png,,x,anna\n{row}\n", *names), OPTIONS)
    assert [case.case_id for case in index.cases] == ["a"]
    assert index.metadata == (Path("manifest.csv"),)
    assert sorted(path.name for path in (*index.strays, *(each.file for each in index.rejected))) == ["b.png", "m.png"]
    assert not any("is not there" in each.evidence for each in index.rejected)
    assert account_for_files(index, {"a"}, list(report_caseless(index)))["found"] == 4


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


def test_images_that_share_a_mask_say_so_of_one_another(make_table):
    table = "path,mask\na.png,m.png\nb.png,m.png;n.png\nc.png,m.png\nd.png,o.png\ngone.png,o.png\n"
    root = make_table(table, "a.png", "b.png", "c.png", "d.png", "m.png", "n.png", "o.png")
    cases = {case.case_id: case for case in read_manifest(root, OPTIONS).cases}
    assert [[note.evidence for note in case.load_notes() if note.finding == "shared_mask"] for case in cases.values()] == [
        ["m.png is the mask of b.png and 1 more"],
        ["m.png is the mask of a.png and 1 more"],
        ["m.png is the mask of a.png and 1 more"],
        [],
    ]
    (root / "manifest.csv").write_text(table.replace("c.png,m.png", "c.png,"))
    changed = {case.case_id: case for case in read_manifest(root, OPTIONS).cases}
    assert [cases[name].state != changed[name].state for name in "abcd"] == [True, True, True, False]


def test_an_image_without_a_patient_is_rejected_where_others_have_one(make_table):
    index = read_manifest(make_table("path,patient,slice\na.png,anna,1\nb.png,,2\n", "a.png", "b.png"), OPTIONS)
    assert [(each.file.as_posix(), each.finding) for each in index.rejected] == [("b.png", "bad_patient_id")]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "has no column `path`"),
        ("path\n", "a heading and no line"),
        ("file,label\na.png,x\n", "has no column `path`: file, label"),
        ("file;label\na.png;x\n", "has no column `path`: file, label"),
        (
            "path,mask,label,pid,slice\na.png,,x,1,3\n",
            "no column `patient`, but columns that are not known: pid. Rename .* to `patient`; if none",
        ),
        ("path;subject;ward\na.png;anna;3\n", "not known: subject, ward"),
        ("path,slice\na.png,1\nb.png,2\n", "numbers slices, but names nobody whose they are. Fill in the column `patient`"),
        ("path,slice,patient\na.png,0,\nb.png,1,\n", "numbers slices, but names nobody"),
        ("path;mask;label\na.png;b.png;c.png;x\n", "line 2 has 4 cells, the heading has 3"),
        ('path,mask\n\na.png,b.png\n"b.png,\nc.png,\n', "begins on line 4 is not closed"),
        ('path,mask\n"a.png,b.png\nb.png,"c.png\n', "begins on line 2 is not closed"),
        ('path,mask\n"a.png,b.png\nb.png",c.png\n', "Line 2 .* goes on in the next one, within `path`"),
        ("path,patinet\na.png,anna\n", "a column `patinet`, which is not known. Did you mean `patient`"),
        ("path,label,label\na.png,x,y\n", "a column twice"),
        ("path,label\na.png,x\n,y\n", "Line 3 .* has no `path`"),
        ("path,slice\na.png,two\n", "Line 2 .* slice 'two', which is no whole number"),
        ("path\na.png\n./a.png\n", "Lines 2 and 3 .* the same image"),
        ("path,patient\na.png,anna\nb.png,NA\n", "Line 3 .* has the patient `NA`, which programs write where there is none"),
        ("path,label\na.png,nan\nb.png,x\n", "Line 2 .* has the label `nan`"),
        ("path,label\na.png,Low  grade\nb.png,low grade\n", "a label as `Low  grade` and, in line 3, as `low grade`: they would be two"),
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


def test_a_table_that_is_a_link_to_nowhere_is_a_sentence(tmp_path):
    (tmp_path / "manifest.csv").symlink_to("gone.csv")
    with pytest.raises(UserError, match=r"`manifest.csv` in .* cannot be opened"):
        read_manifest(tmp_path, OPTIONS)


def test_an_accent_stored_otherwise_in_the_table_makes_no_difference(make_table):
    """Macs take letters apart in the names of files, and spreadsheets do not."""
    root = make_table("path,mask\nj\u00f6rg.png,m\u00fcller.png\n", "jo\u0308rg.png", "mu\u0308ller.png")
    index = read_manifest(root, OPTIONS)
    assert [(case.image.name, case.masks[0].name) for case in index.cases] == [("jo\u0308rg.png", "mu\u0308ller.png")]
    assert not index.strays + index.rejected
