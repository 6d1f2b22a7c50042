"""The networks of tests/zoo for the peers: `export.py FOLDER NET...` writes NET.onnx, NET.input (f32) and NET.shape, and for ncnn NET.ncnn.param and .bin.

The weights are those of `moue zoo NET`, seed 1. Batch-norms are folded into the convolutions before pnnx sees them, and a pooling whose last pads change
nothing gets them on both sides: pnnx 20261020 makes a larger output of pads on one side.
"""

import hashlib
import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "zoo"))
import make  # noqa: E402
import seeded  # noqa: E402

SEED = 1


def even_pads(node, before, after):
    """The pads of a pooling on both sides, where the sizes stay."""
    attributes = {a.name: a for a in node.attribute}
    if node.op_type != "MaxPool" or "pads" not in attributes:
        return
    pads, kernel, stride = (list(attributes[name].ints) for name in ("pads", "kernel_shape", "strides"))
    same = all((before[i] + 2 * pads[i] - kernel[i]) // stride[i] + 1 == after[i] for i in range(2))
    if same and pads[0] > 0:
        attributes["pads"].ints[:] = pads[:2] * 2


def export(folder, name):
    network = importlib.import_module(make.MODULES[name]).NETWORKS[name](SEED)
    model = network.model()
    for node in model.graph.node:
        if node.op_type == "MaxPool":
            even_pads(node, network.shapes[node.input[0]][2:], network.shapes[node.output[0]][2:])
    del model.graph.output[:-1]
    onnx.save(model, folder / f"{name}.onnx")
    shape = [int(side) for side in network.input_shape]
    seeded.picture(shape, SEED).astype(np.float32).tofile(folder / f"{name}.input")
    (folder / f"{name}.shape").write_text(",".join(map(str, shape)))

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folder / f"{name}.folded.onnx")
    onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
    pnnx = Path(sys.executable).parent / "pnnx"
    sizes = f"inputshape=[{','.join(map(str, shape))}]"
    said = subprocess.run([pnnx, f"{name}.folded.onnx", sizes, "fp16=0"], cwd=folder, capture_output=True, text=True)
    if said.returncode != 0:
        sys.exit(f"pnnx on {name}: {said.stderr[-2000:]}")
    for end in ("param", "bin"):
        (folder / f"{name}.folded.ncnn.{end}").replace(folder / f"{name}.ncnn.{end}")
    for rest in folder.glob(f"{name}[._]folded*"):
        rest.unlink()


def made_of():
    """What the files follow from: this program, its pins, the networks."""
    here = Path(__file__).parent
    sources = [Path(__file__), here / "requirements.txt", *sorted((here.parent / "tests" / "zoo").glob("*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


if __name__ == "__main__":
    target, state = Path(sys.argv[1]), made_of()
    for net in sys.argv[2:]:
        stamp = target / f"{net}.made_of"
        if not stamp.exists() or stamp.read_text() != state:
            print(f"{net}: writing it for the peers", flush=True)
            stamp.unlink(missing_ok=True)
            export(target, net)
            stamp.write_text(state)
