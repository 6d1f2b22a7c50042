"""The model file of a fine-tuned network."""

import json

import numpy as np
from safetensors.numpy import save

import preprocess
from export import rounded


def mean_of(crops, places, gray):
    """Mean red, green and blue, 0 to 255, of the crops at `places`; of gray ones thrice the same."""
    total = np.zeros(3)
    for place in places.tolist():
        crop = np.asarray(crops[place])
        total += preprocess.gray(crop).mean() if gray else crop.mean((0, 1))
    return (total / len(places)).tolist()


class View:
    """How a canonical crop becomes the network's input: perhaps gray, less the mean of the pictures learned from, scaled."""

    def __init__(self, gray, mean, scale):
        steps = [{"gray": "matlab"}, {"lookup": "tables/gray"}] if gray else []
        self.steps = [*steps, {"normalise": {"mean": [round(m, 3) for m in mean], "scale": [round(s, 9) for s in scale]}}]
        self.tables = {"tables/gray": preprocess.identity_table()} if gray else {}


def write(path, network, start, labels, canonical, view):
    """Writes the model file: the network, its view of a face, its labels."""
    tensors = {name: rounded(name, value.cpu()) for name, value in network.named_weights().items()}
    text = {
        "moue": 1, "name": path.parent.resolve().name, "labels": labels, "licence": "that of the pictures and of the weights it began with",
        "source": f"models/train/finetune.py: {start.told()}", "card": "README.md beside the file", "canonical": canonical,
        "representations": {"face": view.steps}, "networks": {start.arch: network.description},
        "members": [{"name": start.arch, "representation": "face", "network": start.arch, "weights": ""}],
        "fusion": {"rule": "weighted_mean", "weights": [1.0]}, "oversample": "none",
    }
    part = path.with_suffix(".part")
    part.write_bytes(save({**tensors, **view.tables}, {"moue": json.dumps(text)}))
    part.replace(path)
