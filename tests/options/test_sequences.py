import pytest
from kedro.framework.cli.utils import _split_params
from omegaconf import OmegaConf

from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions, parse_parameters


def parse(sequences, **others) -> IngestionOptions:
    return parse_parameters({"raw_root": "scans", "ingestion": {"reader": "nifti", "sequences": sequences, **others}}).ingestion


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("[flair, t1, t1ce]", ("flair", "t1", "t1ce")),
        ("flair", ("flair",)),
        ("[0000, 0001, 0003]", ("0000", "0001", "0003")),
        ("[0, 1, 3]", ("0000", "0001", "0003")),
        ("['0000', '0010', 0001]", ("0000", "0010", "0001")),
        ("0002", ("0002",)),
        ("[]", ()),
    ],
)
def test_the_numbers_of_channels_are_written_as_in_their_names(written, named):
    ingestion = parse(OmegaConf.to_container(OmegaConf.create(f"sequences: {written}"))["sequences"])
    assert (ingestion.sequences, ingestion.channels) == (named, named)


@pytest.mark.parametrize(("given", "named"), [("0000+0001+0002", ("0000", "0001", "0002")), ("0001", ("0001",)), ("t1", ("t1",))])
def test_so_they_are_on_the_command_line(given, named):
    values = _split_params(None, None, f"ingestion.sequences={given}")["ingestion"]["sequences"]
    assert parse(values).sequences == named


def test_channels_may_have_other_names_or_none():
    assert parse("t1+flair+t1ce", channels=["T1", "FLAIR", "T1-CE"]).channels == ("T1", "FLAIR", "T1-CE")
    assert parse("t1+flair+t1ce", channels=[]).channels == ()


@pytest.mark.parametrize(
    ("sequences", "sentence"),
    [
        (["t1", "t2"], "is t1, t2, but an image is stored with 1, 3 or 4 channels, not with 2: name one, three or four of them."),
        (["a", "b", "c", "d", "e"], "1, 3 or 4 channels, not with 5"),
        (["t1", "flair", "T1"], "two of them are one, whatever their capitals: name each once."),
        (["_t1"], "'_t1' is no word that stands behind the last `_` or `-` of a name: write `t1` of `anna_t1.nii.gz`."),
        (["t1", ""], "'' is no word"),
    ],
)
def test_what_cannot_be_joined_is_told_in_a_sentence(sequences, sentence):
    with pytest.raises(UserError) as caught:
        parse(sequences)
    assert str(caught.value).startswith("Parameter `ingestion.sequences` is ")
    assert sentence in str(caught.value)


@pytest.mark.parametrize("reader", ["dicom", "paired", "kaggle_3m"])
def test_other_layouts_have_no_sequences(reader):
    with pytest.raises(UserError, match=f"`ingestion.sequences` is of NIfTI volumes, but `ingestion.reader` is {reader}: leave one of"):
        parse(["t1"], reader=reader)
