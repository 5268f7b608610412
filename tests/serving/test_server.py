"""Models behind MLflow's own server, in this process but over HTTP."""

import base64
import io
import json
import threading
import time
import urllib.error
import urllib.request
import warnings
import zlib
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from tumourflow.serving import guard, posted_images

FORM = "dataframe_records"


def encode(image: np.ndarray, suffix: str = ".png") -> str:
    """A file in base64, written by OpenCV, which takes blue, green, red."""
    return base64.b64encode(cv2.imencode(suffix, np.ascontiguousarray(image[..., ::-1]))[1].tobytes()).decode()


def decode(answer: dict) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(base64.b64decode(answer["mask"]), np.uint8), cv2.IMREAD_UNCHANGED) > 0


@pytest.fixture(scope="module")
def address(tiny, model, tmp_path_factory) -> Iterator[str]:
    """Of a server that has loaded a segmenter as it was logged."""
    import mlflow
    import uvicorn
    from mlflow.pyfunc import scoring_server

    from tumourflow.hooks.model_registry import LOADER, MASKS, sign_post

    folder = tmp_path_factory.mktemp("served") / "segmenter"
    folder.mkdir()
    model.save(folder / "segmenter.keras")
    (folder / "segmenter.json").write_text(json.dumps(tiny.bundle_of()))
    logged = folder.parent / "logged"
    with warnings.catch_warnings(action="ignore"):
        signature = sign_post(MASKS)
        mlflow.pyfunc.save_model(logged, loader_module=LOADER, data_path=str(folder), signature=signature, pip_requirements=["keras"])
    with pytest.MonkeyPatch.context() as patch:
        # The server says in an environment variable that it is one, and the guard stays.
        patch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")
        patch.setattr(scoring_server, "invocations", scoring_server.invocations)
        application = scoring_server.init(mlflow.pyfunc.load_model(str(logged)))
        server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="critical"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/invocations"
        server.should_exit = True
        thread.join()


def post(address: str, body: bytes | dict, kind: str = "application/json") -> tuple[int, dict]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer, parse_constant=pytest.fail)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def records(volumes, tiny, *names) -> list[dict]:
    return [
        {"image": encode(image), "patient": name, "slice": number}
        for name in names
        for image, number in zip(volumes[name], tiny.slices[name], strict=True)
    ]


def test_a_patient_gets_the_masks_of_the_rooms(address, tiny, volumes, model) -> None:
    wanted = tiny.mask_by_rooms(model, volumes, tiny.bundle_of())
    sent = records(volumes, tiny, "a", "c", "d")
    # Slices of patients mixed, and not in their order.
    sent = [sent[place] for place in np.random.default_rng(0).permutation(len(sent))]
    status, answer = post(address, {FORM: sent})
    assert status == 200
    assert len(answer["predictions"]) == len(sent)
    for image, found in zip(sent, answer["predictions"], strict=True):
        mask = wanted[f"{image['patient']}/{image['slice']}"]
        assert (found["patient"], found["slice"]) == (image["patient"], image["slice"])
        assert (found["height"], found["width"]) == mask.shape
        np.testing.assert_array_equal(decode(found), mask)
        assert found["area"] == mask.sum()
        assert (found["probability"] is None) == (found["uncertainty"] is None) == (not mask.any())


@pytest.mark.parametrize("way", ["split", "inputs", "instances", "csv"])
def test_other_forms_of_a_table_give_the_same(address, tiny, volumes, way) -> None:
    sent = records(volumes, tiny, "d")
    columns = list(sent[0])
    rows = [list(each.values()) for each in sent]
    body, kind = {
        "split": ({"dataframe_split": {"columns": columns, "data": rows}}, "application/json"),
        "inputs": ({"inputs": {name: [each[name] for each in sent] for name in columns}}, "application/json"),
        "instances": ({"instances": sent}, "application/json; charset=utf-8"),
        "csv": ("\n".join(",".join(map(str, row)) for row in [columns, *rows]).encode(), "text/csv"),
    }[way]
    assert post(address, body, kind) == post(address, {FORM: sent})


def test_images_without_patient_stand_alone_and_without_number_in_the_order_of_the_post(address, volumes) -> None:
    images = [{"image": encode(image)} for image in volumes["a"][:2]]
    _, together = post(address, {FORM: [each | {"patient": "x"} for each in images]})
    _, apart = post(address, {FORM: images})
    _, alone = post(address, {FORM: images[:1]})
    assert [each["slice"] for each in together["predictions"]] == [0, 1]
    assert apart["predictions"][0] == alone["predictions"][0]
    assert apart["predictions"][0]["patient"] is None


def test_an_image_without_patient_and_number_stands_alone_beside_numbered_slices(address, tiny, volumes) -> None:
    sent = records(volumes, tiny, "a")
    lone = {"image": encode(volumes["b"][0])}
    status, answer = post(address, {FORM: [*sent, lone]})
    assert status == 200, answer
    *numbered, last = answer["predictions"]
    assert numbered == post(address, {FORM: sent})[1]["predictions"]
    assert [last] == post(address, {FORM: [lone]})[1]["predictions"]


def bomb() -> str:
    """A PNG of a few hundred bytes that declares 60,000 x 60,000 pixels."""
    header = (60000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    made = b"".join(len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big") for name, data in chunks)
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + made).decode()


GREY = encode(np.zeros((20, 20, 1), np.uint8))
COLOURS = encode(np.zeros((20, 20, 3), np.uint8))
BAD = {
    "no json": (b"{", "The post is no JSON: Expecting property name"),
    "bytes": (b"\xff\xd8" * 5000, "The post is no JSON"),
    "nested": (b"[" * 100_000, "The post is no JSON"),
    "list": ([], "The post is JSON, but no table of images."),
    "other keys": ({"images": []}, "The post is no table of images: "),
    "nothing": ({FORM: []}, "The post "),
    "no column": ({FORM: [{"picture": COLOURS}]}, "The post is no table of images: Model is missing inputs ['image']."),
    "no records": ({FORM: "all"}, "The post is no table of images: Invalid input. Dataframe records format must be a list of records."),
    "number": ({FORM: [{"image": 5}]}, "`image 0` is no file in base64. "),
    "null": ({FORM: [{"image": None}]}, "`image 0` is no file in base64. "),
    "slice": ({FORM: [{"image": COLOURS, "slice": "first"}]}, "Image 0 has slice 'first', which is no whole number: "),
    "fraction": ({FORM: [{"image": COLOURS, "patient": "p", "slice": 1.2}]}, "Patient 'p' has slice 1.2, which is no whole number: "),
    "list of slices": ({FORM: [{"image": COLOURS, "slice": [1]}]}, "Image 0 has slice [1], which is no whole number: "),
    "some": ({FORM: [{"image": COLOURS, "patient": "p", "slice": 1}, {"image": COLOURS, "patient": "p"}]}, "Patient 'p' has slices with a"),
    "no base64": ({FORM: [{"image": "Rembrandt!"}]}, "`image 0` is no base64: "),
    "no image": ({FORM: [{"image": base64.b64encode(b"GIF89a, or so").decode()}]}, "`image 0` cannot be read: "),
    "text": ({FORM: [{"image": base64.b64encode(b"a letter").decode()}]}, "`image 0` cannot be read: it is no PNG, JPEG, TIFF or other"),
    "cut": ({FORM: [{"image": COLOURS[:60]}]}, "`image 0` cannot be read: "),
    "bomb": ({FORM: [{"image": bomb()}]}, "`image 0` declares 60000 x 60000 pixels, more than the"),
    "grey": ({FORM: [{"image": COLOURS}, {"image": GREY}]}, "`image 1` has 1 channels, but the model takes images with 3."),
    "twice": ({FORM: [{"image": COLOURS, "patient": "p", "slice": 4}] * 2}, "Patient 'p' has slice 4 twice"),
    "many": ({FORM: [{"image": ""}] * 2049}, "The post holds 2049 images, more than the 2048 that are allowed"),
}


@pytest.mark.parametrize(("body", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_post_is_answered_by_a_sentence_and_the_server_lives_on(address, tiny, volumes, body, sentence) -> None:
    status, answer = post(address, json.dumps(body).encode() if isinstance(body, list) else body)
    assert status == 400
    assert answer["error_code"] == "BAD_REQUEST"
    assert "stack_trace" not in answer
    assert answer["message"].startswith(sentence)
    assert len(answer["message"]) < 500
    assert "Traceback" not in answer["message"]
    assert post(address, {FORM: records(volumes, tiny, "b")})[0] == 200


@pytest.mark.parametrize("body", [b"", b'image\n"', b"\xff\xfe,"])
def test_a_post_that_is_no_csv_is_answered_by_a_sentence(address, body) -> None:
    status, answer = post(address, body, "text/csv")
    assert (status, answer["error_code"]) == (400, "BAD_REQUEST")
    assert answer["message"].startswith("The post is no CSV: ")


def test_an_oversized_post_is_refused_unread(monkeypatch, address, tiny, volumes) -> None:
    monkeypatch.setattr(guard, "MAX_BYTES", 100_000)
    status, answer = post(address, bytes(100_001))
    assert status == 413
    assert answer["message"].startswith("The post has 100001 bytes, more than the 100000 that are allowed")
    assert post(address, {FORM: records(volumes, tiny, "b")})[0] == 200


def test_images_with_too_many_pixels_together_are_refused(monkeypatch, address, tiny, volumes) -> None:
    monkeypatch.setattr(posted_images, "MAX_POST_PIXELS", 1000)
    status, answer = post(address, {FORM: records(volumes, tiny, "a")})
    assert status == 400
    assert answer["message"].startswith("The images of the post have more than 1000 pixels together")


def test_an_unknown_kind_of_content_is_named(address) -> None:
    with io.BytesIO(b"x") as file, pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(urllib.request.Request(address, file.read(), {"Content-Type": "image/png"}), timeout=60)
    with raised.value as answer:
        assert answer.code == 415


def test_several_clients_at_once_get_their_own_answers(address, tiny, volumes) -> None:
    sent = [records(volumes, tiny, name) for name in "abd"] * 2
    wanted = [post(address, {FORM: each}) for each in sent]
    found: dict[int, tuple] = {}
    threads = [
        threading.Thread(target=lambda n=n, each=each: found.update({n: post(address, {FORM: each})})) for n, each in enumerate(sent)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(len(sent))] == wanted
