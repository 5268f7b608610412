import pytest

from tumourflow.curation.proposal import propose_split
from tumourflow.curation.split_file import split_by_file
from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions

COHORT = {"anna": [4, 0], "bert": [2], "carl": [0]}


def test_the_file_decides(make_cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("patient_id, split, why\ncarl, test, x\nanna,train,y\nbert,validation ,z\n")
    splits = split_by_file(make_cases(COHORT), file)
    assert splits["split"].tolist() == ["train", "train", "validation", "test"]
    assert splits["fold"].tolist() == [-1] * 4


def test_so_it_does_where_its_first_line_does_not_name_the_further_columns(make_cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\nanna,train,y\nbert,validation,\ncarl,test,x\n")
    assert split_by_file(make_cases(COHORT), file)["split"].tolist() == ["train", "train", "validation", "test"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_whatever_a_spreadsheet_separates_columns_by_is_read(make_cases, tmp_path, separator):
    file = tmp_path / "split.csv"
    rows = [("patient_id", "split"), ("anna", "train"), ("bert", "validation"), ("carl", "test")]
    file.write_bytes("".join(f"{separator.join(row)}\r\n" for row in rows).encode("utf-8-sig"))
    assert split_by_file(make_cases(COHORT), file)["split"].tolist() == ["train", "train", "validation", "test"]


def test_the_line_in_which_excel_names_the_separator_is_no_heading(make_cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("sep=;\npatient_id;split\nanna;train\nbert;validation\ncarl;test\n")
    assert split_by_file(make_cases(COHORT), file)["split"].tolist() == ["train", "train", "validation", "test"]


def test_test_may_be_empty(make_cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\nanna,train\nbert,validation\ncarl,train\n")
    assert "test" not in set(split_by_file(make_cases(COHORT), file)["split"])


def test_a_patient_who_is_called_as_a_missing_value_is_found(make_cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\nNA,train\nnull,validation\n")
    assert split_by_file(make_cases({"NA": [1], "null": [1]}), file)["split"].tolist() == ["train", "validation"]


def test_a_patient_whose_name_is_a_number_is_found(make_cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\n007,train\n12,validation\n")
    assert split_by_file(make_cases({"007": [1], "12": [1]}), file)["split"].tolist() == ["train", "validation"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "patient_id,split\nanna,train\nbert,validation\ncarl,test\nzoe,test\n",
            "names patient zoe, of whom the cohort has no usable case",
        ),
        ("patient_id,split\nanna,train\nbert,validation\n", "leaves out patient carl of the cohort"),
        ("patient_id,split\nanna,train\nbert,valid\ncarl,test\n", "puts patient 'bert' into 'valid'. Splits are train, validation, test"),
        ("patient_id,split\nanna,train\nanna,test\nbert,validation\ncarl,test\n", "names patient anna more than once"),
        ("patient_id,split\nanna,train\nbert,train\ncarl,test\n", "has no patient in `validation`"),
        ("patient_id,split\nanna,test\nbert,validation\ncarl,test\n", "has no patient in `train`"),
        ("patient,split\nanna,train\n", r"has no column patient_id \(found: patient, split\)"),
        ("", "cannot be read"),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_it(make_cases, tmp_path, text, sentence):
    file = tmp_path / "split.csv"
    file.write_text(text)
    with pytest.raises(UserError, match=sentence) as caught:
        split_by_file(make_cases(COHORT), file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_sentences(make_cases, tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        split_by_file(make_cases(COHORT), tmp_path / "none.csv")
    with pytest.raises(UserError, match="cannot be read"):
        split_by_file(make_cases(COHORT), tmp_path)


@pytest.fixture
def stored_split():
    """A file that lies in no folder of this machine."""
    from upath import UPath

    file = UPath("memory://somewhere/split.csv")
    file.write_text("patient_id,split\nanna,train\nbert,validation\ncarl,test\n")
    yield file
    file.unlink()


def test_the_file_may_lie_at_a_url(make_cases, stored_split):
    splits = propose_split(make_cases(COHORT), SplittingOptions(), 0, str(stored_split), None, 0)
    assert splits["split"].tolist() == ["train", "train", "validation", "test"]


def test_a_url_where_nothing_lies_or_that_nothing_understands_is_a_sentence(make_cases, stored_split):
    for url, sentence in ((f"{stored_split}x", "csvx does not exist"), ("nonsense://a/split.csv", "`split_file` is nonsense://a")):
        with pytest.raises(UserError, match=sentence):
            propose_split(make_cases(COHORT), SplittingOptions(), 0, url, None, 0)


def test_a_file_that_is_no_text_is_a_sentence(make_cases, tmp_path):
    file = tmp_path / "split.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read"):
        split_by_file(make_cases(COHORT), file)


@pytest.mark.parametrize(("unknown", "named"), [(9, "x4 and 4 more, of whom"), (5, "x4, of whom")])
def test_many_unknown_patients_are_counted_not_listed(make_cases, tmp_path, unknown, named):
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\nanna,train\nbert,validation\ncarl,test\n" + "".join(f"x{n},test\n" for n in range(unknown)))
    with pytest.raises(UserError, match=f"patients x0, x1, x2, x3, {named}"):
        split_by_file(make_cases(COHORT), file)
