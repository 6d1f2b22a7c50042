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
from pathlib import Path

import numpy as np

MOST_ERROR = 1e-4
# Threads of one program go on spinning for a while after its answer.
PAUSE_S = 0.03


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
    name, folder = path.stem, options.folder
    picture = np.random.default_rng(1).standard_normal(shape_of(path)).astype(np.float32)
    np.save(folder / f"{name}.npy", picture)
    picture.tofile(folder / f"{name}.input")
    answers = {kind: folder / f"{name}.{kind}.output" for kind in ("ort", "moue", "lavapipe", "tract")}
    threads, count = str(options.threads), picture.shape[0]
    programs = [
        Program("ONNX Runtime", [sys.executable, __file__, "worker", path, folder / f"{name}.npy", answers["ort"], threads], answers["ort"], count),
        Program("moue", [options.moue, path, folder / f"{name}.input", answers["moue"], "f32", "cpu"], answers["moue"], count),
    ]
    if options.lavapipe:
        command = [options.moue, path, folder / f"{name}.input", answers["lavapipe"], "f32", "llvmpipe"]
        programs.append(Program("moue on lavapipe", command, answers["lavapipe"], count))
    if options.tract:
        shape = ",".join(map(str, picture.shape))
        command = [options.tract, path, folder / f"{name}.input", answers["tract"], shape, threads]
        programs.append(Program("tract", command, answers["tract"], count))
    entry = {"net": name, "shape": list(picture.shape), "programs": {}}
    expected = None
    for program in list(programs):
        program.run()
        found = np.fromfile(program.answer, np.float32)
        expected = found if expected is None else expected
        error = float(np.abs(found - expected).max() / np.abs(expected).max()) if found.shape == expected.shape else None
        entry["programs"][program.name] = {"says": program.says, "error": error}
        if error is None or not error <= MOST_ERROR:
            print(f"{name}: {program.name} is wrong by {error}, not timed", flush=True)
            programs.remove(program)
    for turn in range(options.turns + 1):
        for program in programs:
            # The first of a turn finds the caches of another program.
            seconds = min(program.run() for _ in range(options.runs))
            if turn:
                program.seconds.append(seconds)
            time.sleep(PAUSE_S)
    base = statistics.median(programs[0].seconds)
    for program in programs:
        median = statistics.median(program.seconds)
        entry["programs"][program.name] |= {"ms": [round(1e3 * value, 3) for value in program.seconds], "ratio": median / base}
        print(f"{name:22} {program.name:18} {1e3 * median:9.2f} ms  {median / base:6.2f} of ONNX Runtime", flush=True)
        program.process.stdin.close()
        program.process.wait(20)
    return entry


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nets", nargs="+", type=Path, help="ONNX files of one input")
    parser.add_argument("--moue", required=True, help="moue's peer: target/release/examples/peer")
    parser.add_argument("--tract", help="tract's peer: peers/tract")
    parser.add_argument("--lavapipe", action="store_true", help="moue on llvmpipe too")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--runs", type=int, default=3, help="of a program's turn, the fastest counts")
    parser.add_argument("--folder", type=Path, default=Path("target/peers-processor"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    report = {
        "processor": next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor()),
        "threads": options.threads,
        "date": time.strftime("%Y-%m-%d"),
        "nets": [compare(path, options) for path in options.nets],
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        path, source, answer, threads = sys.argv[2:]
        onnxruntime(path, source, answer, int(threads))
    else:
        main()
