"""Which landmarks an alignment goes by: how often the default model is right about validation images that are aligned by each choice.

    python ../../train/data.py --validation FOLDER
    python alignments.py FOLDER --program ../../../target/release/moue

FOLDER has a folder a class. Each image is enlarged four times, its edges repeated outwards by half of its side; the program finds its landmarks. Of those with one face
(of the first COUNT of each class, with --count) crops are made by each template, fitted to these images themselves as in template.py, and `moue evaluate` reads them.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

import template
from finder import OVAL

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "train"))
import preprocess  # noqa: E402

EYES = ((33, 133), (362, 263))
CHOICES = {
    "outline": (((10,), (152,), (234,), (454,)), (0, 1, 3, 2)),
    "oval": (tuple((index,) for index in OVAL), tuple(-at % len(OVAL) for at in range(len(OVAL)))),
    "eyes": (EYES, (1, 0)),
    "eyes, nose": ((*EYES, (2, 98, 327)), (1, 0, 2)),
    "eyes, nose, mouth": ((*EYES, (2, 98, 327), (61,), (291,)), (1, 0, 2, 4, 3)),
}
SIZE = 48


def enlarged(picture):
    side = picture.shape[0] * template.ENLARGEMENT
    border = side // 2
    big = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
    return cv2.copyMakeBorder(big, border, border, border, border, cv2.BORDER_REPLICATE)


def points(landmarks, indices):
    return np.stack([landmarks[list(one)].mean(0) for one in indices])


def found(program, folder):
    """Landmarks [478, 2] of each enlarged image with one face, by its path."""
    arguments = [program, "analyze", folder, "--device", "cpu", "--json", "--landmarks", "478", "--min-face", "60"]
    lines = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    records = [json.loads(line) for line in lines]
    return {record["input"]: np.array(record["faces"][0]["landmarks"])[:, :2] for record in records if len(record["faces"]) == 1}


def right(program, folder):
    report = subprocess.run([program, "evaluate", "--device", "cpu", "--data", folder], check=True, stdout=subprocess.PIPE, text=True).stdout
    return report.splitlines()[0]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--program", default="moue")
    arguments.add_argument("--count", type=int)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        images = {}
        for kind in sorted(path for path in options.folder.iterdir() if path.is_dir()):
            for path in sorted(kind.iterdir())[: options.count]:
                images[f"{kind.name}/{path.stem}.png"] = cv2.imread(str(path))
        for name, picture in images.items():
            (scratch / "big" / name).parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(scratch / "big" / name), enlarged(picture))
        landmarks = {str(Path(path).relative_to(scratch / "big")): value for path, value in found(options.program, scratch / "big").items()}

        def written(folder, crop):
            for name in landmarks:
                (scratch / folder / name).parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(scratch / folder / name), crop(name))
            return scratch / folder

        print(f"{len(landmarks)} of {len(images)} images have one face")
        print(f"as they are: {right(options.program, written('as_is', images.__getitem__))}")
        side = next(iter(images.values())).shape[0] * template.ENLARGEMENT
        for choice, (indices, mirror) in CHOICES.items():
            placed = np.stack([(points(value, indices) - side // 2) / side for value in landmarks.values()])
            template.MIRROR = mirror
            at, _ = template.fit(placed[..., 0] + 1j * placed[..., 1])
            wanted = np.stack([at.real, at.imag], 1)

            def crop(name):
                origin, step = preprocess.similarity(points(landmarks[name], indices), wanted, (SIZE, SIZE))
                return preprocess.turned(enlarged(images[name]), origin, step, (SIZE, SIZE))

            print(f"{choice}: {right(options.program, written(choice, crop))}", flush=True)


if __name__ == "__main__":
    main()
