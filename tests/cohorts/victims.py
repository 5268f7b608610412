"""Small valid cohorts of every layout, some of whose files are damaged."""

import gzip
import io
import tempfile
from pathlib import Path

import numpy as np
from mutations import choose, mutate
from PIL import Image

SOUND = 200
"""How many sound files a cohort has whose form is that of most."""


def encode(pixels: np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(pixels) if isinstance(pixels, np.ndarray) else pixels
    image.save(file, kind, **options)
    return file.getvalue()


GREY = np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
MASK = np.pad(np.full((4, 5), 255, np.uint8), ((3, 9), (6, 5)))


class Layout:
    """A small valid cohort, and which of its files are mutated.

    Attributes:
        reader: Its reader.
        files: Content of each file that is mutated, for the number of a case.
        whole: Files that are left as they are.
        sentence: Whether a mutation may stop the run with a sentence, as one of a table that describes all files may.
        alone: Whether a cohort has but one such file.
        grey: Whether grey values are made of colours.
        sequences: Words of files that are channels of one image.
    """

    grey = False
    sequences: tuple[str, ...] = ()

    def __init__(self, reader: str, whole: dict[str, bytes], *, sentence: bool = False, alone: bool = False) -> None:
        self.reader, self.whole, self.sentence, self.alone = reader, whole, sentence, alone

    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        raise NotImplementedError


class Pairs(Layout):
    def __init__(self, suffix: str, images: list[bytes], masks: list[bytes]) -> None:
        # Many sound ones, as the form of most images is that of the cohort.
        sound = {f"images/sound_{number}.{suffix}": images[0] for number in range(SOUND)}
        super().__init__("paired", sound | {f"masks/sound_{number}_mask.{suffix}": masks[0] for number in range(SOUND)})
        self.suffix, self.images, self.masks = suffix, images, masks

    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        image, mask = self.images[rng.integers(len(self.images))], self.masks[rng.integers(len(self.masks))]
        if rng.random() < 0.3:
            return {f"images/p{number}_1.{self.suffix}": image, f"masks/p{number}_1_mask.{self.suffix}": mutate(rng, mask, self.suffix)}
        return {f"images/p{number}_1.{self.suffix}": mutate(rng, image, self.suffix), f"masks/p{number}_1_mask.{self.suffix}": mask}


class Singles(Layout):
    def __init__(self, reader: str, name: str, contents: list[bytes]) -> None:
        super().__init__(reader, {name.format(9_999_999): contents[0]})
        self.name, self.contents = name, contents

    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        name = self.name.format(number)
        return {name: mutate(rng, self.contents[rng.integers(len(self.contents))], name.partition(".")[2])}


class Volumes(Singles):
    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        data = mutate(rng, self.contents[rng.integers(len(self.contents))], "nii")
        if rng.random() < 0.5:
            return {f"p{number}_1.nii": data}
        packed = gzip.compress(data, 1)
        return {f"p{number}_1.nii.gz": mutate(rng, packed, "gz") if rng.random() < 0.4 else packed}


class Tables(Layout):
    def __init__(self) -> None:
        images = {f"{name}.png": encode(GREY, "PNG") for name in "abcd"} | {f"{name}_mask.png": encode(MASK, "PNG") for name in "abc"}
        super().__init__("manifest", images, sentence=True, alone=True)
        rows = ["path,mask,label,patient", "a.png,a_mask.png,yes,p1", "b.png,b_mask.png,no,p2", "c.png,c_mask.png,no,p2", "d.png,,no,p3"]
        self.tables = ["\n".join(rows).encode(), "\r\n".join(rows).encode("utf-8-sig"), "\n".join(rows).replace(",", ";").encode()]

    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        return {"manifest.csv": mutate(rng, self.tables[rng.integers(len(self.tables))], "csv")}


class Slices(Layout):
    """`kaggle_3m`: a folder a patient, image and mask side by side."""

    def __init__(self) -> None:
        self.images = [encode(COLOUR, "TIFF", compression=packing) for packing in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")]
        self.masks = [encode(MASK, "TIFF"), encode(MASK > 0, "TIFF", compression="group4")]
        names = [f"TCGA_CS_{number}_2/TCGA_CS_{number}_2" for number in range(SOUND)]
        sound = {f"{name}_1.tif": self.images[0] for name in names} | {f"{name}_1_mask.tif": self.masks[0] for name in names}
        super().__init__("kaggle_3m", sound | {"data.csv": b"Patient\n"})

    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        name = f"TCGA_CS_{number % SOUND}_2/TCGA_CS_{number % SOUND}_2_{number + 2}"
        files = {f"{name}.tif": choose(rng, self.images), f"{name}_mask.tif": choose(rng, self.masks)}
        victim = sorted(files)[int(rng.random() < 0.3)]
        return files | {victim: mutate(rng, files[victim], "tif")}


class Ultrasound(Layout):
    """`busi`: a folder a class, one mask or two beside an image, in all the forms that they were published in."""

    grey = True

    def __init__(self) -> None:
        self.images = [encode(GREY, "PNG"), encode(COLOUR, "PNG"), encode(np.dstack([GREY] * 4), "PNG")]
        self.masks = [encode(MASK, "PNG"), encode(MASK > 0, "PNG"), encode(np.dstack([MASK] * 3), "PNG")]
        self.masks.append(encode(np.dstack([MASK] * 3 + [np.full_like(MASK, 255)]), "PNG"))
        super().__init__("busi", {"benign/benign (1).png": self.images[0], "benign/benign (1)_mask.png": self.masks[0]})

    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        name = f"benign/benign ({number + 2})"  # in other folders equal images would be left out, whatever became of the files
        files = {f"{name}.png": choose(rng, self.images), f"{name}_mask.png": choose(rng, self.masks)}
        if rng.random() < 0.3:
            files[f"{name}_mask_1.png"] = choose(rng, self.masks)
        victim = sorted(files)[int(rng.integers(len(files)))]
        return files | {victim: mutate(rng, files[victim], "png")}


class Pictures(Layout):
    """`classes`: pictures of every format with any suffix, grey and coloured."""

    grey = True

    def __init__(self) -> None:
        pictures = [encode(pixels, kind) for pixels in (GREY, COLOUR) for kind in ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP", "PPM")]
        pictures += [encode(np.dstack([COLOUR, GREY]), "PNG"), encode(Image.fromarray(COLOUR).quantize(16), "PNG", transparency=3)]
        self.pictures = pictures
        super().__init__("classes", {"no/sound.png": pictures[0], "yes/sound.jpg": pictures[1]})

    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        picture = choose(rng, self.pictures)
        name = f"{rng.choice(['no', 'yes'])}/{number}.{rng.choice(['png', 'jpg', 'tif', 'bmp', 'gif', 'webp'])}"
        return {name: mutate(rng, picture, "png" if picture.startswith(b"\x89PNG") else "")}


class Folds(Layout):
    """`figshare`: the published folds, `cvind.mat`, old and new, beside a sound case."""

    def __init__(self) -> None:
        import h5py
        from scipy.io import savemat

        super().__init__("figshare", {"1.mat": make_mat().contents[0]}, alone=True)
        folds, self.tables = np.array([[1.0], [5.0]]), []
        for packed in (False, True):
            old = io.BytesIO()
            savemat(old, {"cvind": folds}, do_compression=packed)
            new = io.BytesIO()
            with h5py.File(new, "w", userblock_size=512) as file:
                file.create_dataset("cvind", data=folds.T, **({"chunks": (1, 2), "compression": "gzip"} if packed else {}))
            self.tables += [old.getvalue(), new.getvalue()]

    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        return {"cvind.mat": mutate(rng, choose(rng, self.tables), "mat")}


def make_png() -> Layout:
    palette = Image.fromarray(COLOUR).quantize(16)
    images = [encode(pixels, "PNG", compress_level=0) for pixels in (GREY, COLOUR, GREY.astype(np.uint16) * 200)]
    images.append(encode(palette, "PNG", transparency=3))
    return Pairs("png", images, [encode(MASK, "PNG"), encode(MASK > 0, "PNG"), encode(np.dstack([MASK] * 4), "PNG")])


def make_tiff() -> Layout:
    packings = [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"]
    images = [encode(pixels, "TIFF", compression=packing) for pixels in (GREY, COLOUR, GREY.astype(np.uint16)) for packing in packings]
    return Pairs("tif", images, [encode(MASK, "TIFF"), encode(MASK > 0, "TIFF", compression="group4")])


def make_jpeg() -> Layout:
    images = [encode(GREY, "JPEG"), encode(COLOUR, "JPEG"), encode(COLOUR, "JPEG", progressive=True)]
    return Pairs("jpg", images, [encode(MASK, "PNG")])


def make_bitmap() -> Layout:
    palette = Image.fromarray(COLOUR).quantize(16)
    images = [encode(pixels, kind) for kind in ("BMP", "GIF", "WEBP", "PPM", "JPEG2000") for pixels in (GREY, COLOUR)]
    images += [encode(COLOUR, "WEBP", lossless=True), encode(palette, "BMP"), encode(palette, "GIF", interlace=1)]
    images += [b"P2 16 16 255 " + " ".join(map(str, GREY.ravel())).encode(), encode(GREY.astype(np.uint16) * 200, "PPM")]
    return Pairs("bmp", images, [encode(MASK, "BMP"), encode(MASK > 0, "BMP"), encode(MASK, "GIF"), encode(MASK > 0, "PPM")])


def make_mat() -> Singles:
    import h5py

    contents = []
    for packing in ({}, {"chunks": (8, 8), "compression": "gzip"}, {"chunks": (8, 8), "compression": "gzip", "shuffle": True}):
        file = io.BytesIO()
        with h5py.File(file, "w", userblock_size=512) as mat:
            struct_ = mat.create_group("cjdata")
            struct_.create_dataset("image", data=GREY.astype(np.int16) * 9, **packing)
            struct_.create_dataset("tumorMask", data=(MASK > 0).astype(np.uint8), **packing)
            struct_.create_dataset("tumorBorder", data=np.array([[3.0, 6, 3, 10, 6, 10, 6, 6]]))
            struct_.create_dataset("PID", data=np.array([[ord(letter)] for letter in "100360"], np.uint16))
            struct_.create_dataset("label", data=np.array([[2.0]]))
        contents.append(file.getvalue())
    return Singles("figshare", "{}.mat", contents)


def make_dicom() -> Layout:
    import pydicom
    from pydicom.dataset import Dataset, FileMetaDataset

    contents = []
    for syntax in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5"):
        header = Dataset()
        header.file_meta = FileMetaDataset()
        header.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1" if syntax.endswith(".5") else syntax
        header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = "1.2.3"
        header.PatientID, header.PatientName, header.Modality, header.SeriesInstanceUID = "p1", "A^B", "MR", "1.2.3.4"
        header.SeriesNumber, header.InstanceNumber, header.ImagePositionPatient = 1, 1, [0, 0, 0]
        header.ImageOrientationPatient, header.PixelSpacing = [1, 0, 0, 0, 1, 0], [1, 1]
        header.Rows, header.Columns, header.SamplesPerPixel, header.PhotometricInterpretation = 16, 16, 1, "MONOCHROME2"
        header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 12, 11, 0
        header.RescaleSlope, header.RescaleIntercept, header.PixelData = 1, -5, (GREY.astype(np.uint16) * 9).tobytes()
        header["PixelData"].VR = "OW"
        if syntax.endswith(".5"):
            header.compress(syntax)
        file = io.BytesIO()
        pydicom.dcmwrite(file, header, enforce_file_format=True)
        contents.append(file.getvalue())
    return Singles("dicom", "{}.dcm", contents)


class Drawn(Layout):
    """`dicom`: slices, and a segmentation of single bits, of bytes, or packed."""

    def __init__(self) -> None:
        from test_drawn import FIRST, draw, write_series

        with tempfile.TemporaryDirectory() as folder:
            files = write_series(Path(folder))
            slices = {file.name: file.read_bytes() for file in files}
            drawn = [draw(files, FIRST[..., None], transfer_syntax_uid=syntax) for syntax in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")]
            drawn.append(draw(files, FIRST[..., None], "FRACTIONAL", transfer_syntax_uid="1.2.840.10008.1.2.5"))
        # A mutation may make a second segment, of which it has to be said whether it is lesion.
        super().__init__("dicom", slices, sentence=True, alone=True)
        self.drawn = []
        for each in drawn:
            file = io.BytesIO()
            each.save_as(file)
            self.drawn.append(file.getvalue())

    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        return {"drawn.dcm": mutate(rng, choose(rng, self.drawn), "dcm")}


class Sequences(Layout):
    """`nifti` with `sequences`: three volumes and a segmentation, one of which is damaged."""

    sequences = ("flair", "t1", "t2")

    def __init__(self) -> None:
        self.volumes = encode_volumes([np.dstack([GREY] * 3), np.dstack([GREY] * 3).astype(np.int16)])
        (self.drawn, _) = encode_volumes([np.dstack([MASK] * 3)])
        super().__init__("nifti", {f"p9/p9_{word}.nii": self.volumes[0] for word in self.sequences} | {"p9/p9_seg.nii": self.drawn})

    def make(self, rng: np.random.Generator, number: int) -> dict[str, bytes]:
        files = {f"p1{number}_{word}.nii": choose(rng, self.volumes) for word in self.sequences} | {f"p1{number}_seg.nii": self.drawn}
        victim = sorted(files)[rng.integers(4)]
        return files | {victim: mutate(rng, files[victim], "nii")}


def encode_volumes(volumes: list[np.ndarray]) -> list[bytes]:
    import nibabel

    kinds = (nibabel.Nifti1Image, nibabel.Nifti2Image)
    return [kind(values, np.diag([1.0, 2, 3, 1])).to_bytes() for values in volumes for kind in kinds]


def make_nifti() -> Layout:
    values = [np.dstack([GREY] * 3), np.dstack([GREY] * 2).astype(np.float32), np.dstack([GREY] * 3).astype(np.int16)]
    return Volumes("nifti", "p{}_1.nii", encode_volumes(values))


LAYOUTS = {
    "png": make_png,
    "tiff": make_tiff,
    "jpeg": make_jpeg,
    "mat": make_mat,
    "dicom": make_dicom,
    "drawn": Drawn,
    "nifti": make_nifti,
    "sequences": Sequences,
    "manifest": Tables,
    "bitmap": make_bitmap,
    "kaggle_3m": Slices,
    "busi": Ultrasound,
    "classes": Pictures,
    "folds": Folds,
}


def write_batch(root: Path, layout: Layout, seed: int, numbers: range) -> None:
    for name, data in layout.whole.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    for number in numbers:
        for name, data in layout.make(np.random.default_rng([seed, number]), number).items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(data)
