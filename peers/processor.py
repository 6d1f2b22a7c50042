"""moue on the processor and its peers there, in turns: `processor.py --help`.

Every program reads the same ONNX file, is asked for one answer after the other in turns, and says how long it took. One whose answer differs from ONNX
Runtime's by more than MOST_ERROR of the largest value is not timed.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import numpy as np

MOST_ERROR = 1e-4
# Threads of one program go on spinning for a while after its answer.
PAUSE_S = 0.1


def onnxruntime(path, source, answer, threads):
    """The worker: ONNX Runtime as it comes, with so many threads."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name, picture = session.get_inputs()[0].name, np.load(source)
    print("ready", f"ONNX Runtime {ort.__version__}", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        values = session.run(None, {name: picture})
        seconds = time.perf_counter() - start
        np.asarray(values[0], np.float32).tofile(answer)
        print(seconds, flush=True)


class Program:
    def __init__(self, name, command, answer, images):
        self.name, self.answer, self.images, self.seconds = name, answer, images, []
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.says = self.line()

    def line(self):
        line = self.process.stdout.readline().strip()
        return line if line else None

    def run(self):
        self.process.stdin.write(f"{self.images}\n")
        self.process.stdin.flush()
        return float(self.line())


def shape_of(path):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return [side if isinstance(side, int) and side > 0 else 1 for side in session.get_inputs()[0].shape]


def compare(path, options):
    """One network's result, as compare.py writes it."""
    name, folder = path.stem, options.folder
    picture = np.random.default_rng(1).standard_normal(shape_of(path)).astype(np.float32)
    np.save(folder / f"{name}.npy", picture)
    picture.tofile(folder / f"{name}.input")
    answers = {kind: folder / f"{name}.{kind}.output" for kind in ("ort-cpu", "moue", "moue-lavapipe", "tract")}
    threads, count = str(options.threads), picture.shape[0]

    def program(kind, *command):
        return Program(kind, command, answers[kind], count)

    given = [path, folder / f"{name}.input"]
    programs = [
        program("ort-cpu", sys.executable, __file__, "worker", path, folder / f"{name}.npy", answers["ort-cpu"], threads),
        program("moue", options.moue, *given, answers["moue"], "f32", "cpu"),
    ]
    if options.lavapipe:
        programs.append(program("moue-lavapipe", options.moue, *given, answers["moue-lavapipe"], "f32", "llvmpipe"))
    if options.tract:
        programs.append(program("tract", options.tract, *given, answers["tract"], ",".join(map(str, picture.shape))))
    peers, expected = {}, None
    for one in list(programs):
        one.run()
        found = np.fromfile(one.answer, np.float32)
        expected = found if expected is None else expected
        error = float(np.abs(found - expected).max() / np.abs(expected).max()) if found.shape == expected.shape else None
        peers[one.name] = {"says": one.says, "error": error}
        if error is None or not error <= MOST_ERROR:
            peers[one.name]["failed"] = f"wrong: it differs from the reference by {error}, more than {MOST_ERROR}"
            programs.remove(one)
    for turn in range(options.turns + 1):
        for one in programs:
            # The first of a turn finds the caches of another program.
            seconds = min(one.run() for _ in range(options.runs))
            if turn:
                one.seconds.append(seconds)
            time.sleep(PAUSE_S)
    base = statistics.median(programs[0].seconds)
    for one in programs:
        median = statistics.median(one.seconds)
        peers[one.name] |= {"median_ms": round(1e3 * median, 3), "ms": [round(1e3 * value, 3) for value in one.seconds]}
        print(f"{name:22} {one.name:14} {1e3 * median:9.2f} ms  {median / base:6.2f} of ONNX Runtime", flush=True)
    for one in programs:
        one.process.stdin.close()
        one.process.wait(20)
    return {"net": name, "precision": "f32", "batch": 1, "images": count, "peers": peers}


def processor():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nets", nargs="+", type=Path, help="ONNX files of one input")
    parser.add_argument("--moue", required=True, help="moue's peer: target/release/examples/peer")
    parser.add_argument("--tract", help="tract's peer: peers/tract")
    parser.add_argument("--lavapipe", action="store_true", help="moue on llvmpipe too")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--runs", type=int, default=10, help="of a program's turn, the fastest counts")
    parser.add_argument("--folder", type=Path, default=Path("target/peers-processor"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    results = [compare(path, options) for path in options.nets]
    said = [entry["says"].split("\t") for result in results for kind, entry in result["peers"].items() if kind == "moue"]
    versions = {"onnxruntime": metadata.version("onnxruntime")} | ({"tract": "0.23.9"} if options.tract else {})
    report = {
        "schema": "moue.peers/2",
        "date": time.strftime("%Y-%m-%d"),
        "processor": f"{processor()}, {options.threads} threads",
        "adapter": f"the processor, {said[0][-1]}",
        "versions": versions,
        "how": f"peers/processor.py --turns {options.turns} --runs {options.runs}",
        "results": results,
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        path, source, answer, threads = sys.argv[2:]
        onnxruntime(path, source, answer, int(threads))
    else:
        main()
