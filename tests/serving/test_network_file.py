import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tumourflow.errors import UserError
from tumourflow.serving.network_file import find_network, read_bundle


def find(place: Path) -> tuple[Path, dict[str, Any]]:
    """The network of a place and its bundle."""
    file = find_network(place, "it")
    return file, read_bundle(file, "it")


def test_of_the_versions_in_a_catalog_the_newest_is_found_with_its_own_bundle(tmp_path) -> None:
    for number, version in enumerate(["2026-01-01T10.00.00.000Z", "2026-01-02T10.00.00.000Z"]):
        for name in ("segmenter.keras", "segmenter.json"):
            (tmp_path / name / version).mkdir(parents=True)
        (tmp_path / "segmenter.keras" / version / "segmenter.keras").write_bytes(version.encode())
        (tmp_path / "segmenter.json" / version / "segmenter.json").write_text(json.dumps({"number": number}))
    bundles = tmp_path / "segmenter.json"
    shutil.copytree(bundles / version, bundles / "2026-01-03T10.00.00.000Z")
    newest = tmp_path / "segmenter.keras" / version / "segmenter.keras"
    assert find(tmp_path / "segmenter.keras") == (newest, {"number": 1})
    shutil.rmtree(bundles / version)
    assert find(tmp_path / "segmenter.keras") == (newest, {"number": 1})
    assert find(tmp_path / "segmenter.keras/2026-01-01T10.00.00.000Z")[1] == {"number": 0}


def test_the_network_of_a_run_that_broke_off_is_not_paired_with_the_bundle_of_another(tmp_path) -> None:
    networks, bundles = tmp_path / "segmenter.keras", tmp_path / "segmenter.json"
    for version in ("2026-01-01", "2026-01-02"):
        (networks / version).mkdir(parents=True)
        (networks / version / "segmenter.keras").write_bytes(version.encode())
    (bundles / "2026-01-01").mkdir(parents=True)
    (bundles / "2026-01-01/segmenter.json").write_text('{"of": "first"}')
    whole = (networks / "2026-01-01/segmenter.keras", {"of": "first"})
    assert find(networks / "2026-01-01/segmenter.keras") == find(networks) == find(tmp_path) == whole
    for broken_off in (networks / "2026-01-02", networks / "2026-01-02/segmenter.keras"):
        with pytest.raises(UserError, match=r"lacks segmenter.json, which says how images are prepared"):
            find(broken_off)
    (bundles / "2026-01-03").mkdir()
    (bundles / "2026-01-03/segmenter.json").write_text('{"of": "second"}')  # of a prediction with the newest network
    assert find(networks) == (networks / "2026-01-02/segmenter.keras", {"of": "second"})
    (bundles / "2026-01-01/segmenter.json").unlink()
    with pytest.raises(UserError, match=r"lacks segmenter.json"):
        find(networks / "2026-01-01")
