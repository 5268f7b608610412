from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.cohorts.persons import conceal_file, conceal_mentions, hash_person, warn_of_place
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.imaging.dicom_person import Person

ANNA = hash_person(Person(("Müller-Stolz^Anna Maria", "山田^花"), ("19311109",), ("KH-4711-XY",)))

TELLING = [
    *(
        "Anna",
        "MARIA 2",
        "Mueller, A",
        "Muller_1",
        "mu\u0308ller",
        "annamaria",
        "stolzMüller3",
        "scan_StolzA-3",
        "AMUELLER",
        "山田 花",
        "花",
    ),
    *("19311109", "1931-11-09", "09.11.1931", "09.11.1931 Kopf", "11_09_1931", "311109", "091131", "MR19311109b"),
    *("kh4711xy", "KH 4711 XY", "MRT_kh4711xy", "PID-KH4711XY-2", "a.b.Stolz", "AnnaStolzMRT", "MRStolz", "M\udcfcller"),
    *("1 09.11.1931", "Nov 9 1931", "1931-Nov-09", "1931年11月9日", "2 MRT 1931-11-09 3", "山田花", "AnnaMRT", "AStolz 3", "M\\udcfcller"),
    *("110931", "11-09-31", "9.11.1931", "9_Nov_1931", "ID19311109001"),
]
SILENT = [
    "ward 3",
    "Hanne",
    "IM0001",
    "1931",
    "1.2.840.113619",
    "KH-4711-XZ",
    "4711",
    "T1",
    "SE2",
    "mri_20201109",
    "..",
    "müll",
    "1.11.1931",
    "IM193111",
]


@pytest.mark.parametrize("part", TELLING)
def test_what_tells_a_person_goes_by_a_pseudonym(part):
    hidden = make_pseudonym(part)
    assert conceal_file(Path("ward 3", part, "IM1.dcm"), ANNA) == Path("ward 3", hidden, "IM1.dcm")
    assert conceal_file(Path(f"{part}.nii.GZ"), ANNA) == Path(f"{hidden}.nii.GZ")


@pytest.mark.parametrize("part", SILENT)
def test_what_tells_no_person_stays(part):
    assert conceal_file(Path("b", part, "IM1.dcm"), ANNA) == Path("b", part, "IM1.dcm")


@given(st.lists(st.sampled_from([*TELLING, *SILENT]), min_size=1))
def test_concealed_twice_is_as_concealed_once(parts):
    once = conceal_file(Path(*parts), ANNA)
    assert conceal_file(once, ANNA) == once
    assert len(once.parts) == len(Path(*parts).parts)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Li^Ng", "ng_li 2"),
        ("Doe^Joe", "Joe Doe"),
        ("Case^Ann", "ann 1"),
        ("De la Cruz^Maria", "delacruz"),
        ("Kim^Eva", "KimEva"),
        ("Li^Ng", "LiNg"),
        ("Li^Ng", "Li.Ng"),
        ("Ehlert^A", "AEhlert"),
        ("Meier", "p0123456789.Meier"),
        ("Sørensen", "Sorensen"),
        ("Walesa", "Wałęsa"),
        ("AEGIR", "Ægir"),
        ("Isık", "ISIK"),
    ],
)
def test_names_are_found_however_they_are_written(name, part):
    assert conceal_file(Path(part), hash_person(Person((name,)))) == Path(make_pseudonym(part))


@pytest.mark.parametrize(
    ("identifier", "part"),
    [("RSSMRA80A01H501U", "RSSMRA80A01H501U MR"), ("0012345678", "12345678"), ("12345678", "0012345678_1"), ("12345678^^^H", "x 12345678")],
)
def test_ids_are_found_however_long_or_short(identifier, part):
    assert conceal_file(Path(part), hash_person(Person(ids=(identifier,)))) == Path(make_pseudonym(part))


def test_a_pseudonym_tells_nobody_whatever_letters_it_has():
    assert conceal_file(Path("p93ada0ed9d/p93ada0ed9d.nii.gz"), hash_person(Person(("Ada",)))) == Path("p93ada0ed9d/p93ada0ed9d.nii.gz")


def test_what_is_said_of_a_file_is_concealed_as_its_name_is():
    told = conceal_mentions("`Anna.Stolz`: no image by its suffix (.Stolz)", Path("b/Anna.Stolz"), ANNA)
    assert told == f"`{make_pseudonym('Anna.Stolz')}`: no image by its suffix ({make_pseudonym('.Stolz')})"
    assert conceal_mentions("`b.png` is empty", Path("Anna/b.png"), ANNA) == "`b.png` is empty"


def test_words_in_place_of_a_name_and_short_ids_tell_nobody():
    nobody = hash_person(Person(("Anonymous^Patient", "X", "MR", "brain_001", "T1 FLAIR", "DICOM"), (), ("1", "00042")))
    assert conceal_file(Path("patient/anonymous/MR/brain/DICOM/1/00042.dcm"), nobody) == Path(
        "patient/anonymous/MR/brain/DICOM/1/00042.dcm"
    )
    assert hash_person(Person()) == frozenset()


def test_hashes_of_a_person_show_no_word():
    assert all(each[0] == "p" and len(each) == 11 for each in ANNA)


def test_a_folder_that_is_named_by_hand_and_tells_a_person_is_warned_of(caplog):
    warn_of_place(Path("/scans/ward 3"), "raw_root", ANNA)
    assert not caplog.records
    warn_of_place(Path("/scans/Anna/brain"), "raw_root", ANNA)
    assert "that `raw_root` names has a part that is called like a patient" in caplog.text
    assert "Anna" not in caplog.text
