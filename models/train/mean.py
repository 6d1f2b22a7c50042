"""The mean of a member's weights over runs that began with the same weights: `python mean.py gray --of FOLDER MODEL --checkpoints FOLDER`.

Each of --of is a folder of train.py, of which the running mean is taken, or a model file. Networks that learned on from one another answer alike enough
that the mean of their weights answers better than each; of runs from different beginnings it does not. What is written is a checkpoint for export.py and validate.py.
"""

import argparse
import json
from pathlib import Path

import torch

from network import Network
from train import DESCRIPTION, default_checkpoints, from_folder, from_model, read_table


def mean(every):
    """The mean of several networks' weights by their name."""
    return {name: torch.stack([weights[name].float() for weights in every]).mean(0) for name in every[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("members", nargs="+")
    parser.add_argument("--of", nargs="+", type=Path, required=True, metavar="FOLDER|MODEL")
    parser.add_argument("--tables", help="folder with regular.json and cyclic.json")
    parser.add_argument("--checkpoints", type=Path, default=default_checkpoints())
    options = parser.parse_args()
    model = json.loads(DESCRIPTION.read_text())
    options.checkpoints.mkdir(parents=True, exist_ok=True)
    for name in options.members:
        member = next((m for m in model["members"] if m["name"] == name), None)
        if member is None:
            raise SystemExit(f"`{name}` is no member: there are {', '.join(m['name'] for m in model['members'])}")
        description = model["networks"][member["network"]]
        every = [from_model(path, name) if path.is_file() else from_folder(path, name, description) for path in options.of]
        network = Network(description)
        network.load_weights(mean(every))
        steps = model["representations"][member["representation"]]
        tables = {s["lookup"]: torch.from_numpy(read_table(options.tables, s["lookup"])) for s in steps if "lookup" in s}
        path = options.checkpoints / f"{name}.pt"
        torch.save({"member": name, "epoch": 0, "epochs": 0, "tables": tables, "average": network.state_dict()}, path)
        print(f"{path}: the mean of {len(every)}")


if __name__ == "__main__":
    main()
