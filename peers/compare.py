"""moue and its peers in turns, on one adapter, with the same weights: `compare.py --help`.

A program of each runs NET, is asked for one run after the other in turns, and says how long it took, from input on the host to result on the host.
A peer whose output differs from ONNX Runtime's on the CPU, in f32, by more than MOST_ERROR of the largest value is not timed; nor is one that answers
several pictures by a quarter of what they differ in, which no answer to another picture passes.

The report is written after every case: a network, a precision, a number of images. A second run with the same programs, versions, settings and adapter goes
on where the first ended, with --minutes or by force.
"""

import argparse
import datetime
import math
import os
import platform
import statistics
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import numpy as np

import kept
from programs import PEERS, TIME_IS_UP, Program, ask, end, interpreter, settings

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "zoo"))
import seeded  # noqa: E402

MOST_ERROR = {"f32": 1e-3, "f16": 1e-2}
SEED = 1
# A turn that took as long has no further run.
LONG_TURN_S = 0.1


def pictures(shape, count):
    """`[count, C, H, W]`: the zoo's picture, then others. Noise alone looks alike to most networks: they differ in their channels' means."""
    others = [
        (seeded.picture(shape, seed) + seeded.tensor("mean", [1, shape[1], 1, 1], seed, "input")) / 2
        for seed in range(SEED + 1, SEED + count)
    ]
    return np.concatenate([seeded.picture(shape, SEED), *others]).astype(np.float32)


def reference(net, options):
    """Writes NET.input, and gives what ONNX Runtime answers on the CPU, in f32, or None and why it does not."""
    if not (options.folder / f"{net}.shape").exists():
        return None, f"export.py did not write it into {options.folder}"
    shape = [int(side) for side in (options.folder / f"{net}.shape").read_text().split(",")]
    most = max(options.batch)
    pictures(shape, most).tofile(options.folder / f"{net}.input")
    program = Program("ort-cpu", net, "f32", options, None)
    program.ready()
    program.run(most)
    answer = None if program.failed else program.answer(most)
    end([program])
    if answer is None or not np.isfinite(answer).all():
        return None, f"ONNX Runtime, the reference, failed: {program.failed or 'its answer is not finite'}"
    return answer, None


def check(program, images, expected, precision, entry):
    """Whether the last answer of a program is right."""
    answer, expected = program.answer(images), expected[:images]
    largest = np.abs(expected).max()
    if answer is None or answer.shape != expected.shape:
        program.failed = "its output has another number of values"
        return
    error = float(np.abs(answer - expected).max() / largest)
    entry["error"] = error if np.isfinite(error) else None
    differ = float((expected.max(0) - expected.min(0)).max() / largest)
    most = min(MOST_ERROR[precision], differ / 4) if images > 1 else MOST_ERROR[precision]
    # Not "greater": NaN is no answer.
    if not error <= most:
        program.failed = f"wrong: it differs from the reference by {error:.2g}, more than {most:.2g}"


def start(net, precision, options, kinds):
    """The programs, made ready; the seconds of each until then, where they start one by one."""
    programs, took = [], {}
    for kind in kinds:
        programs.append(Program(kind, net, precision, options, options.driver))
        if not options.together:
            programs[-1].ready()
            took[kind] = time.perf_counter() - programs[-1].began
    if options.together:
        for program in programs:
            program.ready()
    return programs, took


def turn(program, images, most):
    """Milliseconds of its runs, at most `most`; only the first, which pays for the change of program, where it takes long enough for that not to count."""
    runs, began = [], time.perf_counter()
    while program.failed is None and len(runs) < most and (not runs or time.perf_counter() - began < LONG_TURN_S):
        runs.append(program.run(images))
    return [1e3 * took for took in (runs[1:] or runs) if took is not None]


def up(options):
    return time.perf_counter() >= options.until


def turns(programs, images, options):
    """Milliseconds of the runs of each, in turns, of those that answer to the end."""
    times = {program.kind: [] for program in programs}
    began, rounds = time.perf_counter(), 0
    while rounds < options.warm_up + options.repeats or time.perf_counter() - began < options.seconds:
        running = [program for program in programs if program.failed is None]
        if not running or up(options):
            break
        # Nobody always follows the same other.
        first = rounds % len(running)
        for program in running[first:] + running[:first]:
            runs = turn(program, images, options.burst)
            if rounds >= options.warm_up:
                times[program.kind] += runs
        rounds += 1
    return times


def compare(programs, took, images, expected, precision, options):
    """What every program says of one number of images, None where the time was up before."""
    results = {program.kind: {"device": program.device} for program in programs}
    for program in programs:
        entry = results[program.kind]
        if program.failed is None:
            first = program.run(images)
            if program.failed is None:
                entry |= {"first_ms": 1e3 * (took.pop(program.kind) + first)} if program.kind in took else {}
                check(program, images, expected, precision, entry)
    good = [program for program in programs if program.failed is None]
    times = turns(good, images, options)
    if up(options):
        return None
    for program in programs:
        entry, values = results[program.kind], times.get(program.kind)
        if values and program.failed is None:
            check(program, images, expected, precision, entry)
        if program.failed:
            entry["failed"] = program.failed
            # A wrong answer may be a matter of this number of images alone.
            program.failed = None if program.process.poll() is None else program.failed
        else:
            entry |= {"median_ms": statistics.median(values), "min_ms": min(values), "repeats": len(values)}
    return results


def line(result):
    """What was measured, for who waits: table.py makes the tables."""
    said, own = [], result["peers"]["moue"].get("median_ms")
    for kind, entry in result["peers"].items():
        if "failed" in entry:
            said.append(f"{kind} {entry['failed']}")
        else:
            said.append(f"{kind} {entry['median_ms']:.2f} ms" + (f" ({entry['median_ms'] / own:.2f} x)" if own and kind != "moue" else ""))
    return f"{result['net']}, {result['precision']}, {result['batch']}: {'; '.join(said)}"


def processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores"


def versions(options):
    """Of what no running program names: burn, and what made ncnn's files."""
    found = {}
    if "burn-wgpu" in options.peers and options.burn:
        packages = tomllib.loads((HERE / "burn" / "Cargo.lock").read_text())["package"]
        found |= {package["name"]: package["version"] for package in packages if package["name"] in ("burn", "cubecl")}
    where = {"path": [options.ncnn_path, *sys.path]} if options.ncnn_path else {}
    return found | {"pnnx": package.version for package in list(metadata.distributions(name="pnnx", **where))[:1]}


def how(options):
    """The options that times depend on; what settings() says is not said twice."""
    return f"--warm-up {options.warm_up} --repeats {options.repeats} --seconds {options.seconds:g} --burst {options.burst}" + " --together" * options.together


def adapter(options):
    """The device of moue and its driver, None both where it does not start."""
    net = next((net for net in options.nets if (options.folder / f"{net}.shape").exists()), None)
    if net is None:
        return None, None
    shape = [int(side) for side in (options.folder / f"{net}.shape").read_text().split(",")]
    pictures(shape, 1).tofile(options.folder / f"{net}.input")
    moue = Program("moue", net, "f32", options, options.driver)
    moue.ready()
    end([moue])
    return moue.device, moue.driver or None


def numbers(text):
    values = [int(part) for part in text.split(",")]
    if min(values) < 1:
        raise argparse.ArgumentTypeError("a batch has an image or more")
    return values


def arguments():
    def names(text):
        return text.split(",")

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moue", required=True, help="the program of peers/moue.rs")
    parser.add_argument("--burn", help="the program of peers/burn, for burn-wgpu")
    parser.add_argument("--webgpu-python", help="the interpreter that has onnxruntime-webgpu")
    parser.add_argument("--webgpu-path", help="a folder with onnxruntime-webgpu, for its PYTHONPATH alone: its module is named as onnxruntime's")
    parser.add_argument("--ncnn-path", help="a folder with ncnn, for its PYTHONPATH alone")
    parser.add_argument("--cuda-python", help="the interpreter that has torch, onnx and onnxruntime-gpu")
    parser.add_argument("--cuda-path", help="a folder with onnxruntime-gpu, for its PYTHONPATH alone")
    parser.add_argument("--tensorrt-path", help="a folder with tensorrt, for its PYTHONPATH alone")
    parser.add_argument("--tensorrt-level", type=int, default=3, help="of its builder: 5 tries most and takes longest; 3 is its own choice")
    parser.add_argument("--pinned", action="store_true", help="pictures in page-locked memory for PyTorch and TensorRT; moue's are in ordinary memory")
    parser.add_argument("--torch-device", default="cuda", choices=("cuda", "cpu"), help="cpu tries PyTorch's peers where there is no GPU")
    parser.add_argument("--folder", type=Path, required=True, help="where the networks of export.py lie, and for burn-wgpu NET.safetensors")
    parser.add_argument("--driver", help="the one Vulkan driver that all of them see, a JSON file")
    parser.add_argument("--device", help="the adapter for moue")
    parser.add_argument("--nets", required=True, type=names)
    parser.add_argument("--peers", default=list(PEERS), type=names)
    parser.add_argument("--batch", default=[1], type=numbers, help="images of a run: 1, or 1,64")
    parser.add_argument("--precision", default=["f32"], type=names, help="f32, f16, or both")
    parser.add_argument("--warm-up", type=int, default=2, help="rounds that are not counted")
    parser.add_argument("--repeats", type=int, default=5, help="rounds at least")
    parser.add_argument("--seconds", type=float, default=0, help="of rounds at least, for each network, precision and batch")
    parser.add_argument("--burst", type=int, default=1, help="runs of a turn at most, where they are short; of several, the first is not counted")
    parser.add_argument("--longest", type=float, default=600, help="seconds until a program that does not answer is ended; compiling and tuning count")
    parser.add_argument("--minutes", type=float, help="after which nothing more is measured: the same command goes on there")
    parser.add_argument("--again", action="store_true", help="measure also what the report has")
    parser.add_argument("--retry", action="store_true", help="measure again where a peer failed")
    parser.add_argument("--together", action="store_true", help="start the programs of a network at once: sooner, but nothing is said of the first answer")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    options.until = time.perf_counter() + 60 * options.minutes if options.minutes else math.inf
    strange = {*options.peers} - {*PEERS} or {*options.precision} - {*MOST_ERROR}
    if not Path(options.moue).exists():
        parser.error(f"{options.moue} is not there: cargo build --release --example peer")
    if strange:
        parser.error(f"not known: {', '.join(sorted(strange))}")
    return options


def asked(options):
    """The versions of every peer, None where it is not run, and by precision those that are not, with the reason."""
    with ThreadPoolExecutor() as pool:
        said = dict(zip(options.peers, pool.map(lambda kind: ask(kind, options), options.peers)))
    for kind, (version, _) in said.items():
        if version:
            print(f"{kind}: {version}, by {interpreter(kind, options)[0]}", flush=True)
    everywhere = {kind: reason for kind, (_, reason) in said.items() if reason}
    for kind, reason in everywhere.items():
        print(f"{kind} is not run: {reason}", flush=True)
    # It computes in f32 there, whatever the file's type.
    in_f16 = {"ort-cpu": "its CPU kernels are f32"} if "ort-cpu" in options.peers else {}
    not_run = {precision: {**(in_f16 if precision == "f16" else {}), **everywhere} for precision in options.precision}
    return {kind: version for kind, (version, _) in said.items()}, not_run


def measure(net, left, report, unavailable, options):
    """The cases of a network that are `left`, into the report, until the time is up."""
    expected, why = reference(net, options)
    if expected is None:
        if not up(options):
            unavailable[net] = why
            print(f"{net} is left out: {why}", flush=True)
        return
    for precision in dict.fromkeys(precision for precision, _ in left):
        if up(options):
            return
        kinds = [kind for kind in ("moue", *options.peers) if kind not in report["not_run"][precision]]
        programs, took = start(net, precision, options, kinds)
        try:
            for program in programs:
                report["versions"] |= dict(part.rsplit(" ", 1) for part in program.versions.split(", ") if part)
            for images in (images for of, images in left if of == precision):
                peers = None if up(options) else compare(programs, took if images == options.batch[0] else {}, images, expected, precision, options)
                if peers is None:
                    return
                report["results"].append({"net": net, "precision": precision, "batch": images, "peers": peers})
                print(line(report["results"][-1]), flush=True)
                kept.write(report, unavailable, options)
        finally:
            end(programs, patience=0 if up(options) else 20)


def main():
    options = arguments()
    said, not_run = asked(options)
    device, driver = adapter(options)
    report = {
        "schema": "moue.peers/2", "date": datetime.date.today().isoformat(), "processor": processor(), "adapter": device, "driver": driver,
        "versions": versions(options), "how": how(options), "settings": settings(options), "not_run": not_run,
        "networks": {net: kept.digest(options.folder / f"{net}.onnx") for net in options.nets}, "results": [],
    }
    report["state"] = kept.state(options, [report["how"], report["settings"]], said, report)
    anew = kept.take_over(report, options)
    if anew:
        print(anew, flush=True)
    unavailable, left = {}, kept.missing(report, options)
    if not left:
        print("everything is measured already: --again measures it anew, --retry what failed", flush=True)
    for net, cases in left.items():
        if not up(options):
            measure(net, cases, report, unavailable, options)
    kept.write(report, unavailable, options)
    for net, cases in kept.missing(report, options).items():
        if net not in unavailable:
            print(f"{net} is left for the next run, as {TIME_IS_UP}: {kept.words(cases)}", flush=True)


if __name__ == "__main__":
    main()
