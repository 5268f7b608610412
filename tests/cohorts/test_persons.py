from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.cohorts.persons import conceal_file, hash_person, warn_of_place
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
    *("kh4711xy", "KH 4711 XY", "a.b.Stolz"),
]
SILENT = ["ward 3", "Johanna", "IM0001", "1931", "1.2.840.113619", "KH-4711-XZ", "4711", "T1", "SE2", "mri_20201109", "..", "müll"]


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


def test_words_in_place_of_a_name_and_short_ids_tell_nobody():
    nobody = hash_person(Person(("Anonymous^Patient", "X", "MR"), (), ("1", "00042")))
    assert conceal_file(Path("patient/anonymous/MR/1/00042.dcm"), nobody) == Path("patient/anonymous/MR/1/00042.dcm")
    assert hash_person(Person()) == frozenset()


def test_hashes_of_a_person_show_no_word():
    assert all(each[0] == "p" and len(each) == 11 for each in ANNA)


def test_a_folder_that_is_named_by_hand_and_tells_a_person_is_warned_of(caplog):
    warn_of_place(Path("/scans/ward 3"), "raw_root", ANNA)
    assert not caplog.records
    warn_of_place(Path("/scans/Anna/brain"), "raw_root", ANNA)
    assert "that `raw_root` names is called like a patient" in caplog.text
    assert "Anna" not in caplog.text
