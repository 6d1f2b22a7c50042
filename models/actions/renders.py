"""Renders of people of the London set, aligned, with their units: `python renders.py stills --program target/release/moue --out stills/ --each 200`.

Only the people whom au-renders names for training are rendered; `--split val` renders those of validation, for clips to choose by, and `--split test` those kept for acceptance, once, for the last figures. Every few renders a person gets
other proportions. Renders are aligned by points of the mesh, which `--program` relates to the landmarks of moue's own network once, over two renders a person.

A person's file holds crops [n, 88, 64] of u8 and intensities [n, 37] of f16; of clips [clips, frames, ...]. Files that are there are not made again.
"""

import argparse
import json
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import crops
from mesh import Mesh
from person import Person
from render import PICTURE, Posed, another, intensities
from scenes import draw_clip, draw_smile, draw_still, draw_wide

LABELS = crops.TEXT["labels"]
# Of the 68 usual landmarks: corners of the eyes, ridge and base of the nose.
RIGID = [36, 39, 42, 45, 27, 28, 29, 30, 31, 33, 35]
VARIETY, EACH = 0.6, 6
KINDS = ["expression", "blink", "closed", "wink", "speech"]
WEIGHTS = [0.4, 0.2, 0.15, 0.1, 0.15]
# How far a network's landmarks are off, as a crop's shift in parts of its width, its turn, its scale; and how much of it stays from frame to frame.
TREMBLE, STAYS = np.array([0.006, 0.006, 0.006, 0.006]), 0.7


def rigid(posed):
    return posed.places[posed.person.mesh.landmarks[RIGID]]


def calibrate(mesh, people, program, path):
    """Where RIGID lies in crops that are aligned by moue's landmarks: the mean over two renders a person, kept in `path`; and how far it strays."""
    if path.is_file():
        return np.array(json.loads(path.read_text()))
    pictures, places = [], []
    for name in people:
        person, rng = Person(mesh, name), np.random.default_rng([7, int(name)])
        for _ in range(2):
            posed = Posed(person, draw_still(rng))
            pictures.append(Image.fromarray(np.ascontiguousarray(posed.picture())))
            places.append(rigid(posed))
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for index, picture in enumerate(pictures):
            big, border = crops.framed(picture, crops.ENLARGEMENT)
            big.save(Path(folder) / f"{index:05}.bmp")
        run = subprocess.run([program, "analyze", folder, "--json", "--device", "cpu", "--threads", "1", "--landmarks", "478"], stdout=subprocess.PIPE, text=True)
    for line in run.stdout.splitlines():
        record = json.loads(line)
        if len(record["faces"]) != 1:
            continue
        landmarks = (np.array(record["faces"][0]["landmarks"])[:, :2] - border) / crops.ENLARGEMENT
        origin, step = (np.array(v) / 16384 for v in crops.preprocess.similarity(landmarks[crops.POINTS], crops.TEMPLATE, crops.SIZE))
        x, y = (places[int(Path(record["input"]).stem)] - origin).T
        inside = np.stack([step[0] * x + step[1] * y, step[0] * y - step[1] * x], 1) / (step @ step)
        found.append(inside / crops.SIZE[::-1])
    mean = np.mean(found, 0)
    stray = np.std([f.mean(0) - mean.mean(0) for f in found], 0)
    print(f"aligned by moue on {len(found)} of {len(pictures)} renders; the crop strays by {stray[0]:.4f} of its width, {stray[1]:.4f} of its height")
    path.write_text(json.dumps(mean.round(5).tolist()))
    return mean


def crop(posed, template):
    return crops.crop_at(posed.picture(), rigid(posed), template)


def trembling(template, state):
    """The template moved as landmarks tremble: shift, turn and scale of `state`."""
    across, down, turn, scale = state
    width, height = crops.SIZE[1], crops.SIZE[0]
    points = template * (width, height) - (width / 2, height / 2)
    cos, sin = (1 + scale) * np.cos(turn), (1 + scale) * np.sin(turn)
    points = points @ np.array([[cos, sin], [-sin, cos]]) + (width / 2 * (1 + 2 * across), height / 2 + down * width)
    return points / (width, height)


def stills(person, template, each, seed, draw=draw_still):
    rng, rows, base = np.random.default_rng([seed, int(person.name)]), [], person.points
    for index in range(each):
        if index % EACH == 0:
            base = another(person, rng, VARIETY) if rng.random() < 0.75 else person.points
        posed = Posed(person, draw(rng), base)
        rows.append((crop(posed, template), intensities(posed, LABELS)))
    return [np.array(column) for column in zip(*rows)]


def clips(person, template, each, seed):
    rng, rows = np.random.default_rng([seed, 1, int(person.name)]), []
    for _ in range(each):
        base = another(person, rng, VARIETY) if rng.random() < 0.75 else person.points
        frames, state = [], rng.normal(0, TREMBLE)
        for scene in draw_clip(rng, str(rng.choice(KINDS, p=WEIGHTS))):
            state = STAYS * state + (1 - STAYS**2) ** 0.5 * rng.normal(0, TREMBLE)
            posed = Posed(person, scene, base)
            frames.append((crop(posed, trembling(template, state)), intensities(posed, LABELS)))
        rows.append([np.array(column) for column in zip(*frames)])
    return [np.array(column) for column in zip(*rows)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["stills", "wide", "smiles", "clips"])
    parser.add_argument("--program", type=Path, required=True, help="the program `moue`, built in release")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, required=True, help="renders, or clips, a person")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--split", choices=["train", "val", "test"], default="train")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    mesh, people = Mesh(), crops.people(options.split)
    template = calibrate(mesh, crops.people("train"), options.program, options.out / "template.json")
    make = {"stills": stills, "wide": partial(stills, draw=draw_wide), "smiles": partial(stills, draw=draw_smile), "clips": clips}[options.what]
    for name in np.random.default_rng(options.seed).permutation(people):
        path = options.out / f"{options.seed}-{name}.npz"
        if not path.is_file():
            faces, units = make(Person(mesh, str(name)), template, options.each, options.seed)
            np.savez(path.with_suffix(".part.npz"), crops=faces, intensities=units.astype(np.float16))
            path.with_suffix(".part.npz").replace(path)
            print(path.name, faces.shape, flush=True)


if __name__ == "__main__":
    main()
