"""Clients of others read a portrait by `moue serve`: those of Triton and CompreFace as PyPI has them, one that is generated from the OpenAPI document, and requests in
the shapes that deepface's own client code sends (it has no client: its examples and tests post JSON or a form by `requests`).

No other test runs code of others against the service. 6 s on two cores, most of them for the generated client.
"""

import base64
import importlib
import io
import json
import subprocess
import sys

import numpy
import pytest
import requests
import tritonclient.http as triton
from compreface import CompreFace
from PIL import Image
from tritonclient.utils import InferenceServerException


@pytest.fixture
def server(service):
    with triton.InferenceServerClient(service.removeprefix("http://")) as client:
        yield client


def test_triton_knows_the_model(server):
    assert server.is_server_live() and server.is_server_ready() and server.is_model_ready("default")
    assert not server.is_model_ready("other")
    assert [tensor["name"] for tensor in server.get_model_metadata("default")["inputs"]] == ["image", "crop"]


@pytest.mark.parametrize("binary", [True, False])
def test_triton_sends_files(server, portrait, record, binary):
    data = portrait.read_bytes()
    data = data if binary else base64.b64encode(data)
    tensor = triton.InferInput("image", [2], "BYTES")
    tensor.set_data_from_numpy(numpy.array([data, data[:-5000]], dtype=object), binary_data=binary)
    records = [json.loads(text) for text in server.infer("default", [tensor]).as_numpy("record")]
    assert records[0]["faces"][0]["probabilities"] == record["faces"][0]["probabilities"]
    assert records[1]["faces"] == [] and records[1]["error"]


def test_triton_sends_crops(service, server, portrait):
    crop = numpy.asarray(Image.open(portrait).convert("RGB").crop((150, 20, 330, 200)))
    file = io.BytesIO()
    Image.fromarray(crop).save(file, "PNG")
    own = requests.post(f"{service}/v1/analyze?faces=none", data=file.getvalue(), timeout=60).json()["faces"][0]
    for binary in (True, False):
        tensor = triton.InferInput("crop", [2, *crop.shape], "UINT8")
        tensor.set_data_from_numpy(numpy.stack([crop, crop]), binary_data=binary)
        answer = server.infer("default", [tensor])
        probabilities = answer.as_numpy("probabilities")
        assert probabilities.shape == (2, 8) and probabilities.dtype == numpy.float32
        assert abs(probabilities.max() - max(own["probabilities"].values())) < 1e-5
        assert list(answer.as_numpy("label")) == [own["label"]] * 2


def test_triton_is_told_what_is_wrong(server):
    tensor = triton.InferInput("picture", [1], "BYTES")
    tensor.set_data_from_numpy(numpy.array([b"moue"], dtype=object))
    with pytest.raises(InferenceServerException, match="picture"):
        server.infer("default", [tensor])


def test_compreface_detects(service, portrait, record):
    host, port = service.rsplit(":", 1)
    options = {"limit": 0, "det_prob_threshold": 0.8, "face_plugins": "landmarks"}
    detection = CompreFace(host, port, options).init_face_detection("00000000-0000-0000-0000-000000000002")
    (face,) = detection.detect(str(portrait))["result"]
    x, y, width, height = record["faces"][0]["box"]
    assert [face["box"][side] for side in ("x_min", "y_min", "x_max", "y_max")] == [x, y, x + width, y + height]
    # It refuses plugins that it does not know, `emotion` among them, by itself.
    assert len(face["landmarks"]) == 5


@pytest.mark.parametrize("form", [False, True])
def test_deepface_analyzes(service, portrait, record, form):
    if form:
        with portrait.open("rb") as file:
            asked = {"files": {"img": file}, "data": {"actions": '["emotion"]', "enforce_detection": "true"}}
            answer = requests.post(f"{service}/analyze", timeout=60, **asked)
    else:
        picture = f"data:image/png;base64,{base64.b64encode(portrait.read_bytes()).decode()}"
        options = {"detector_backend": "retinaface", "enforce_detection": True, "align": True, "anti_spoofing": False}
        asked = {"img": picture, "actions": ["emotion"], **options}
        answer = requests.post(f"{service}/analyze", json=asked, timeout=60)
    assert answer.status_code == 200, answer.text
    (face,) = answer.json()["results"]
    assert set(face["emotion"]) == {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"}
    assert abs(sum(face["emotion"].values()) - 100) < 1e-3
    assert face["dominant_emotion"] == record["faces"][0]["label"]
    assert [face["region"][side] for side in "xywh"] == record["faces"][0]["box"]


def test_a_generated_client_reads(service, portrait, record, tmp_path, monkeypatch):
    (tmp_path / "openapi.json").write_bytes(requests.get(f"{service}/openapi.json", timeout=60).content)
    # It runs a formatter that nobody needs here.
    (tmp_path / "config.yml").write_text("post_hooks: []\n")
    generate = ["-m", "openapi_python_client", "generate", "--path", "openapi.json", "--config", "config.yml"]
    made = subprocess.run([sys.executable, *generate, "--output-path", "made"], cwd=tmp_path, capture_output=True, text=True)
    # Metrics and lines of records are beyond it, it says.
    assert made.returncode == 0, made.stdout + made.stderr
    (package,) = [path.parent for path in (tmp_path / "made").glob("*/__init__.py")]
    monkeypatch.syspath_prepend(tmp_path / "made")
    own = lambda name: importlib.import_module(f"{package.name}.{name}")
    client = own("client").Client(base_url=service)
    with portrait.open("rb") as file:
        answer = own("api.default.analyze").sync_detailed(client=client, body=own("types").File(payload=file), landmarks=own("models").AnalyzeLandmarks(5))
    assert answer.status_code == 200 and answer.parsed.to_dict() == record
