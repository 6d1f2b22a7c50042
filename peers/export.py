"""The networks of tests/zoo for the peers: `export.py FOLDER NET...` writes NET.onnx for any number of images, NET.f16.onnx where f16 is asked for, NET.shape,
and for ncnn NET.ncnn.param and .bin, with the order of the latter's layers in NET.ncnn.order.

The weights are those of `moue zoo NET`, seed 1. Batch-norms are folded into the convolutions, and a pooling whose last pads change nothing gets them on
both sides: pnnx 20261020 makes a larger output of pads on one side.
"""

import argparse
import hashlib
import importlib
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import onnx

import ncnn_files
import rewrite

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "zoo"))
import make  # noqa: E402

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


def export(name, options, state):
    folder = options.folder
    stamp = folder / f"{name}.made_of"
    if stamp.exists() and stamp.read_text() == state:
        return
    print(f"{name}: writing it for the peers", flush=True)
    stamp.unlink(missing_ok=True)
    network = importlib.import_module(make.MODULES[name]).NETWORKS[name](SEED)
    model = network.model()
    for node in model.graph.node:
        if node.op_type == "MaxPool":
            even_pads(node, network.shapes[node.input[0]][2:], network.shapes[node.output[0]][2:])
    del model.graph.output[:-1]
    model = rewrite.folded(model)
    shape = ",".join(map(str, network.input_shape))
    (folder / f"{name}.shape").write_text(shape)
    if options.ncnn_from:
        ncnn_files.write(folder, name, model, options.ncnn_from)
    elif options.pnnx:
        onnx.save(model, folder / f"{name}.one.onnx")
        for_ncnn(folder, name, shape, options.pnnx)
        ncnn_files.keep_order(folder, name, model)
    model = rewrite.any_batch(model)
    onnx.save(model, folder / f"{name}.onnx")
    if "f16" in options.precision:
        onnx.save(rewrite.halves(model), folder / f"{name}.f16.onnx")
    stamp.write_text(state)


def for_ncnn(folder, name, shape, pnnx):
    said = subprocess.run([pnnx, f"{name}.one.onnx", f"inputshape=[{shape}]", "fp16=0"], cwd=folder, capture_output=True, text=True)
    if said.returncode != 0:
        sys.exit(f"pnnx on {name}: {said.stderr[-2000:]}")
    for end in ("param", "bin"):
        (folder / f"{name}.one.ncnn.{end}").replace(folder / f"{name}.ncnn.{end}")
    for rest in folder.glob(f"{name}[._]one*"):
        rest.unlink()


def made_of(options):
    """What the files follow from: this program, its options and pins, the networks."""
    zoo = sorted((HERE.parent / "tests" / "zoo").glob("*.py"))
    sources = [Path(__file__), HERE / "ncnn_files.py", HERE / "rewrite.py", HERE / "requirements.txt", *zoo]
    asked = f"{options.precision} {bool(options.pnnx)} {options.ncnn_from}".encode()
    return hashlib.sha256(b"".join([asked, *(path.read_bytes() for path in sources)])).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("nets", nargs="+")
    parser.add_argument("--precision", default="f32", help="f32, or f32,f16")
    parser.add_argument("--pnnx", default=Path(sys.executable).parent / "pnnx", type=Path, help="the program")
    parser.add_argument("--skip-pnnx", dest="pnnx", action="store_const", const=None, help="nothing for ncnn")
    parser.add_argument("--ncnn-from", type=Path, help="a folder where pnnx made NET.ncnn.param and .order once, small files: not made again")
    options = parser.parse_args()
    options.pnnx = options.pnnx and options.pnnx.absolute()
    state = made_of(options)
    options.folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(min(len(options.nets), os.cpu_count() or 1)) as workers:
        for done in [workers.submit(export, net, options, state) for net in options.nets]:
            done.result()


if __name__ == "__main__":
    main()
