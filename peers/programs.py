"""The programs that compare.py runs in turns: how each is started, asked for a run, and what it says when it fails."""

import math
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PEERS = ("ncnn-vulkan", "burn-wgpu", "ort-webgpu", "ort-cuda", "torch-cuda", "ort-cpu")


def interpreter(kind, options):
    """The Python of a peer, and what its environment has beside this one's."""
    python = {"ort-webgpu": options.webgpu_python, "ort-cuda": options.cuda_python, "torch-cuda": options.cuda_python}.get(kind)
    folder = {"ort-webgpu": options.webgpu_path, "ort-cuda": options.cuda_path, "ncnn-vulkan": options.ncnn_path}.get(kind)
    before = os.environ.get("PYTHONPATH")
    return python or sys.executable, {"PYTHONPATH": os.pathsep.join([folder, *([before] if before else [])])} if folder else {}


def why_not(kind, options):
    """The reason for which `kind` is not run, None where it is."""
    if kind == "burn-wgpu":
        return None if options.burn and Path(options.burn).exists() else "its program is not there"
    python, extra = interpreter(kind, options)
    said = subprocess.run([python, HERE / "worker.py", kind], env={**os.environ, **extra}, capture_output=True, text=True)
    return said.stderr.strip().splitlines()[-1] if said.returncode else None


class Program:
    """One of them, started for a network and a precision; `failed` says why it gives no answers any more."""

    def __init__(self, kind, net, precision, options, driver):
        self.kind, self.longest, folder = kind, options.longest, options.folder
        self.output = folder / f"{net}.{kind}.output"
        files = [str(folder / f"{net}.input"), str(self.output), precision]
        extra = {"VK_DRIVER_FILES": driver, "VK_ICD_FILENAMES": driver} if driver else {}
        if kind == "moue":
            command = [options.moue, net, *files, *([options.device] if options.device else [])]
        elif kind == "burn-wgpu":
            command = [options.burn, str(folder / f"{net}.safetensors"), *files]
        else:
            python, own = interpreter(kind, options)
            extra |= own
            command = [python, str(HERE / "worker.py"), kind, str(folder / net), *files, (folder / f"{net}.shape").read_text()]
        self.device, self.versions, self.driver, self.failed = None, "", "", None
        self.errors, self.lines = (folder / f"{net}.{kind}.log").open("w+"), queue.Queue()
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env={**os.environ, **extra}
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put(None)

    def line(self, wanted):
        """What `wanted` makes of the next line on standard output that it makes something of; other programs print more."""
        end = time.perf_counter() + self.longest
        while self.failed is None:
            try:
                line = self.lines.get(timeout=max(0.0, end - time.perf_counter()))
            except queue.Empty:
                self.kill()
                self.failed = f"no answer within {self.longest:g} s"
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
        values = np.fromfile(self.output, np.float32)
        return values.reshape(images, -1) if values.size % images == 0 else None

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
        self.process.kill()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            # It is in the hands of a driver.
            pass


def end(programs):
    """Lets them end, all at once."""
    for program in programs:
        try:
            program.process.stdin.close()
        except OSError:
            pass
    for program in programs:
        try:
            program.process.wait(20)
        except subprocess.TimeoutExpired:
            program.kill()
        program.errors.close()


def seconds(line):
    try:
        value = float(line)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
