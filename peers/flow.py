"""moue's dense flow beside OpenCV's calcOpticalFlowFarneback and DISOpticalFlow, in one run: `flow.py accuracy|renders|time|peers`.

    pip install -r peers/requirements-processor.txt
    cargo build --release --example flow_peer
    python peers/flow.py accuracy --device cpu --device llvmpipe
    python peers/flow.py peers --device cpu --device llvmpipe --json benches/peers/flow-MACHINE.json

accuracy: distances in pixels between both flows, of pairs made of examples/astronaut.png; beside them OpenCV's own without vector instructions. renders: distances of both from the exact flow of rendered faces
(../shared/data/au-renders beside the repository), inside the face where it stays visible; the 16 people kept for acceptance are left out. time: 16 pairs of a
chain of 17 frames, 227 x 227, in turns; moue's are one submission. peers: pairs whose motion is known, as they are made by it, one pair at a time, in turns: milliseconds, and how far
the flow is from that motion, the mean in pixels. DIS is another algorithm, whose answer is another: it is timed whatever it is off by.
"""

import argparse
import csv
import io
import json
import statistics
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from motion import displacement, motion, off
from PIL import Image
from turns import PAUSE_S, processor, rounded

ROOT = Path(__file__).parent.parent
RENDERS = ROOT.parent / "shared" / "data" / "au-renders"
ACCEPTANCE = {130, 131, 132, *range(134, 145), 172, 173}
TWO_STREAM = (0.5, 3, 15, 3, 2, 1.1, 0)
OPENCV = (0.5, 3, 15, 3, 5, 1.2, 0)
CLASS_DEFAULT = (0.5, 5, 13, 10, 5, 1.1, 0)


class Peer:
    """The worker of peers/flow.rs on some frames."""

    def __init__(self, program, device, how, frames, parameters):
        self.folder = tempfile.TemporaryDirectory()
        pictures = Path(self.folder.name, "frames")
        pictures.mkdir()
        for index, frame in enumerate(frames):
            Image.fromarray(frame).save(pictures / f"{index:05}.png")
        self.answer = Path(self.folder.name, "answer")
        command = [program, device, how, pictures, self.answer, *parameters]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name = self.process.stdout.readline().strip().removeprefix("ready ")
        if not self.name:
            raise SystemExit(f"{device}: the worker ended")
        self.shape = (-1, *frames[0].shape, 2)

    def seconds(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def flows(self):
        self.seconds()
        return np.fromfile(self.answer, np.float32).reshape(self.shape)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()


def farneback(first, second, parameters):
    return cv2.calcOpticalFlowFarneback(first, second, None, *parameters)


def face(width, height):
    picture = Image.open(ROOT / "examples" / "astronaut.png").convert("L").crop((150, 20, 300, 170))
    return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS))


def photo(width, height):
    return np.asarray(Image.open(ROOT / "examples" / "astronaut.png").convert("L"))[:height, :width].copy()


def warped(picture, amplitude):
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    dx, dy = displacement(x, y, *picture.shape, amplitude)
    return cv2.remap(picture, np.float32(x - dx), np.float32(y - dy), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)


def masked(picture):
    height, width = picture.shape
    y, x = np.mgrid[:height, :width]
    inside = ((x - width / 2) / (0.4 * width)) ** 2 + ((y - height / 2) / (0.5 * height)) ** 2 <= 1
    return np.where(inside, picture, 0).astype(np.uint8)


def classes():
    """(what, first, second, parameters by name)."""
    random = np.random.default_rng(1)
    own, odd, small = face(227, 227), face(227, 131), face(40, 33)
    moved = warped(own, 3.0)
    noisy = [np.clip(frame + random.normal(0, 5, frame.shape), 0, 255).astype(np.uint8) for frame in (own, moved)]
    square, large = photo(512, 512), photo(512, 288)
    white = random.integers(0, 256, (227, 228), dtype=np.uint8)
    gaussian = (*TWO_STREAM[:6], 256)
    sets = {"two-stream": TWO_STREAM, "two-stream, Gaussian": gaussian, "opencv": OPENCV, ".5,5,13,10,5,1.1": CLASS_DEFAULT}
    of = lambda what, first, second, names: [(what, first, second, name, sets[name]) for name in names]
    return [
        *of("face, 227 x 227, warped by 3 px", own, moved, ["two-stream", "two-stream, Gaussian", "opencv"]),
        *of("face in a black ellipse, 227 x 227", masked(own), masked(moved), ["two-stream", "opencv", ".5,5,13,10,5,1.1"]),
        *of("face, noise of 5, 227 x 227", *noisy, ["two-stream"]),
        *of("face, 227 x 131, warped by 3 px", odd, warped(odd, 3.0), ["two-stream", "opencv"]),
        *of("face, 40 x 33, warped by 1 px", small, warped(small, 1.0), ["two-stream", "two-stream, Gaussian", "opencv"]),
        *of("photograph, 512 x 512, warped by 10 px", square, warped(square, 10.0), ["two-stream", "opencv"]),
        *of("photograph, 512 x 288, warped by 20 px", large, warped(large, 20.0), ["two-stream", "opencv", ".5,5,13,10,5,1.1"]),
        *of("white noise moved by 1 px, 227 x 227", white[:, :227].copy(), white[:, 1:].copy(), ["two-stream", "opencv"]),
        *of("the same face twice, 227 x 227", own, own, ["two-stream"]),
    ]


def plain(first, second, parameters):
    """OpenCV's without vector instructions: how far rounding alone takes it."""
    cv2.setUseOptimized(False)
    flow = farneback(first, second, parameters)
    cv2.setUseOptimized(True)
    return flow


class OpenCV:
    """A function of OpenCV on one pair, as a Peer runs."""

    def __init__(self, name, run):
        self.name, self.run = name, run

    def seconds(self):
        start = time.perf_counter()
        self.flow = self.run()
        return time.perf_counter() - start

    def flows(self):
        self.seconds()
        return self.flow[None]

    def close(self):
        pass


def dis(preset):
    """DIS of one of its own presets; one object for all, as it keeps its buffers."""
    return cv2.DISOpticalFlow_create(getattr(cv2, f"DISOPTICAL_FLOW_PRESET_{preset}"))


def programs(asked, first, second):
    """What is run on one pair, by name; moue and Farneback by the same parameters."""
    found = {f"moue, {device}": Peer(asked.program, device, "pairs", [first, second], OPENCV) for device in asked.device}
    found["farneback"] = OpenCV("farneback", lambda: farneback(first, second, OPENCV))
    for preset in ("ULTRAFAST", "FAST", "MEDIUM"):
        found[f"dis-{preset.lower()}"] = OpenCV(preset, lambda by=dis(preset): by.calc(first, second, None))
    return found


def beside_peers(asked):
    cv2.setNumThreads(asked.threads)
    cases = []
    for name, picture, amplitude in (
        ("face, 227 x 227, moved by up to 3 px", face(227, 227), 3.0),
        ("photograph, 512 x 512, by up to 10 px", photo(512, 512), 10.0),
        ("face, 1280 x 720, by up to 20 px", face(1280, 720), 20.0),
    ):
        moved, truth = warped(picture, amplitude), motion(*picture.shape, amplitude)
        running = programs(asked, picture, moved)
        errors = {who: off(program.flows()[0], truth, int(amplitude) + 1) for who, program in running.items()}
        times = {who: [] for who in running}
        for turn in range(asked.rounds + 1):
            order = list(running)
            at = turn % len(order)
            for who in order[at:] + order[:at]:
                # The first of a turn finds the caches of another.
                times[who].append(min(running[who].seconds() for _ in range(3)))
                time.sleep(PAUSE_S)
        entries = {}
        for who, seconds in times.items():
            later = seconds[1:]
            entries[who] = {
                "median_ms": rounded(statistics.median(later)), "ms": [rounded(second) for second in later],
                "off_px": round(errors[who], 4), "remark": f"off by {errors[who]:.2f} px",
            }  # fmt: skip
            print(f"{name:40} {who:16} {entries[who]['median_ms']:9.2f} ms, {entries[who]['remark']}", flush=True)
        says = [program.name for program in running.values() if isinstance(program, Peer)]
        for program in running.values():
            program.close()
        cases.append({"name": name, "still_px": round(off(np.zeros_like(truth), truth, int(amplitude) + 1), 4), "programs": entries})
    report = {
        "schema": "moue.tasks/1",
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor(cv2.getNumThreads()),
        "adapter": f"dense flow by {', '.join(says)}",
        "versions": {"OpenCV": cv2.__version__},
        "how": f"peers/flow.py peers {' '.join(f'--device {device}' for device in asked.device)} --rounds {asked.rounds}",
        "beside": asked.beside,
        "base": f"moue, {asked.device[0]}",
        "settings": {
            "moue": "Farnebäck's method by OpenCV's example parameters (0.5, 3, 15, 3, 5, 1.2), from gray frames on the host to flow there",
            "farneback": "the same parameters, the same method",
            "dis-ultrafast": "another method (dense inverse search) by its own presets, one object for all calls: its flow is another, and is timed whatever it is off by",
            "no flow at all": "off by " + ", ".join(f"{case['still_px']:.2f}" for case in cases) + " px",
        },
        "cases": cases,
    }
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=1) + "\n")


def accuracy(asked):
    print("| pair | parameters | OpenCV, plain |", " | ".join(asked.device), "|\n|---|---|---|" + "---|" * len(asked.device))
    for what, first, second, name, parameters in classes():
        truth, flows = farneback(first, second, parameters), [plain(first, second, parameters)]
        for device in asked.device:
            peer = Peer(asked.program, device, "pairs", [first, second], parameters)
            flows.append(peer.flows()[0])
            peer.close()
        far = [np.linalg.norm(flow - truth, axis=-1) for flow in flows]
        cells = [f"{apart.max():.1e} / {np.quantile(apart, 0.999):.1e} / {np.sqrt((apart**2).mean()):.1e}" for apart in far]
        print(f"| {what} | {name} |", " | ".join(cells), "|", flush=True)


def renders(asked):
    archive = np.load(RENDERS / "flow.npz")
    with open(RENDERS / "clips.csv", newline="") as file:
        people = {int(row["clip"]): int(row["person"]) for row in csv.DictReader(file)}
    frames = {}
    with tarfile.open(RENDERS / "clips.tar") as tar:
        for member in tar.getmembers():
            if member.isfile():
                clip, frame = member.name.split("/")[-2:]
                picture = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("L")
                frames[int(clip), int(frame.split(".")[0])] = np.asarray(picture)
    kept = [index for index, (clip, _, _) in enumerate(archive["pairs"]) if people[int(clip)] not in ACCEPTANCE]
    pairs = [tuple(int(number) for number in archive["pairs"][index]) for index in kept]
    both = [frames[clip, at] for clip, first, second in pairs for at in (first, second)]
    truth = archive["flow"][kept].astype(np.float32)
    inside = archive["mask"][kept] == 3
    gaps = np.array([second - first for _, first, second in pairs])
    print(f"{len(kept)} pairs of {len({people[clip] for clip, _, _ in pairs})} people\n")
    print("| parameters | by |", " | ".join(f"gap {gap}" for gap in sorted(set(gaps))), "|\n|---|---|" + "---|" * len(set(gaps)))

    def row(name, by, flows):
        error = np.linalg.norm(flows - truth, axis=-1)
        means = [error[gaps == gap][inside[gaps == gap]].mean() for gap in sorted(set(gaps))]
        print(f"| {name} | {by} |", " | ".join(f"{mean:.4f}" for mean in means), "|", flush=True)

    row("", "no flow", np.zeros_like(truth))
    for preset in ("FAST", "MEDIUM"):
        by = dis(preset)
        row("", f"OpenCV, DIS {preset.lower()}", np.array([by.calc(both[at], both[at + 1], None) for at in range(0, len(both), 2)]))
    for name, parameters in (("opencv", OPENCV), ("two-stream", TWO_STREAM)):
        row(name, "OpenCV", np.array([farneback(both[at], both[at + 1], parameters) for at in range(0, len(both), 2)]))
        for device in asked.device:
            peer = Peer(asked.program, device, "pairs", both, parameters)
            row(name, peer.name, peer.flows())
            peer.close()


def timed(asked):
    own = face(227, 227)
    frames = [warped(own, 3.0 * np.sin(0.4 * at)) for at in range(17)]
    cv2.setNumThreads(asked.threads)
    for name, parameters in (("two-stream", TWO_STREAM), ("opencv", OPENCV)):
        peers = [Peer(asked.program, device, "chain", frames, parameters) for device in asked.device]
        times = {"OpenCV": [], **{peer.name: [] for peer in peers}}
        for _ in range(asked.rounds + 1):
            start = time.perf_counter()
            for at in range(16):
                farneback(frames[at], frames[at + 1], parameters)
            times["OpenCV"].append(time.perf_counter() - start)
            for peer in peers:
                times[peer.name].append(peer.seconds())
        for who, seconds in times.items():
            # The first has the pipelines to compile.
            later = [1e3 * second for second in seconds[1:]]
            print(f"| {name} | {who} | {statistics.median(later):.1f} | {min(later):.1f} |", flush=True)
        for peer in peers:
            peer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["accuracy", "renders", "time", "peers"])
    parser.add_argument("--device", action="append", help="as `moue devices` names it; several times for several")
    parser.add_argument("--program", default=ROOT / "target/release/examples/flow_peer")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=-1, help="OpenCV's threads; -1: as it likes, 0: none but its own")
    parser.add_argument("--beside", help="what else ran on the machine")
    parser.add_argument("--json", type=Path, help="of peers")
    asked = parser.parse_args()
    asked.device = asked.device or ["cpu"]
    {"accuracy": accuracy, "renders": renders, "time": timed, "peers": beside_peers}[asked.what](asked)


if __name__ == "__main__":
    main()
