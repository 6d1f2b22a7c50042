"""The programs that compare.py runs in turns: how each is started, asked for a run, and what it says when it fails."""

import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
WORKER = HERE / "worker.py"
ON_CUDA = ("ort-cuda", "torch-cuda", "torch-compile", "tensorrt")
PEERS = ("ncnn-vulkan", "burn-wgpu", "ort-webgpu", *ON_CUDA, "ort-cpu")
# Importing PyTorch on a cold disk takes a while.
LONGEST_ASKED_S = 180
TIME_IS_UP = "the time is up"


def settings(options):
    """How each peer is set, by kind, for the report."""
    kept = "pictures in page-locked memory" if options.pinned else "pictures in ordinary memory"
    words = {
        "ncnn-vulkan": "images one after the other; in f16 storage, packing and arithmetic of f16",
        "ort-webgpu": "as it comes",
        "ort-cuda": "TF32 off",
        "torch-cuda": f"eager, NCHW, cuDNN's choice by time, TF32 off; {kept}",
        "torch-compile": f"mode max-autotune, which has CUDA graphs, channels last, compiled for each number of images, TF32 off; {kept}",
        "tensorrt": f"an engine of the ONNX file for each number of images, builder's level {options.tensorrt_level}, timing cache, run as a CUDA graph, TF32 off; "
        f"in f16 the file's types, all f16 but LRN; {kept}",
    }
    if options.torch_device == "cpu":
        words |= {kind: words[kind] + "; on the processor, for a test" for kind in ("torch-cuda", "torch-compile", "tensorrt")}
    return {kind: words[kind] for kind in options.peers if kind in words}


def interpreter(kind, options):
    """The Python of a peer, and what its environment has beside this one's."""
    python = options.webgpu_python if kind == "ort-webgpu" else options.cuda_python if kind in ON_CUDA else None
    folders = {"ort-webgpu": options.webgpu_path, "ort-cuda": options.cuda_path, "ncnn-vulkan": options.ncnn_path, "tensorrt": options.tensorrt_path}
    folder, before = folders.get(kind), os.environ.get("PYTHONPATH")
    return python or sys.executable, {"PYTHONPATH": os.pathsep.join([folder, *([before] if before else [])])} if folder else {}


def more(kind, options):
    """What worker.py is told of how to run `kind`."""
    if kind not in ON_CUDA or kind == "ort-cuda":
        return []
    return ["--device", options.torch_device, "--cache", str(options.folder / "cache"), "--level", str(options.tensorrt_level), *(["--pinned"] if options.pinned else [])]


def ask(kind, options):
    """Its versions, or None, and the reason for which it is not run, or None."""
    if kind == "burn-wgpu":
        return None, None if options.burn and Path(options.burn).exists() else "its program is not there"
    python, extra = interpreter(kind, options)
    command, environment = [python, WORKER, kind, *more(kind, options)], {**os.environ, **extra}
    try:
        said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=max(1.0, min(LONGEST_ASKED_S, options.until - time.perf_counter())))
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, f"no answer within {LONGEST_ASKED_S} s" if isinstance(error, subprocess.TimeoutExpired) else f"{python}: {error.strerror}"
    out, errors = said.stdout.strip().splitlines(), said.stderr.strip().splitlines()
    if said.returncode:
        return None, errors[-1] if errors else f"it ended with {said.returncode}"
    return out[-1] if out else None, None


class Program:
    """One of them, started for a network and a precision; `failed` says why it gives no answers any more."""

    def __init__(self, kind, net, precision, options, driver):
        self.kind, self.longest, self.until, folder = kind, options.longest, options.until, options.folder
        self.output = folder / f"{net}.{kind}.output"
        # What another program answered is no answer of this one.
        self.output.unlink(missing_ok=True)
        files = [str(folder / f"{net}.input"), str(self.output), precision]
        extra = {"VK_DRIVER_FILES": driver, "VK_ICD_FILENAMES": driver} if driver else {}
        if kind == "moue":
            command = [options.moue, net, *files, *([options.device] if options.device else [])]
        elif kind == "burn-wgpu":
            command = [options.burn, str(folder / f"{net}.safetensors"), *files]
        else:
            python, own = interpreter(kind, options)
            extra |= own
            command = [python, str(WORKER), kind, str(folder / net), *files, (folder / f"{net}.shape").read_text(), *more(kind, options)]
        self.device, self.versions, self.driver, self.failed = None, "", "", None
        self.errors, self.lines = (folder / f"{net}.{kind}.log").open("w+"), queue.Queue()
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env={**os.environ, **extra}, start_new_session=True
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put(None)

    def line(self, wanted):
        """What `wanted` makes of the next line on standard output that it makes something of; other programs print more."""
        end = min(time.perf_counter() + self.longest, self.until)
        while self.failed is None:
            try:
                line = self.lines.get(timeout=max(0.0, end - time.perf_counter()))
            except queue.Empty:
                self.kill()
                self.failed = TIME_IS_UP if end == self.until else f"no answer within {self.longest:g} s"
                break
            found = wanted(line) if line is not None else None
            if line is None:
                self.failed = self.reason()
            elif found is not None:
                return found
        return None

    def ready(self):
        """Waits until it is."""
        said = self.line(lambda line: line[6:].split("\t") if line.startswith("ready ") else None)
        if said:
            self.device, self.versions, self.driver = (*said, "", "")[:3]

    def run(self, images):
        """Seconds of one run of the first `images` pictures, from input on the host to result on the host; None where it failed."""
        try:
            self.process.stdin.write(f"{images}\n")
            self.process.stdin.flush()
        except OSError:
            # It ended: `line` says why.
            pass
        return self.line(seconds)

    def answer(self, images):
        """What it wrote last, `[images, classes]`; None where that is not as many images."""
        values = np.fromfile(self.output, np.float32) if self.output.exists() else np.empty(0, np.float32)
        return values.reshape(images, -1) if values.size and values.size % images == 0 else None

    def reason(self):
        self.process.wait()
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if line.strip() and not line.startswith("note: run with `RUST_BACKTRACE")]
        # Dawn warns of what an adapter lacks.
        counts = [line for line in lines if line.startswith("Warning")] + lines[-1:]
        status = self.process.returncode
        # A signal is not what the last line on standard error speaks of.
        return "; ".join(counts)[:300] if counts and status >= 0 else f"it ended with {status}"

    def kill(self):
        """It and what it started: compilers have processes of their own."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (AttributeError, OSError):
            self.process.kill()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            # It is in the hands of a driver.
            pass


def end(programs, patience=20):
    """Lets them end, all at once, within so many seconds."""
    for program in programs:
        try:
            program.process.stdin.close()
        except OSError:
            pass
    until = time.perf_counter() + patience
    for program in programs:
        try:
            program.process.wait(max(0.0, until - time.perf_counter()))
        except subprocess.TimeoutExpired:
            program.kill()
        program.errors.close()


def seconds(line):
    try:
        value = float(line)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
