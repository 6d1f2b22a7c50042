"""Accuracy of a model file in PyTorch: `python evaluate.py SOURCE`, a folder or .tar.gz with one folder a class.

Every image is a face as a whole: no detection, no margin.
"""

import argparse
import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

import data
import preprocess
from model import Model

DEFAULT = Path(__file__).resolve().parents[1] / "default" / "default.safetensors"


def canonical_faces(files, size):
    """Canonical crops [n, h, w, 3] of u8 of image files, each a face as a whole."""
    faces = []
    for file in files:
        photo = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB"))
        faces.append(preprocess.canonical(photo, (0, 0, photo.shape[1], photo.shape[0]), size))
    return np.stack(faces)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--model", type=Path, default=DEFAULT)
    options = parser.parse_args()
    torch.set_num_threads(1)

    model = Model.load(options.model)
    names, files, labels = data.read_files(options.source)
    probabilities = model.member_probabilities(canonical_faces(files, model.text["canonical"]["size"]))
    fused = model.fuse(probabilities)
    print(f"{options.source.name}, {len(names)} faces")
    for member, p in zip(model.text["members"], probabilities):
        print(f"{member['name']:15} {(p.argmax(1) == labels).mean():.4f}")
    print(f"{'fused':15} {(fused.argmax(1) == labels).mean():.4f}")
    for index, label in enumerate(model.text["labels"]):
        of_label = labels == index
        if of_label.any():
            print(f"  {label:13} {(fused[of_label].argmax(1) == index).mean():.4f} of {of_label.sum()}")


if __name__ == "__main__":
    main()
