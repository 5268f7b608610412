import hashlib
import http.server
import json
import threading

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.options import DownloadOptions
from tumourflow.pipelines.download import create_pipeline


@pytest.fixture
def download(tmp_path):
    def download(raw_root=tmp_path / "raw", **options):
        inputs = {"params:raw_root": str(raw_root), "params:download": DownloadOptions(**options)}
        SequentialRunner().run(create_pipeline(), DataCatalog({name: MemoryDataset(value) for name, value in inputs.items()}))

    return download


@pytest.fixture
def article():
    content = b"folds"

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            url = f"http://127.0.0.1:{self.server.server_port}/file"
            entry = {"name": "cvind.mat", "size": 5, "download_url": url, "computed_md5": hashlib.md5(content).hexdigest()}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content if self.path == "/file" else json.dumps({"files": [entry]}).encode())

        def log_message(self, *_): ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/article"
        server.shutdown()
        thread.join()


def test_article_is_fetched_once_and_both_times_it_is_said(download, article, tmp_path, capsys):
    download(article=article)
    assert (tmp_path / "raw/cvind.mat").read_bytes() == b"folds"
    assert "Fetched, checked and unpacked 1 of" in capsys.readouterr().out
    download(article=article)
    assert "Everything is there" in capsys.readouterr().out


def test_an_account_is_needed_so_both_steps_are_printed(download, tmp_path, capsys):
    download(page="https://www.kaggle.com/datasets/mateuszbuda/lgg-mri-segmentation", unpack="one of its two equal folders kaggle_3m")
    told = capsys.readouterr().out
    assert "1. Sign in (an account is needed) and download" in told
    assert "https://www.kaggle.com/datasets/mateuszbuda/lgg-mri-segmentation\n" in told
    assert f"2. Unpack one of its two equal folders kaggle_3m into {tmp_path / 'raw'}" in told
    assert not (tmp_path / "raw").exists()


def test_a_cohort_without_a_source_is_told(download):
    with pytest.raises(UserError, match="names no source"):
        download()


def test_an_object_store_is_no_place_to_fetch_into(download, article):
    with pytest.raises(UserError, match="a folder of this machine"):
        download(raw_root="s3://bucket/raw", article=article)
