"""moue on the processor and its peers there, in turns: `processor.py --help`.

Every program reads the same ONNX file, is asked for one answer after the other in turns, and says how long it took. One whose answer differs from ONNX
Runtime's by more than MOST_ERROR of the largest value is not timed.

    pip install -r peers/requirements-processor.txt
    python peers/export.py target/peers resnet18 googlenet alexnet vgg16 --skip-pnnx
    python peers/members.py models/default/default.safetensors target/peers/default_members.onnx
    cargo build --release --example peer
    cargo build --release --locked --manifest-path peers/tract/Cargo.toml --target-dir target/peers-tract
    python peers/processor.py target/peers/NET.onnx ... --moue target/release/examples/peer --tract target/peers-tract/release/moue-peer-tract
"""

import argparse
import json
import os
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import numpy as np
from turns import Program, in_turns, processor

MOST_ERROR = 1e-4
# What pnnx writes, and the ends of the files' names.
PNNX = [
    ("pnnxparam", "pnnx.param"), ("pnnxbin", "pnnx.bin"), ("pnnxpy", "pnnx.py"), ("pnnxonnx", "pnnx.onnx"), ("ncnnparam", "ncnn.param"), ("ncnnbin", "ncnn.bin"), ("ncnnpy", "ncnn.py"),
]  # fmt: skip
# What each is told, and what a newcomer would not think of: in f32, for one answer as soon as it may be.
SETTINGS = {
    "ort-cpu": "as it comes, all its graph's optimisations, its threads spin",
    "openvino": "PERFORMANCE_HINT LATENCY, INFERENCE_PRECISION_HINT f32, where its default is bf16 or f16 on processors that have them, fixed shape",
    "ncnn-cpu": "fp16 and bf16 off in storage and arithmetic, Winograd, SGEMM and packing on as it comes; pnnx with fp16=0; images one after the other",
    "tract": "one thread, for it has no others",
    "moue": "as it comes",
    "moue-lavapipe": "as it comes, f32",
}


def onnxruntime(path, pictures, threads):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: pictures})[0], f"ONNX Runtime {ort.__version__}"


def openvino(path, pictures, threads):
    import openvino as ov

    core = ov.Core()
    model = core.read_model(path)
    model.reshape(list(pictures.shape))
    compiled = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads})
    request, first = compiled.create_infer_request(), compiled.output(0)

    def run():
        request.infer([pictures], share_inputs=True)
        return request.get_tensor(first).data

    precision = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    return run, f"OpenVINO {ov.__version__}, {precision}, {compiled.get_property('INFERENCE_NUM_THREADS')} threads"


def ncnn(path, pictures, threads):
    import ncnn

    net = ncnn.Net()
    net.opt.use_vulkan_compute = False
    net.opt.num_threads = threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = net.opt.use_bf16_packed = False
    stem = Path(path).with_suffix("")
    assert net.load_param(f"{stem}.ncnn.param") == 0 and net.load_model(f"{stem}.ncnn.bin") == 0, "ncnn reads nothing of what pnnx wrote"
    # A copy that lives on: ncnn does not own what numpy holds.
    given = [ncnn.Mat(part).clone() for part in pictures]

    def run():
        answers = []
        for part in given:
            with net.create_extractor() as extractor:
                extractor.input("in0", part)
                status, out = extractor.extract("out0")
                assert status == 0, f"ncnn's status is {status}"
                answers.append(np.array(out))
        return np.stack(answers)

    return run, f"ncnn {ncnn.__version__}, {threads} threads"


WORKERS = {"ort-cpu": onnxruntime, "openvino": openvino, "ncnn-cpu": ncnn}


def worker(kind, path, source, answer, threads):
    run, says = WORKERS[kind](path, np.load(source), int(threads))
    print("ready", says, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        values = run()
        seconds = time.perf_counter() - start
        np.asarray(values, np.float32).tofile(answer)
        print(seconds, flush=True)


def for_ncnn(path, folder, pnnx):
    """NET.ncnn.param and .bin of one image in the folder; what pnnx says where it fails, else None."""
    import onnx

    model = onnx.load(path)
    del model.graph.value_info[:]
    for given in [model.graph.input[0], *model.graph.output]:
        for dimension in given.type.tensor_type.shape.dim[:1]:
            dimension.dim_value = 1
    shape = ",".join(str(dimension.dim_value) for dimension in model.graph.input[0].type.tensor_type.shape.dim)
    one = folder / f"{path.stem}.one.onnx"
    onnx.save(model, one)
    files = [f"{kind}={path.stem}.{end}" for kind, end in PNNX]
    said = subprocess.run([pnnx, one.name, f"inputshape=[{shape}]", "fp16=0", *files], cwd=folder, capture_output=True, text=True)
    one.unlink()
    if said.returncode or not (folder / f"{path.stem}.ncnn.bin").exists():
        lines = [line.strip() for line in (said.stdout + said.stderr).splitlines() if line.strip()]
        return f"pnnx ended with {said.returncode}: {lines[-1] if lines else 'it says nothing'}"[:300]
    return None


def installed(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def shape_of(path):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return [side if isinstance(side, int) and side > 0 else 1 for side in session.get_inputs()[0].shape]


def wrong(found, expected):
    """How far an answer is from the reference, of its largest value, and why it does not count; None where it does."""
    if found.shape != expected.shape:
        return None, f"wrong: it has {found.size} numbers where the reference has {expected.size}"
    error = float(np.abs(found - expected).max() / np.abs(expected).max())
    # A NaN is no small error.
    return error, None if error <= MOST_ERROR else f"wrong: it differs from the reference by {error:.2g}, more than {MOST_ERROR}"


def started(path, options, picture):
    """The programs on one network by kind, those that cannot be started with their reasons, and where each answers."""
    name, folder, threads = path.stem, options.folder, str(options.threads)
    np.save(folder / f"{name}.npy", picture)
    picture.tofile(folder / f"{name}.input")
    answers, failed = {}, {}

    def program(kind, *command):
        answers[kind] = folder / f"{name}.{kind}.output"
        return Program(kind, [part if part is not answers else answers[kind] for part in command])

    def own(kind, file):
        return program(kind, sys.executable, __file__, "worker", kind, file, folder / f"{name}.npy", answers, threads)

    given = [path, folder / f"{name}.input"]
    programs = [own("ort-cpu", path), program("moue", options.moue, *given, answers, "f32", "cpu"), own("openvino", path)]
    failed["ncnn-cpu"] = for_ncnn(path, folder, options.pnnx)
    if failed["ncnn-cpu"] is None:
        programs.append(own("ncnn-cpu", folder / path.name))
    if options.lavapipe:
        programs.append(program("moue-lavapipe", options.moue, *given, answers, "f32", "llvmpipe"))
    if options.tract:
        programs.append(program("tract", options.tract, *given, answers, ",".join(map(str, picture.shape))))
    return programs, {kind: reason for kind, reason in failed.items() if reason}, answers


def compare(path, options):
    """One network's result, as compare.py writes it."""
    name = path.stem
    picture = np.random.default_rng(1).standard_normal(shape_of(path)).astype(np.float32)
    count = picture.shape[0]
    programs, reasons, answers = started(path, options, picture)
    peers, expected, right = {kind: {"failed": reason} for kind, reason in reasons.items()}, None, []
    for one in programs:
        peers[one.name] = {"says": one.says}
        if one.run(count) is None:
            if expected is None:
                sys.exit(f"{name}: the reference fails: {one.failed}")
            continue
        found = np.fromfile(answers[one.name], np.float32)
        expected = found if expected is None else expected
        peers[one.name]["error"], reason = wrong(found, expected)
        if reason:
            peers[one.name]["failed"] = reason
        else:
            right.append(one)
    in_turns(right, options.turns, options.runs, count)
    for one in programs:
        if "failed" not in peers[one.name]:
            peers[one.name] |= one.entry()
        one.close()
    for kind, entry in peers.items():
        said = f"{entry['median_ms']:9.2f} ms" if "median_ms" in entry else entry["failed"]
        print(f"{name:22} {kind:14} {said}", flush=True)
    return {"net": name, "precision": "f32", "batch": 1, "images": count, "peers": peers}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="+", type=Path, help="ONNX files of one input")
    parser.add_argument("--moue", required=True, help="moue's peer: target/release/examples/peer")
    parser.add_argument("--tract", help="tract's peer: peers/tract")
    parser.add_argument("--lavapipe", action="store_true", help="moue on llvmpipe too")
    parser.add_argument("--pnnx", default=Path(sys.executable).parent / "pnnx", type=Path, help="the program, which writes ncnn's files")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--runs", type=int, default=10, help="of a program's turn, the fastest counts")
    parser.add_argument("--beside", help="what else ran on the machine")
    parser.add_argument("--folder", type=Path, default=Path("target/peers-processor"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    options.pnnx = options.pnnx.absolute()
    results = [compare(path, options) for path in options.nets]
    said = [entry["says"].split("\t") for result in results for kind, entry in result["peers"].items() if kind == "moue" and entry["says"]]
    versions = {"moue": said[0][1].split()[-1]} if said else {}
    versions |= {name: version for name in ("onnxruntime", "openvino", "ncnn", "pnnx") if (version := installed(name))} | ({"tract": "0.23.9"} if options.tract else {})
    kinds = {kind for result in results for kind in result["peers"]}
    report = {
        "schema": "moue.peers/2",
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor(options.threads),
        "adapter": f"the processor, {said[0][-1]}" if said else "the processor",
        "versions": versions,
        "how": f"peers/processor.py --turns {options.turns} --runs {options.runs}",
        "settings": {kind: words for kind, words in SETTINGS.items() if kind in kinds},
        "beside": options.beside,
        "results": results,
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        worker(*sys.argv[2:])
    else:
        main()
