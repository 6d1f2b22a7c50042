"""Make a model file of the members' checkpoints: `python export.py --out members.safetensors`.

Convolution and dense weights are rounded to f16, or with --eight-bits to eight bits and a scale an output channel. The members weigh alike: `moue fuse` learns
their weights, and the temperature, of this file. A member without a checkpoint is that of --others, another model file, where one is named.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save

from network import Network
from quantise import quantised, unpacked
from train import DESCRIPTION, default_checkpoints

LICENCE = "MIT OR Apache-2.0; the images that it was trained on (FER2013) carry no licence of their own, their votes (FER+) are Microsoft's, MIT, see models/default/README.md"
SOURCE = "models/train of this repository"


def rounded(name, value):
    """A weight as it is stored: f16 for convolution and dense weights, f32 for the rest."""
    value = value.detach().contiguous().numpy()
    return value.astype(np.float16) if value.ndim > 1 else value.astype(np.float32)


def member_tensors(model, member, checkpoint):
    """A member's weights behind its prefix, and the tables of its representation."""
    network = Network(model["networks"][member["network"]])
    network.load_state_dict(checkpoint["average"])
    tensors = {member["weights"] + name: rounded(name, value) for name, value in network.named_weights().items()}
    tensors.update({name: table.numpy() for name, table in checkpoint["tables"].items()})
    return tensors


def other_tensors(model, member, path):
    """A member's weights in the model file `path`, as they are behind its prefix here, and the tables of its representation."""
    with safe_open(path, "numpy") as file:
        text = json.loads(file.metadata()["moue"])
        prefix = next((m["weights"] for m in text["members"] if m["name"] == member["name"]), None)
        if prefix is None:
            raise SystemExit(f"{path} has no member `{member['name']}`: run train.py {member['name']} first")
        own = unpacked({key: file.get_tensor(key) for key in file.keys() if key.startswith(prefix)})
        tables = {step["lookup"] for step in model["representations"][member["representation"]] if "lookup" in step}
        tensors = {name: file.get_tensor(name) for name in tables}
    for name, wanted in Network(model["networks"][member["network"]]).named_weights().items():
        value = torch.from_numpy(own[prefix + name].astype(np.float32))
        if value.shape != wanted.shape:
            raise SystemExit(f"{path}: {prefix}{name} is {list(value.shape)}, {list(wanted.shape)} here: train the member anew")
        tensors[member["weights"] + name] = rounded(name, value)
    return tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, default=default_checkpoints())
    parser.add_argument("--others", type=Path, help="a model file, for members without a checkpoint")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--eight-bits", action="store_true")
    options = parser.parse_args()

    text = json.loads(DESCRIPTION.read_text())
    tensors = {}
    for member in text["members"]:
        path = options.checkpoints / f"{member['name']}.pt"
        if not path.is_file() and options.others:
            tensors.update(other_tensors(text, member, options.others))
            continue
        if not path.is_file():
            raise SystemExit(f"{path} is missing: run train.py {member['name']} first")
        checkpoint = torch.load(path, weights_only=True)
        if checkpoint["epoch"] != checkpoint["epochs"]:
            raise SystemExit(f"{path} has {checkpoint['epoch']} of {checkpoint['epochs']} epochs: let train.py finish")
        tensors.update(member_tensors(text, member, checkpoint))

    equal = [1000 // len(text["members"]) + (i < 1000 % len(text["members"])) for i in range(len(text["members"]))]
    text["fusion"]["weights"] = [thousandths / 1000 for thousandths in equal]
    if options.eight_bits:
        tensors = quantised(text, tensors)
    head = {key: text.pop(key) for key in ("moue", "name", "labels")}
    text = {**head, "licence": LICENCE, "source": SOURCE, "card": "models/default/README.md", **text}
    options.out.write_bytes(save(tensors, {"moue": json.dumps(text)}))
    print(f"{options.out}: {len(text['members'])} members, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
