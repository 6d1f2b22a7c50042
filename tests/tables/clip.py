"""A clip whose frames come at uneven times, with one face, none, and two; and its tables by `moue analyze`."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Milliseconds. No rate has frames at these times: what is computed of frame numbers is not them.
TIMES = [0, 40, 90, 200, 233, 250, 400, 1000, 1040, 1500, 1533, 3000]
# Two come together, after none: those that join others are looked for every 15 frames.
FACES = [1, 1, 1, 1, 0, 0, 2, 2, 2, 2, 1, 1]
WIDTH, HEIGHT = 512, 224

# Of the frame and the seconds of every row: one a face, and one of a frame without.
ROWS = [(frame, time / 1000) for frame, (time, faces) in enumerate(zip(TIMES, FACES)) for _ in range(max(faces, 1))]
# Of every row, whether it has a face.
FOUND = [faces > 0 for faces in FACES for _ in range(max(faces, 1))]


def between(faces):
    """ffmpeg's expression for the frames that have so many faces, or fewer."""
    return "+".join(f"eq(n,{at})" for at, count in enumerate(FACES) if count <= faces)


def make(path):
    """The clip: a portrait and its mirror, of which gray covers what a frame shall not show; lossless."""
    at = "".join(f"if(eq(N,{frame}),{time}," for frame, time in enumerate(TIMES)) + "0" + ")" * len(TIMES)
    drawn = (
        "crop=256:224:60:0,split[a][b];[b]hflip[c];[a][c]hstack,"
        f"drawbox=x=256:w=256:color=gray:t=fill:enable='{between(1)}',drawbox=color=gray:t=fill:enable='{between(0)}',"
        f"settb=1/1000,setpts='{at}'"
    )
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-loop", "1", "-i", ROOT / "examples/astronaut.png", "-filter_complex", drawn]
    subprocess.run([*command, "-frames:v", str(len(TIMES)), "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-c:v", "ffv1", path], check=True)


def table(clip, name):
    """The file of one of its tables: "moue", "openface" or "py-feat"."""
    path = clip.with_suffix(f".{name}.csv")
    program = os.environ.get("MOUE_PROGRAM", ROOT / "target/release/moue")
    with path.open("wb") as out:
        subprocess.run([program, "analyze", clip, f"--csv={name}", "--actions", "--device", "cpu"], stdout=out, stderr=subprocess.PIPE, check=True)
    return path
