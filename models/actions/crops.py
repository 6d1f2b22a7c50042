"""Faces as the networks of action units see them: `python crops.py renders --program target/release/moue --out renders.npz`.

A crop is aligned by points that no expression moves far (corners of the eyes, ridge and wings of the nose, temples), so that the jaw or a smile does not change its scale;
otherwise by the rule of models/train/preprocess.py. What is read of the pictures in which one face is found goes into one file: crops [n, 88, 64] of u8, names [n],
blendshapes [n, 52] of f32 and gap [n] of f32, the lips' distance by the distance of the eyes.

Nothing is ever read here of the people whom au-renders keeps for acceptance, but by `--acceptance`, for the last figures: au-renders has no pictures of them. Its render.py makes them
(`make --out ALL`, and mapping.json beside them), and `AU_RENDERS=ALL` reads there.
"""

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.append(str(Path(__file__).resolve().parents[1] / "train"))
import preprocess  # noqa: E402

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
RENDERS, LONDON = Path(os.environ.get("AU_RENDERS", SHARED / "au-renders")), SHARED / "london-450"
DESCRIPTION = Path(__file__).with_name("actions.json")
TEXT = json.loads(DESCRIPTION.read_text())
SIZE = tuple(TEXT["canonical"]["size"])
POINTS = [int(index) for index in TEXT["canonical"]["points"]]
TEMPLATE = TEXT["canonical"]["alignment"]
EYES = [[33, 133], [362, 263]]
LIPS = [13, 14]
ENLARGEMENT = 2


def people(split):
    """People of the London set: `train` and `val` as au-renders splits them, `test` those of whom it has nothing."""
    with open(RENDERS / "labels.csv", newline="") as file:
        of = {row["person"]: row["split"] for row in csv.DictReader(file)}
    return sorted(path.stem[:3] for path in (LONDON / "landmarks_x3").glob("*.tem") if of.get(path.stem[:3], "test") == split)


def between_eyes(landmarks):
    """The distance between the middles of the eyes, in pixels."""
    left, right = (landmarks[pair, :2].mean(0) for pair in EYES)
    return float(np.linalg.norm(left - right))


def crop_at(picture, points, template=TEMPLATE):
    """The crop [88, 64] of u8 of a picture [h, w, 3] of u8 where `template` falls on `points` [n, 2] in pixels."""
    origin, step = preprocess.similarity(points, template, SIZE)
    return preprocess.gray(preprocess.turned(picture, origin, step, SIZE))


def crop(picture, landmarks):
    """The crop [88, 64] of u8 of the face with these landmarks [478, 2 or more] in pixels."""
    return crop_at(np.asarray(picture), np.asarray(landmarks)[POINTS, :2])


def framed(face, scale):
    """A face that fills its picture, enlarged, its edges repeated by half of its side, as the finder wants it; and that border."""
    width, height = (side * scale for side in face.size)
    border = max(width, height) // 2
    big = np.asarray(face.resize((width, height), Image.Resampling.BILINEAR))
    return Image.fromarray(np.pad(big, ((border, border), (border, border), (0, 0)), "edge")), border


def archive(name, rows):
    """Name and picture of the files `rows` of an archive of au-renders."""
    with tarfile.open(RENDERS / name) as tar:
        for member in tar:
            if member.name in rows:
                yield member.name, Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB"), ENLARGEMENT


def listed(table, splits):
    with open(RENDERS / table, newline="") as file:
        return {row["file"] for row in csv.DictReader(file) if row["split"] in splits}


def pictures(source, splits):
    """Name, picture and by how much it is enlarged for the finder (0: it is a photograph)."""
    if source == "renders":
        yield from archive("stills.tar", listed("labels.csv", splits))
    elif source == "clips":
        yield from archive("clips.tar", listed("clips.csv", splits))
    elif source in ("neutral", "smiling"):
        # Smiles of the people of training are not to be learned from.
        chosen = {p for split in splits for p in people(split) if source == "neutral" or split != "train"}
        for path in sorted((LONDON / f"{source}_front").glob("*.jpg")):
            if path.stem.split("_")[0] in chosen:
                yield path.stem, Image.open(path).convert("RGB"), 0
    elif source == "congress":
        for path in sorted((SHARED / "faces/us-congress-portraits/img").glob("*.jpg")):
            yield path.stem, Image.open(path).convert("RGB"), 0
    elif source == "fer2013":
        import votes

        training = votes.Training()
        for index in np.random.default_rng(1).permutation(training.train):
            yield training.names[index], Image.fromarray(training.faces[index]).convert("RGB"), 3


def read(program, waiting, threads):
    """Of each (name, picture, enlargement) with one face: its name, crop, blendshapes and gap of the lips; and the names of the blendshapes."""
    found, names = [], None
    with tempfile.TemporaryDirectory() as folder:
        places = []
        for index, (_, picture, scale) in enumerate(waiting):
            big, border = framed(picture, scale) if scale else (picture, 0)
            places.append((border, scale or 1))
            big.save(Path(folder) / f"{index:05}.bmp")
        command = [program, "analyze", folder, "--json", "--device", "cpu", "--threads", threads, "--landmarks", "478", "--blendshapes"]
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in run.stdout.splitlines():
        record = json.loads(line)
        if len(record.get("faces", [])) != 1:
            continue
        face, index = record["faces"][0], int(Path(record["input"]).stem)
        border, scale = places[index]
        landmarks = (np.array(face["landmarks"])[:, :2] - border) / scale
        names = names or list(face["blendshapes"])
        gap = np.linalg.norm(landmarks[LIPS[0]] - landmarks[LIPS[1]]) / between_eyes(landmarks)
        found.append((waiting[index][0], crop(waiting[index][1], landmarks), list(face["blendshapes"].values()), gap))
    return found, names


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", choices=["renders", "clips", "neutral", "smiling", "congress", "fer2013"])
    parser.add_argument("--program", type=Path, required=True, help="the program `moue`, built in release")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, help="stop after so many pictures")
    parser.add_argument("--splits", nargs="+", default=["train", "val"], choices=["train", "val"])
    parser.add_argument("--threads", default="1")
    parser.add_argument("--acceptance", action="store_true", help="the people kept for acceptance, and nobody else: once, at the end")
    options = parser.parse_args()
    rows, names, seen, waiting = [], None, 0, []
    for part in pictures(options.source, ["test"] if options.acceptance else options.splits):
        waiting.append(part)
        seen += 1
        if len(waiting) == 500 or seen == options.most:
            found, names = read(options.program, waiting, options.threads)
            rows += found
            waiting = []
            print(f"{options.source}: {seen} pictures, {len(rows)} with one face", flush=True)
            if seen == options.most:
                break
    if waiting:
        found, names = read(options.program, waiting, options.threads)
        rows += found
    print(f"{options.source}: {seen} pictures, {len(rows)} with one face")
    name, faces, blendshapes, gap = (np.array(column) for column in zip(*rows))
    np.savez(options.out, names=name, crops=faces, blendshapes=blendshapes.astype(np.float32), gap=gap.astype(np.float32), blendshape_names=names)


if __name__ == "__main__":
    main()
