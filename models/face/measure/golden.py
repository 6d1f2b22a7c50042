"""The prototype beside MediaPipe's own answers (golden/): landmarks of the photos, blendshapes of the photos and of the London portraits.

    python golden.py [fast|normal]

The landmarks' error is a distance in pixels of the 256 x 256 square. MediaPipe answers from short range's rectangle: of `fast` ours is the same.
"""

import csv
import json
import sys

import numpy as np

import finder
import networks
from networks import DATA, WEIGHTS
from pasted import read

APART = ("pexels-1080865-group.jpeg", "pexels-18175-angry.jpg")


def golden_blendshapes(name):
    names = (WEIGHTS / "blendshape_names.txt").read_text().split()
    with open(WEIGHTS / "golden" / name, newline="") as file:
        return {(row["file"], int(row["face"])): np.array([float(row[shape]) for shape in names]) for row in csv.DictReader(file)}


def main():
    rules = finder.SETTINGS[sys.argv[1] if len(sys.argv) > 1 else "normal"]
    landmarks = json.loads((WEIGHTS / "golden" / "photos_blendshapes_landmarks478.json").read_text())
    shapes = golden_blendshapes("photos_blendshapes.csv")
    faces, within, apart = {}, [], []
    print("| | landmarks, median | worst | blendshapes within 0.15 | greatest difference |\n|---|---|---|---|---|")
    for key, golden in landmarks.items():
        file, number = key.split("#")
        if file not in faces:
            picture = read(DATA / file)
            faces[file] = picture.shape, finder.find(picture, rules)
        (height, width, _), found = faces[file]
        truth = np.array(golden["landmarks"])[:, :2] * [width, height]
        if not found:
            print(f"| {key} | not found | | | |")
            continue
        face = min(found, key=lambda one: np.hypot(*(one["landmarks"][:, :2] - truth).mean(0)))
        error = np.hypot(*(face["landmarks"][:, :2] - truth).T) / finder.landmarks_rect(truth)[2] * 256
        difference = np.abs(networks.blendshapes(face["landmarks"]) - shapes[file, int(number)])
        (apart if file.split("/")[-1] in APART else within).append(difference)
        print(f"| {key} | {np.median(error):.2f} | {error.max():.1f} | {(difference <= 0.15).sum()} of 52 | {difference.max():.3f} |")
    print(f"\nphotos but for the group and the shouting man: {(np.array(within) <= 0.15).mean():.4f} of the blendshapes within 0.15; those: {(np.array(apart) <= 0.15).mean():.4f}")
    differences = []
    for (file, _), golden in list(golden_blendshapes("london450_blendshapes.csv").items()):
        face = finder.find(read(DATA / file), rules)
        if face:
            differences.append(np.abs(networks.blendshapes(face[0]["landmarks"]) - golden))
    differences = np.array(differences)
    print(f"London, {len(differences)} portraits: {(differences <= 0.15).mean():.4f} within 0.15, mean difference {differences.mean():.4f}, 99th percentile {np.percentile(differences, 99):.3f}")


if __name__ == "__main__":
    main()
