"""moue and its peers in turns, on one adapter, with the same weights: `compare.py --help`.

A program of each runs NET, is asked for one run after the other in turns, and says how long it took, from input on the host to result on the host.
A peer whose output differs from ONNX Runtime's on the CPU by more than 1e-3 of the largest value is not timed.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
MOST_ERROR = 1e-3
PEERS = ("ncnn-vulkan", "burn-wgpu", "ort-webgpu", "ort-cpu")
# A peer that tunes itself on a CPU adapter may try kernels for hours.
LONGEST_FIRST_S = 600


class Program:
    """One of the programs, started; `failed` says why it did not come to its first answer."""

    def __init__(self, kind, net, options, folder, driver):
        self.kind, self.net = kind, net
        output = folder / f"{net}.{kind}.output"
        files = [str(folder / f"{net}.input"), str(output)]
        shape = (folder / f"{net}.shape").read_text()
        if kind == "moue":
            command = [options.moue, net, *files, *([options.device] if options.device else [])]
        elif kind == "burn-wgpu":
            command = [options.burn, str(folder / f"{net}.safetensors"), *files, shape]
        else:
            python = options.webgpu_python if kind == "ort-webgpu" else sys.executable
            command = [python, str(HERE / "worker.py"), kind, str(folder / net), *files, shape]
        output.unlink(missing_ok=True)
        environment = {**os.environ, **({"VK_DRIVER_FILES": driver, "VK_ICD_FILENAMES": driver} if driver else {})}
        self.errors = (folder / f"{net}.{kind}.log").open("w+")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=environment
        )
        late = threading.Timer(LONGEST_FIRST_S, self.process.kill)
        late.start()
        began = time.perf_counter()
        line = self.line(lambda text: text.startswith("ready"))
        self.first, self.device = time.perf_counter() - began, line[6:].strip() if line else None
        late.cancel()
        self.failed = None if line else self.reason()
        self.output = None if self.failed else np.fromfile(output, np.float32)

    def line(self, wanted):
        """The next line on standard output that is `wanted`; other programs print more."""
        for text in self.process.stdout:
            if wanted(text):
                return text.strip()
        return None

    def reason(self):
        self.process.wait()
        if self.device is None and self.first >= LONGEST_FIRST_S:
            return f"no answer within {LONGEST_FIRST_S} s"
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if line.strip() and not line.startswith("note: run with `RUST_BACKTRACE")]
        # Dawn warns of what an adapter lacks.
        counts = [line for line in lines if line.startswith("Warning")] + lines[-1:]
        status = self.process.returncode
        # A signal is not what the last line on standard error speaks of.
        return "; ".join(counts)[:300] if counts and status >= 0 else f"it ended with {status}"

    def run(self):
        def number(text):
            try:
                return float(text) > 0
            except ValueError:
                return False

        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        line = self.line(number)
        return float(line) if line else None

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.errors.close()


def compare(net, options, folder):
    """What every program says of one network."""
    reference = Program("ort-cpu", net, options, folder, None)
    reference.end()
    if reference.failed:
        sys.exit(f"{net}: ONNX Runtime, the reference, failed: {reference.failed}")
    programs = [Program(kind, net, options, folder, options.driver) for kind in ("moue", *options.peers)]
    results = {}
    for program in programs:
        entry = results[program.kind] = {"device": program.device, "first_ms": 1e3 * program.first}
        if program.failed is None:
            largest = np.abs(reference.output).max()
            same = program.output.shape == reference.output.shape
            entry["error"] = float(np.abs(program.output - reference.output).max() / largest) if same else None
            if entry["error"] is None or not entry["error"] <= MOST_ERROR:
                program.failed = f"its output differs from the reference by {entry['error']}"
        if program.failed:
            entry["failed"] = program.failed
    running = [program for program in programs if program.failed is None]
    times = {program.kind: [] for program in running}
    for round_number in range(options.warm_up + options.repeats):
        for program in running:
            seconds = program.run()
            if seconds is None:
                sys.exit(f"{net}: {program.kind} died while it was timed: {program.reason()}")
            if round_number >= options.warm_up:
                times[program.kind].append(1e3 * seconds)
    for program in programs:
        if program.kind in times:
            values = times[program.kind]
            results[program.kind] |= {"median_ms": statistics.median(values), "min_ms": min(values), "repeats": len(values)}
        program.end()
    return results


def row(net, results, kinds):
    own = results["moue"].get("median_ms")
    cells = []
    for kind in kinds:
        entry = results[kind]
        if "failed" in entry:
            cells.append("wrong" if entry.get("error") else "fails")
        elif kind == "moue":
            cells.append(f"{own:.1f} ms")
        else:
            cells.append(f"{entry['median_ms']:.1f} ms, {entry['median_ms'] / own:.2f} x" if own else "-")
    return f"| {net} | " + " | ".join(cells) + " |"


def processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores"


def versions(options):
    found = {name: metadata.version(name) for name in ("ncnn", "pnnx", "onnxruntime")}
    ask = [options.webgpu_python, "-c", "from importlib import metadata; print(metadata.version('onnxruntime-webgpu'))"]
    if "burn-wgpu" in options.peers:
        packages = tomllib.loads((HERE / "burn" / "Cargo.lock").read_text())["package"]
        found |= {package["name"]: package["version"] for package in packages if package["name"] in ("burn", "cubecl")}
    if "ort-webgpu" in options.peers:
        found["onnxruntime-webgpu"] = subprocess.run(ask, capture_output=True, text=True).stdout.strip()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moue", required=True, help="the program of peers/moue.rs")
    parser.add_argument("--burn", help="the program of peers/burn, for burn-wgpu")
    parser.add_argument("--webgpu-python", required=True, help="the interpreter that has onnxruntime-webgpu")
    parser.add_argument("--folder", type=Path, required=True, help="where the networks of export.py lie, and for burn-wgpu NET.safetensors")
    parser.add_argument("--driver", help="the one Vulkan driver that all of them see, a JSON file")
    parser.add_argument("--device", help="the adapter for moue")
    parser.add_argument("--nets", required=True, type=lambda text: text.split(","))
    parser.add_argument("--peers", default=list(PEERS), type=lambda text: text.split(","))
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    if "burn-wgpu" in options.peers and not options.burn:
        parser.error("burn-wgpu needs --burn")
    kinds = ("moue", *options.peers)
    print(f"| network | {' | '.join(kinds)} |\n|{'---|' * (1 + len(kinds))}")
    report = {
        "schema": "moue.peers/1", "date": datetime.date.today().isoformat(), "processor": processor(), "versions": versions(options),
        "batch": 1, "precision": "f32", "results": {},
    }
    for net in options.nets:
        results = report["results"][net] = compare(net, options, options.folder)
        report["adapter"] = results["moue"]["device"]
        print(row(net, results, kinds), flush=True)
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    for net, results in report["results"].items():
        for kind, entry in results.items():
            if "failed" in entry:
                print(f"{net}, {kind}: {entry['failed']}")


if __name__ == "__main__":
    main()
