"""No name, birth date or other text that tells a person leaves the headers of medical files, nor a name of a file that tells the same."""

import csv
import gzip
import shutil
import sqlite3
import zipfile
import zlib
from contextlib import closing
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pydicom
import pytest
from PIL import Image
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from tumourflow.cohorts.pseudonyms import make_pseudonym

PERSON = "Zwickelmann"
PLANTED = (PERSON, "19311231", "Querfeldein", "Haubentaucher")
"""A name, a birth date, a hospital, a remark: in headers, and in the PatientID."""
PATH = "Pfadname"
"""A name of files that no header tells."""

CONF = {
    "dicom": "ingestion: {reader: dicom}\ncuration: {max_excluded_fraction: 0.4}\npreparation: {context: 0}\n",
    "nifti": "ingestion: {reader: nifti}\npreparation: {context: 0, size: 32}\n"
    "training: {width: 4, depth: 2, batch: 4, steps: 4, validations: 2}\n",
}
PIPELINE = {"dicom": "ingestion", "nifti": "segmentation"}
PATIENTS = {"dicom": 4, "nifti": 10}


def plant_dicom(root: Path) -> None:
    rng = np.random.default_rng(1)
    for number in range(4):
        series = f"1.2.840.19311231.{number}"  # some devices make them of what they know
        for place in range(3):
            dataset = pydicom.Dataset()
            dataset.file_meta = pydicom.dataset.FileMetaDataset()
            dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = CTImageStorage
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
            dataset.PatientName = f"{PERSON}^{number}"
            dataset.PatientID = f"{PERSON}-19311231-{number}"
            dataset.PatientBirthDate = "19311231"
            dataset.OtherPatientIDs = [f"{PERSON}", "Haubentaucher"]
            dataset.InstitutionName = dataset.ReferringPhysicianName = dataset.StationName = "Querfeldein"
            dataset.PatientComments = dataset.SeriesDescription = dataset.StudyID = "Haubentaucher"
            dataset.SeriesInstanceUID, dataset.SeriesNumber, dataset.InstanceNumber = series, 1, place + 1
            dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [0, 0, place], [1, 0, 0, 0, 1, 0]
            dataset.PixelSpacing, dataset.Rows, dataset.Columns = [1, 1], 32, 32
            dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
            dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
            dataset.PixelData = rng.integers(0, 4000, (32, 32), np.uint16).tobytes()
            dataset["PixelData"].VR = "OW"
            if (number, place) == (0, 0):
                dataset.BitsAllocated = 64  # a damaged file, whose row in the ledger must not quote it
            folder = root / ("ward", PERSON, f"{PERSON.upper()}_1931-12-31", f"{number} 31.12.1931")[number]
            folder.mkdir(exist_ok=True)
            dataset.save_as(folder / f"{PATH}{number}-{place}.dcm", enforce_file_format=True)
    shutil.copy(root / "ward" / f"{PATH}0-0.dcm", root / f"{PERSON}0-0.dcm")
    (root / f"letter to {PERSON}.txt").write_text("whose name only headers of other files tell")
    (root / PERSON / f"{PATH}.dcm").write_bytes(b"no DICOM file")


def plant_nifti(root: Path) -> None:
    rng = np.random.default_rng(2)
    mask = np.zeros((32, 32, 3), np.int16)
    mask[8:16, 8:16, 1:] = 1
    for number in range(PATIENTS["nifti"]):
        for pixels, end in ((rng.integers(0, 2000, mask.shape) + 2000 * mask, ""), (mask, "_seg")):
            image = nibabel.Nifti1Image(pixels.astype(np.int16), np.eye(4))
            image.header["db_name"], image.header["descrip"] = PERSON.encode(), f"{PERSON} 19311231 Querfeldein".encode()
            image.header["aux_file"], image.header["intent_name"] = b"Haubentaucher", b"Haubentaucher"
            image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"Haubentaucher 19311231"))
            nibabel.save(image, root / f"{PATH}{number}_1{end}.nii.gz")
    (root / f"{PATH}99_1.nii").write_bytes(gzip.decompress((root / f"{PATH}0_1.nii.gz").read_bytes())[:400])


PLANT = {"dicom": plant_dicom, "nifti": plant_nifti}


def read_everything(file: Path) -> str:
    """The bytes of a file, and whatever a format hides from those who only look at bytes."""
    raw = file.read_bytes()
    found = [raw.decode("latin-1"), raw.decode("utf-16-le", "ignore")]
    if file.suffix == ".parquet":
        table = pd.read_parquet(file)
        found += [str(list(table.columns)), *(str(value) for column in table for value in table[column])]
    elif raw.startswith(b"SQLite"):
        with closing(sqlite3.connect(file)) as store:
            found += list(store.iterdump())
    elif raw.startswith(b"\x89PNG"):
        with Image.open(file) as image:
            found.append(str(image.info))
    elif zipfile.is_zipfile(file):  # networks and states of a training
        with zipfile.ZipFile(file) as archive:
            found += [name + archive.read(name).decode("latin-1") for name in archive.namelist()]
    elif raw.startswith(b"\x1f\x8b"):
        found.append(zlib.decompress(raw, 31).decode("latin-1"))
    return "\n".join(found).lower()


@pytest.mark.parametrize("reader", ["dicom", "nifti"])
def test_no_person_is_told_by_anything_that_a_run_writes_or_says(reader, project, tmp_path, kedro):
    root = tmp_path / "raw"
    root.mkdir()
    PLANT[reader](root)
    assert all(word.encode() in b"".join(unpack(file) for file in root.rglob("*") if file.is_file()) for word in PLANTED)
    (project / "conf" / "clinic").mkdir()
    (project / "conf/clinic/globals.yml").write_text("cohort: clinic\n")
    (project / "conf/clinic/parameters.yml").write_text(CONF[reader])
    before = set(project.rglob("*"))
    done = kedro(project, "run", f"--pipeline={PIPELINE[reader]}", "--env=clinic", f"--params=raw_root={root}")
    assert done.returncode == 0, done.stderr[-3000:]
    written = [file for file in project.rglob("*") if file not in before and file.is_file() and "__pycache__" not in file.parts]
    names = {file.name for file in written}
    assert {"cases.parquet", "curation_ledger.csv", "mlflow.db"} <= names
    assert ({"segmenter.keras", "report.html"} <= names) == (PIPELINE[reader] == "segmentation")
    texts = {file: read_everything(file) for file in written}
    for word in PLANTED:
        assert word.lower() not in (done.stdout + done.stderr).lower()
        assert [file for file, text in texts.items() if word.lower() in text] == []
    # The one place for names of files; MLflow keeps a copy of it.
    assert {file.name for file, text in texts.items() if PATH.lower() in text} == {"curation_ledger.csv"}
    with next(file for file in written if file.name == "curation_ledger.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {column for row in rows for column, text in row.items() if PATH in text} == {"file"}
    if reader == "dicom":
        told = {row["file"]: row["finding"] for row in rows}
        person = make_pseudonym(PERSON)
        assert told[f"{person}/{PATH}.dcm"] == "undecodable"
        assert told[f"{make_pseudonym(PERSON + '0-0')}.dcm"] == "undecodable"
        assert told[f"{make_pseudonym('letter to ' + PERSON)}.txt"] == "stray"
    assert PATH.lower() not in (done.stdout + done.stderr).lower()
    cases = pd.read_parquet(next(file for file in written if file.name == "cases.parquet"))
    assert cases["patient"].nunique() == PATIENTS[reader]
    assert cases["patient"].str.fullmatch(r"p[0-9a-f]{10}").all()


def unpack(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
