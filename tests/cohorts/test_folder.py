import pytest

from tumourflow.cohorts.folder import open_root, require_files
from tumourflow.errors import UserError


def test_an_absent_folder_of_a_store_is_a_sentence():
    with pytest.raises(UserError, match=r"`raw_root` does not exist, or these credentials do not show it: memory://nowhere"):
        require_files(open_root("memory://nowhere/at/all"), "pictures")


def test_a_scheme_that_nothing_understands_is_a_sentence():
    with pytest.raises(UserError, match=r"nothing that is installed understands teleport://"):
        open_root("teleport://bucket/cohort")


def test_a_name_without_a_scheme_is_a_path(tmp_path):
    assert open_root(str(tmp_path)) == tmp_path
    assert open_root(f"file://{tmp_path}") == tmp_path


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1/cohort", "zip://cohort::/nowhere/cohort.zip"])
def test_a_store_that_does_not_answer_is_a_sentence(url):
    with pytest.raises(UserError, match=r"`raw_root` cannot be reached: \w+://.*environment variables"):
        open_root(url)
