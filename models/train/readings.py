"""What moue's own networks see in faces, as labels that cost nothing: `python readings.py --program target/release/moue --out readings.npz`.

Pictures: FER2013's training images (never one of the validation split), the portraits of us-congress-portraits and ORL, and of the 71 people whom
au-renders names for training their neutral portraits of the London set and their renders. Of each in which one face is found: the face as 48 x 48 gray
levels (FER2013's image as it is, of others the aligned crop), landmarks in it, blendshapes, and who it is where that is known.

The file holds faces [n, 48, 48] of u8; points [n, len(POINTS), 2] of f32, x and y from -1 to 1 over the face; blendshapes [n, 52] of f32 from 0 to 1 and their
`names`; person [n] of i64, -1 where unknown; source [n], which of SOURCES.
"""

import argparse
import csv
import io
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import data
import preprocess
import votes

DESCRIPTION = Path(__file__).with_name("default.json")
SHARED = data.FER2013.parent
SOURCES = ["fer2013", "congress", "orl", "london", "renders"]
ENLARGEMENT = 4
# Landmarks of the mesh that the first stage learns, and where the mirror image has each.
PAIRS = [(33, 263), (133, 362), (159, 386), (145, 374), (70, 300), (105, 334), (107, 336), (61, 291), (39, 269), (181, 405), (98, 327), (234, 454), (172, 397)]
MIDDLE = [10, 152, 13, 14, 0, 17, 1, 168]
POINTS = [*(index for pair in PAIRS for index in pair), *MIDDLE]
MIRRORED = [i ^ 1 if i < 2 * len(PAIRS) else i for i in range(len(POINTS))]
OUTLINE = [10, 152, 234, 454]


def framed(face):
    """A face that fills its picture, enlarged, its edges repeated by half of its side: as the finder wants it. Where the face lies: offset and scale."""
    side = max(face.size) * ENLARGEMENT if max(face.size) < 100 else max(face.size) * 2
    big = np.asarray(face.convert("RGB").resize((side, side), Image.Resampling.BILINEAR))
    border = side // 2
    return Image.fromarray(np.pad(big, ((border, border), (border, border), (0, 0)), "edge")), border, side


def pictures():
    """Of everything that is read: source, person or "", picture; for an image that is a face as a whole also its border, its side there, and the face."""
    training = votes.Training()
    for index in training.train:
        face = training.faces[index]
        yield "fer2013", "", *framed(Image.fromarray(face)), face
    for path in sorted((SHARED / "faces/us-congress-portraits/img").glob("*.jpg")):
        yield "congress", "", Image.open(path).convert("RGB"), None, None, None
    for path in sorted((SHARED / "faces/orl-att-faces/att_faces").glob("s*/*.pgm")):
        yield "orl", f"orl {path.parent.name}", Image.open(path).convert("RGB").resize((276, 336), Image.Resampling.BILINEAR), None, None, None
    with open(SHARED / "au-renders/labels.csv", newline="") as file:
        renders = {row["file"]: row["person"] for row in csv.DictReader(file) if row["split"] == "train"}
    people = set(renders.values())
    for path in sorted((SHARED / "london-450/neutral_front").glob("*.jpg")):
        if path.stem.split("_")[0] in people:
            yield "london", f"london {path.stem.split('_')[0]}", Image.open(path).convert("RGB"), None, None, None
    with tarfile.open(SHARED / "au-renders/stills.tar") as archive:
        for member in archive:
            if member.name in renders:
                image = Image.open(io.BytesIO(archive.extractfile(member).read())).convert("RGB")
                yield "renders", f"london {renders[member.name]}", framed(image)[0], None, None, None


def aligned(picture, landmarks, template, size):
    """The aligned crop [size, size] of gray levels and the landmarks in it, in parts of its side."""
    points = landmarks[OUTLINE, :2]
    origin, step = preprocess.similarity(points, template, size)
    crop = preprocess.turned(np.asarray(picture), origin, step, size)
    a, b = (value / 16384 for value in step)
    x, y = ((landmarks[:, :2] - np.array(origin) / 16384).T)
    inside = np.stack([a * x + b * y, a * y - b * x], 1) / (a * a + b * b)
    return preprocess.gray(crop), inside / size[::-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True, help="the program `moue`, built in release")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", default="1")
    options = parser.parse_args()
    canonical = json.loads(DESCRIPTION.read_text())["canonical"]
    template, size = canonical["alignment"], tuple(canonical["size"])

    rows, names, people = [], None, {}
    waiting = []

    def read(folder):
        nonlocal names
        command = [options.program, "analyze", folder, "--json", "--device", "cpu", "--threads", options.threads, "--landmarks", "478", "--blendshapes"]
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        for line in run.stdout.splitlines():
            record = json.loads(line)
            source, person, picture, border, side, whole = waiting[int(Path(record["input"]).stem)]
            if len(record["faces"]) != 1:
                continue
            face = record["faces"][0]
            landmarks = np.array(face["landmarks"])
            names = names or list(face["blendshapes"])
            if whole is None:
                gray, inside = aligned(picture, landmarks, template, size)
            else:
                gray = whole
                inside = (landmarks[:, :2] - border) / side
            person = people.setdefault(person, len(people)) if person else -1
            rows.append((gray, 2 * inside[POINTS] - 1, list(face["blendshapes"].values()), person, SOURCES.index(source)))

    def flush():
        with tempfile.TemporaryDirectory() as folder:
            for index, part in enumerate(waiting):
                part[2].save(Path(folder) / f"{index:05}.bmp")
            read(folder)
        waiting.clear()

    seen = 0
    for part in pictures():
        waiting.append(part)
        seen += 1
        if len(waiting) == 1000:
            flush()
            print(f"{seen} pictures, {len(rows)} with one face", flush=True)
    flush()
    faces, points, blendshapes, person, source = (np.array(column) for column in zip(*rows))
    print({name: int((source == i).sum()) for i, name in enumerate(SOURCES)}, "of", seen)
    np.savez_compressed(
        options.out, faces=faces.astype(np.uint8), points=points.astype(np.float32), blendshapes=blendshapes.astype(np.float32), names=names, person=person, source=source
    )


if __name__ == "__main__":
    main()
