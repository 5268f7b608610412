import hashlib
import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tumourflow.cohorts import transfer
from tumourflow.cohorts.download import describe_steps, fetch_article
from tumourflow.errors import UserError


class Publisher:
    """A figshare of one article, with the faults of the real one and worse."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.lies: dict[str, dict] = {}
        self.requests: list[tuple[str, str]] = []
        self.breaks_after: int | None = None
        self.moves = False
        self.knows_ranges = True
        self.status: int | None = None
        self.record: bytes | None = None

    def describe(self) -> bytes:
        """Answer as https://api.figshare.com/v2/articles/<id> does."""
        entries = [
            {
                "id": 3381290 + number,
                "name": name,
                "size": len(content),
                "is_link_only": False,
                "download_url": f"{self.url}/files/{name}",
                "supplied_md5": "",
                "computed_md5": hashlib.md5(content).hexdigest(),
                "mimetype": "application/zip",
            }
            | self.lies.get(name, {})
            for number, (name, content) in enumerate(self.files.items())
        ]
        return json.dumps({"id": 1512427, "title": "brain tumor dataset", "files": entries, "version": 5}).encode()

    @property
    def article(self) -> str:
        return f"{self.url}/v2/articles/1512427"

    @property
    def fetched(self) -> list[str]:
        return [path.removeprefix("/files/") for path, _ in self.requests if path.startswith("/files/")]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    served = Publisher()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            served.requests.append((self.path, asked))
            if self.path.startswith("/v2/"):
                self._answer(200, served.record or served.describe())
            elif served.moves and self.path.startswith("/files/"):
                self._answer(302, b"", {"Location": f"{served.url}/store{self.path.removeprefix('/files')}"})
            elif served.status:
                self._answer(served.status, b"")
            else:
                self._send(served.files[self.path.removeprefix("/files/").removeprefix("/store/")], asked)

        def _send(self, content: bytes, asked: str) -> None:
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and served.knows_ranges else 0
            headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
            self._answer(206 if start else 200, content[start:], headers, served.breaks_after)

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, most: int | None = None) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[:most])

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(transfer, "_pause", lambda _: 0.0)


def pack(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.mat", content)
    return packed.getvalue()


@pytest.fixture
def cohort(publisher) -> Publisher:
    publisher.files = {
        "brainTumorDataPublic_1-766.zip": pack(**{"1": b"one" * 300, "2": b"two" * 300}),
        "brainTumorDataPublic_767-1532.zip": pack(**{"767": b"three" * 300}),
        "cvind.mat": b"folds",
        "README.txt": b"read me",
    }
    return publisher


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


EXPECTED = {
    "README.txt": b"read me",
    "brainTumorDataPublic_1-766/1.mat": b"one" * 300,
    "brainTumorDataPublic_1-766/2.mat": b"two" * 300,
    "brainTumorDataPublic_767-1532/767.mat": b"three" * 300,
    "cvind.mat": b"folds",
}


def test_files_are_fetched_and_archives_unpacked(cohort, tmp_path):
    assert fetch_article(cohort.article, tmp_path / "raw/figshare") == 4
    assert contents(tmp_path / "raw/figshare") == EXPECTED
    assert [path.name for path in (tmp_path / "raw").rglob("*.part")] == []


def test_a_second_run_asks_nobody(cohort, tmp_path):
    fetch_article(cohort.article, tmp_path / "figshare")
    cohort.requests.clear()
    assert fetch_article(cohort.article, tmp_path / "figshare") == 0
    assert cohort.requests == []


def test_what_was_removed_is_fetched_again_and_nothing_else(cohort, tmp_path):
    root = tmp_path / "figshare"
    fetch_article(cohort.article, root)
    (root / "brainTumorDataPublic_1-766/2.mat").unlink()
    (root / "brainTumorDataPublic_1-766/1.mat").write_bytes(b"mine now")
    cohort.requests.clear()
    assert fetch_article(cohort.article, root) == 1
    assert cohort.fetched == ["brainTumorDataPublic_1-766.zip"]
    assert contents(root) == EXPECTED | {"brainTumorDataPublic_1-766/1.mat": b"mine now"}


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(cohort, tmp_path):
    cohort.breaks_after = 500
    fetch_article(cohort.article, tmp_path / "figshare")
    assert contents(tmp_path / "figshare") == EXPECTED
    asked = [asked for path, asked in cohort.requests if path.endswith("1-766.zip")]
    assert asked == ["", *(f"bytes={start}-" for start in range(500, len(cohort.files["brainTumorDataPublic_1-766.zip"]), 500))]


def test_a_transfer_from_where_the_files_really_lie_goes_on_too(cohort, tmp_path):
    cohort.moves, cohort.breaks_after = True, 500
    fetch_article(cohort.article, tmp_path / "figshare")
    assert contents(tmp_path / "figshare") == EXPECTED
    asked = [asked for path, asked in cohort.requests if path == "/store/brainTumorDataPublic_1-766.zip"]
    assert asked == ["", *(f"bytes={start}-" for start in range(500, len(cohort.files["brainTumorDataPublic_1-766.zip"]), 500))]


def test_a_bar_tells_of_each_file_how_far_it_is(cohort, tmp_path, capsys):
    fetch_article(cohort.article, tmp_path / "figshare")
    told = capsys.readouterr().err
    assert all(f"{name}: 100%" in told for name in cohort.files)


def test_a_run_that_was_killed_is_taken_up(cohort, tmp_path):
    name = "brainTumorDataPublic_1-766.zip"
    (tmp_path / ".figshare.download").mkdir()
    (tmp_path / f".figshare.download/{name}.part").write_bytes(cohort.files[name][:700])
    fetch_article(cohort.article, tmp_path / "figshare")
    assert contents(tmp_path / "figshare") == EXPECTED
    assert (f"/files/{name}", "bytes=700-") in cohort.requests


def test_a_server_without_ranges_begins_anew(cohort, tmp_path):
    cohort.knows_ranges = False
    (tmp_path / ".figshare.download").mkdir()
    (tmp_path / ".figshare.download/cvind.mat.part").write_bytes(b"xx")
    fetch_article(cohort.article, tmp_path / "figshare")
    assert contents(tmp_path / "figshare") == EXPECTED


def test_a_server_that_never_gets_on_is_given_up_and_what_came_is_kept(cohort, tmp_path):
    cohort.breaks_after, cohort.knows_ranges = 100, False
    with pytest.raises(UserError, match=r"`brainTumorDataPublic_1-766.zip` broke off after 100 of \d+ bytes .* run again"):
        fetch_article(cohort.article, tmp_path / "figshare")
    assert len((tmp_path / ".figshare.download/brainTumorDataPublic_1-766.zip.part").read_bytes()) == 100
    assert not (tmp_path / "figshare").exists()
    cohort.breaks_after = None
    fetch_article(cohort.article, tmp_path / "figshare")
    assert contents(tmp_path / "figshare") == EXPECTED


@pytest.mark.parametrize("lie", [{"computed_md5": "0" * 32}, {"supplied_md5": "0" * 32}])
def test_a_file_that_is_not_what_its_checksum_says_is_deleted_and_named(cohort, tmp_path, lie):
    cohort.lies["brainTumorDataPublic_767-1532.zip"] = lie
    with pytest.raises(UserError, match=r"`brainTumorDataPublic_767-1532.zip` is not what its publisher says: MD5 \w+ instead of .*0{32}"):
        fetch_article(cohort.article, tmp_path / "figshare")
    assert list((tmp_path / ".figshare.download").glob("*.part")) == []
    assert "brainTumorDataPublic_1-766/1.mat" in contents(tmp_path / "figshare")
    cohort.lies.clear()
    cohort.requests.clear()
    assert fetch_article(cohort.article, tmp_path / "figshare") == 3
    assert contents(tmp_path / "figshare") == EXPECTED


def test_the_rest_of_another_file_is_found_out(cohort, tmp_path):
    (tmp_path / ".figshare.download").mkdir()
    part = tmp_path / ".figshare.download/brainTumorDataPublic_1-766.zip.part"
    part.write_bytes(b"of an older version")
    with pytest.raises(UserError, match="It was deleted: run again"):
        fetch_article(cohort.article, tmp_path / "figshare")
    assert not part.exists()


@pytest.mark.parametrize("announced", [3, 2000])
def test_another_length_than_announced_is_found_out(cohort, tmp_path, announced):
    cohort.lies["cvind.mat"] = {"size": announced}
    with pytest.raises(UserError, match=r"`cvind\.mat` (is not what|broke off)"):
        fetch_article(cohort.article, tmp_path / "figshare")
    assert "cvind.mat" not in contents(tmp_path / "figshare")


def test_files_from_elsewhere_are_left_alone(cohort, tmp_path):
    (tmp_path / "figshare").mkdir()
    (tmp_path / "figshare/1.mat").write_bytes(b"mine")
    with pytest.raises(UserError, match="holds files that were not fetched"):
        fetch_article(cohort.article, tmp_path / "figshare")
    assert contents(tmp_path / "figshare") == {"1.mat": b"mine"}


def test_a_refusal_ends_at_once(cohort, tmp_path):
    cohort.status = 403
    with pytest.raises(UserError, match="is refused: HTTP Error 403"):
        fetch_article(cohort.article, tmp_path / "figshare")
    assert len(cohort.fetched) == 1


def test_a_busy_server_is_asked_again(cohort, tmp_path):
    cohort.status = 503
    with pytest.raises(UserError, match="503"):
        fetch_article(cohort.article, tmp_path / "figshare")
    assert len(cohort.fetched) == transfer.FEW


@pytest.mark.parametrize("record", [b"<html>", b"[]", b"{}", b'{"files": []}', b'{"files": [{"name": "a"}]}', b"[" * 100_000])
def test_an_answer_of_another_shape_is_told(cohort, tmp_path, record):
    cohort.record = record
    with pytest.raises(UserError, match=r"Check `download\.article`"):
        fetch_article(cohort.article, tmp_path / "figshare")


@pytest.mark.parametrize(
    "lie",
    [
        {"name": "../evil.mat"},
        {"name": "/evil.mat"},
        {"name": ".receipt"},
        {"download_url": "file:///etc/passwd"},
        {"size": -1},
        {"size": "big"},
    ],
)
def test_an_entry_that_would_lead_elsewhere_is_refused(cohort, tmp_path, lie):
    cohort.lies["cvind.mat"] = lie
    with pytest.raises(UserError, match=r"Check `download\.article`"):
        fetch_article(cohort.article, tmp_path / "figshare")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("nothing", ["", None])
def test_a_file_without_a_checksum_is_not_fetched(cohort, tmp_path, nothing):
    cohort.lies["cvind.mat"] = {"supplied_md5": nothing, "computed_md5": nothing}
    with pytest.raises(UserError, match=r"tells no MD5 of `cvind\.mat`, so that nobody could know .* in a browser"):
        fetch_article(cohort.article, tmp_path / "figshare")
    assert cohort.fetched == []
    assert list(tmp_path.iterdir()) == []


def test_nobody_at_the_address_is_told(tmp_path):
    with pytest.raises(UserError, match="does not answer"):
        fetch_article("http://127.0.0.1:9/v2/articles/1", tmp_path / "figshare")


def test_an_archive_that_cannot_be_unpacked_leaves_the_folder_as_it_was(cohort, tmp_path):
    cohort.files["brainTumorDataPublic_1-766.zip"] = b"PK but no archive"
    with pytest.raises(UserError, match="cannot be unpacked"):
        fetch_article(cohort.article, tmp_path / "figshare")
    assert not (tmp_path / "figshare").exists()


def test_steps_name_page_and_folder(tmp_path):
    told = describe_steps("https://www.kaggle.com/x", "one of its two equal folders kaggle_3m", tmp_path)
    first, second = told.splitlines()
    assert first.startswith("1. ")
    assert "https://www.kaggle.com/x" in first
    assert second == f"2. Unpack one of its two equal folders kaggle_3m into {tmp_path}"
