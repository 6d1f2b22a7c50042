"""Make models/default.safetensors from the members' checkpoints: `python export.py`.

Convolution and dense weights are rounded to f16 first; the fusion weights are learned on the validation split with the rounded
weights, and the printed accuracies are of the written file. The fusion maximises the likelihood of the validation labels
under the weighted mean of the members' probabilities, by expectation maximisation: non-negative weights that sum to 1.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save

import data
from model import Model
from network import Network
from train import DESCRIPTION, default_checkpoints

MODELS = Path(__file__).resolve().parents[1]
LICENCE = "MIT OR Apache-2.0; the images that it was trained on (FER2013) carry no licence of their own, see models/default.md"
SOURCE = "models/train of this repository"


def rounded(name, value):
    """A weight as it is stored: f16 for convolution and dense weights, f32 for the rest."""
    value = value.detach().contiguous().numpy()
    return value.astype(np.float16) if value.ndim > 1 else value.astype(np.float32)


def member_tensors(model, member, checkpoint):
    """A member's weights behind its prefix, and the tables of its representation."""
    network = Network(model["networks"][member["network"]])
    network.load_state_dict(checkpoint["network"])
    tensors = {member["weights"] + name: rounded(name, value) for name, value in network.named_weights().items()}
    tensors.update({name: table.numpy() for name, table in checkpoint["tables"].items()})
    return tensors


def fusion_weights(probabilities, labels, rounds=500):
    """Weights [members] of the mixture under which the labels are likeliest."""
    of_label = probabilities[:, np.arange(len(labels)), labels].astype(np.float64)
    weights = np.full(len(of_label), 1 / len(of_label))
    for _ in range(rounds):
        share = weights[:, None] * of_label
        weights = (share / share.sum(0)).mean(1)
    thousandths = np.floor(weights * 1000).astype(int)
    for i in np.argsort(thousandths - weights * 1000)[: 1000 - thousandths.sum()]:
        thousandths[i] += 1
    return [int(t) / 1000 for t in thousandths]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, default=default_checkpoints())
    parser.add_argument("--out", type=Path, default=MODELS / "default.safetensors")
    options = parser.parse_args()
    torch.set_num_threads(1)

    text = json.loads(DESCRIPTION.read_text())
    tensors = {}
    for member in text["members"]:
        path = options.checkpoints / f"{member['name']}.pt"
        if not path.is_file():
            raise SystemExit(f"{path} is missing: run train.py --member {member['name']} first")
        checkpoint = torch.load(path, weights_only=True)
        if checkpoint["epoch"] != checkpoint["epochs"]:
            raise SystemExit(f"{path} has {checkpoint['epoch']} of {checkpoint['epochs']} epochs: let train.py finish")
        tensors.update(member_tensors(text, member, checkpoint))

    faces, labels, _, validation = data.training_data()
    canonicals, labels = data.rgb(faces[validation]), labels[validation]
    probabilities = Model(text, tensors).member_probabilities(canonicals)
    text["fusion"]["weights"] = fusion_weights(probabilities, labels)
    head = {key: text.pop(key) for key in ("moue", "name", "labels")}
    text = {**head, "licence": LICENCE, "source": SOURCE, "card": "models/default.md", **text}
    options.out.write_bytes(save(tensors, {"moue": json.dumps(text)}))

    model = Model.load(options.out)
    probabilities = model.member_probabilities(canonicals)
    print(f"validation, {len(labels)} faces")
    for member, weight, p in zip(text["members"], text["fusion"]["weights"], probabilities):
        print(f"{member['name']:15} {(p.argmax(1) == labels).mean():.4f}  fusion weight {weight:.3f}")
    print(f"{'fused':15} {(model.fuse(probabilities).argmax(1) == labels).mean():.4f}")


if __name__ == "__main__":
    main()
