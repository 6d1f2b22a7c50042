"""Write the ONNX models with what ONNX Runtime computes for them, and the models to be refused: onnx.safetensors, onnx.json, refused/, open.safetensors,
open.json, and in onnx/ the model whose weights lie beside it."""

import json
from pathlib import Path

import numpy as np
import onnx
from safetensors.numpy import save_file

import onnx_files, onnx_maths, onnx_moved, onnx_refused, onnx_resize, onnx_shapes, onnx_today, onnx_windows  # noqa: E401, F401: registers the cases
from onnx_graph import CASES, infer
from onnx_open import OPEN

HERE = Path(__file__).parent
EXTERNAL = {"stored_external"}


def lines(entries):
    return "[\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in entries) + "\n]\n"


def write(model, name):
    path = HERE / "onnx" / f"{name}.onnx"
    if name in EXTERNAL:
        path.with_suffix(".bin").unlink(missing_ok=True)
        onnx.save_model(model, path, save_as_external_data=True, location=f"{name}.bin", size_threshold=0)
    else:
        return model.SerializeToString(deterministic=True)
    return str(path)


def opened():
    """Write open.safetensors and open.json: what leaves the number of images open."""
    tensors, index = {}, []
    for name, case in OPEN.items():
        model, found = case.run()
        source = model.SerializeToString(deterministic=True)
        assert len(source) < 20_000, name
        tensors[f"{name}/model"] = np.frombuffer(source, np.uint8)
        for count, (inputs, outputs) in found.items():
            tensors |= {f"{name}/{count}/in/{key}": value for key, value in inputs.items()}
            tensors |= {f"{name}/{count}/out/{key}": value for key, value in outputs.items()}
        index.append({"name": name, "opset": case.opset, "refused": case.refused})
    save_file(dict(sorted(tensors.items())), HERE / "open.safetensors")
    (HERE / "open.json").write_text(lines(index))
    print(len(index), "with an open batch,", sum(entry["refused"] is not None for entry in index), "of them refused")


def main():
    (HERE / "onnx").mkdir(exist_ok=True)
    (HERE / "refused").mkdir(exist_ok=True)
    tensors, index = {}, []
    for name, case in CASES.items():
        model, feeds, found = case.run()
        source = write(model, name)
        again = infer(source, feeds)
        assert all(np.array_equal(again[key], found[key]) for key in found), name
        if isinstance(source, bytes):
            assert len(source) < 20_000, name
            tensors[f"{name}/model"] = np.frombuffer(source, np.uint8)
        tensors |= {f"{name}/in/{key}": value for key, value in feeds.items()}
        tensors |= {f"{name}/out/{key}": value for key, value in found.items()}
        index.append({"name": name, "opset": case.opset, "outputs": case.outputs})
    save_file(dict(sorted(tensors.items())), HERE / "onnx.safetensors")
    (HERE / "onnx.json").write_text(lines(index))
    refused = []
    for build in onnx_refused.MODELS:
        model, names = build()
        (HERE / "refused" / f"{model.graph.name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
        refused.append(onnx_refused.entry(model, names))
    (HERE / "refused.json").write_text(lines(refused))
    print(len(index), "cases,", len(refused), "refused")
    opened()


if __name__ == "__main__":
    main()
