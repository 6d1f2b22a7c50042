"""Make the model file of a checkpoint: `python pack.py runs/sgm.pt --network wide --out embedding.safetensors`.

Weights of convolutions and dense layers are rounded to f16. The model has no labels: its network answers 64 numbers a crop, and a face's are the mean of its and its mirror image's.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save

from embed import DEFAULT, Subject  # first: it adds models/train
from export import rounded
from network import Network
from preprocess import identity_table

LICENCE = "MIT OR Apache-2.0; the images that it was trained on (FER2013) carry no licence of their own, their votes (FER+) are Microsoft's, MIT, see models/embedding/README.md"
SOURCE = "models/embedding of this repository"
MEMBER = "embedding"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--network", default="wide", help="as embed.py had it [default: %(default)s]")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    subject = Subject(options.network)
    network = subject.network()
    network.load_state_dict(torch.load(options.checkpoint, weights_only=True)["average"])
    tensors = {f"{MEMBER}/{name}": rounded(name, value) for name, value in network.named_weights().items()}
    tensors["tables/gray"] = np.asarray(identity_table())
    text = {
        "moue": 1,
        "name": MEMBER,
        "labels": [],
        "licence": LICENCE,
        "source": SOURCE,
        "card": "models/embedding/README.md",
        "canonical": DEFAULT["canonical"],
        "representations": {"gray": subject.steps},
        "networks": {subject.name: subject.text},
        "members": [{"name": MEMBER, "representation": "gray", "network": subject.name, "weights": f"{MEMBER}/"}],
        "fusion": {"rule": "weighted_mean", "weights": [1.0]},
        "oversample": "mirrored",
    }
    options.out.write_bytes(save(tensors, {"moue": json.dumps(text)}))
    print(f"{options.out}: {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
