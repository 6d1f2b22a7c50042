"""Fits the template of aligned crops to FER2013's training images.

    python template.py [COUNT] [--sheet SHEET.png]

Takes COUNT (1500) images of train.tar.gz, evenly over it, enlarges them four times, repeats their edges outwards by half of their side, and
finds the face in each; never an image of the test sets. Of those with one face: where the points lie in the image, in units of its side.

The template keeps the median place and size of the four points and the mean of their shapes, made symmetric and upright. An aligned crop is the
square of the photograph onto which the template falls: centre, side and angle by least squares over the points, in the photograph.
"""

import argparse
import tarfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

import finder
from networks import DATA

# Mesh landmarks on the face's oval. Points of the eyes, the nose and the mouth in their place, alone or beside them, were read worse: README.md.
POINTS = {"forehead": (10,), "chin": (152,), "left edge": (234,), "right edge": (454,)}
MIRROR = (0, 1, 3, 2)
ENLARGEMENT = 4


def points(landmarks):
    """The template's points [4] as complex numbers x + iy."""
    placed = np.stack([landmarks[list(indices), :2].mean(0) for indices in POINTS.values()])
    return placed[:, 0] + 1j * placed[:, 1]


def square(landmarks, template):
    """(centre x, centre y, side, angle) of the aligned crop: the photograph's point of crop position t is c t + d."""
    at, about = points(landmarks), template - template.mean()
    c = (np.conj(about) * (at - at.mean())).sum() / (np.abs(about) ** 2).sum()
    centre = c * (0.5 + 0.5j - template.mean()) + at.mean()
    return np.array([centre.real, centre.imag, abs(c), np.angle(c)])


def images(count):
    """COUNT training images evenly over the archive: (name, picture)."""
    with tarfile.open(DATA / "fer2013" / "train.tar.gz") as archive:
        members = sorted((member for member in archive.getmembers() if member.isfile() and member.name.endswith(".jpg")), key=lambda m: m.name)
        chosen = {member.name for member in members[:: max(1, len(members) // count)]}
    with tarfile.open(DATA / "fer2013" / "train.tar.gz") as archive:
        for member in archive:
            if member.name in chosen:
                coded = np.frombuffer(archive.extractfile(member).read(), np.uint8)
                yield member.name, cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def located(picture):
    """Landmarks of the one face of a training image, in units of its side, or None."""
    side = picture.shape[0] * ENLARGEMENT
    border = side // 2
    big = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
    big = cv2.copyMakeBorder(big, border, border, border, border, cv2.BORDER_REPLICATE)
    faces = finder.find(big, replace(finder.NORMAL, min_face=side / 3))
    return (faces[0]["landmarks"][:, :2] - border) / side if len(faces) == 1 else None


def fit(found):
    """The template [4] of complex numbers in units of the crop, of points [n, 4] of images in units of their side."""
    centre = np.median(found.mean(1).real) + 1j * np.median(found.mean(1).imag)
    shapes = found - found.mean(1, keepdims=True)
    sizes = np.sqrt((np.abs(shapes) ** 2).sum(1))
    shapes = shapes / sizes[:, None]
    mean = shapes[0]
    for _ in range(10):
        turns = (shapes * np.conj(mean)).sum(1)
        mean = (shapes * np.conj(turns / np.abs(turns))[:, None]).mean(0)
        mean = mean / np.sqrt((np.abs(mean) ** 2).sum())
        mean = (mean - np.conj(mean[list(MIRROR)])) / 2
        mean = mean / np.sqrt((np.abs(mean) ** 2).sum())
    return 0.5 + 1j * centre.imag + mean * np.median(sizes), centre


def quartiles(values):
    return " ".join(f"{value:+.3f}" for value in np.percentile(values, (25, 50, 75)))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("count", nargs="?", type=int, default=1500)
    arguments.add_argument("--sheet", type=Path)
    options = arguments.parse_args()
    found, pictures, tried = [], [], 0
    for _, picture in images(options.count):
        tried += 1
        landmarks = located(picture)
        if landmarks is not None:
            found.append(landmarks)
            pictures.append(picture)
    placed = np.stack([points(landmarks) for landmarks in found])
    template, centre = fit(placed)
    print(f"{tried} images, {len(found)} with one face; median centre of the points {centre.real:.4f} {centre.imag:.4f}")
    for name, indices, at in zip(POINTS, POINTS.values(), template, strict=True):
        print(f"{name:15} {at.real:.4f} {at.imag:.4f}   landmarks {indices}")
    squares = np.array([square(landmarks, template) for landmarks in found])
    print("of the aligned square against the image, quartiles:")
    for name, values in (("centre x", squares[:, 0] - 0.5), ("centre y", squares[:, 1] - 0.5), ("log2 side", np.log2(squares[:, 2])), ("degrees", np.rad2deg(squares[:, 3]))):
        print(f"  {name:10} {quartiles(values)}")
    if options.sheet:
        sheet(options.sheet, template, pictures)


def sheet(path, template, pictures):
    """Four rows of training images as they are, four of London faces aligned."""
    rows = [np.hstack([cv2.resize(picture, (96, 96)) for picture in pictures[i :: max(1, len(pictures) // 12)][:12]]) for i in range(4)]
    london = [path for kind in ("neutral_front", "smiling_front") for path in sorted((DATA / "london-450" / kind).glob("*.jpg"))[::4][:24]]
    crops = []
    for one in london:
        picture = cv2.cvtColor(cv2.imread(str(one)), cv2.COLOR_BGR2GRAY)[..., None].repeat(3, -1)
        face = finder.find(picture, finder.NORMAL)[0]
        crops.append(cv2.resize(finder.sample(picture, square(face["landmarks"], template), 48), (96, 96)))
    rows += [np.hstack(crops[i : i + 12]) for i in range(0, 48, 12)]
    cv2.imwrite(str(path), np.vstack(rows))


if __name__ == "__main__":
    main()
