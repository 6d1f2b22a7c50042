"""Train members of models/train/default.json on FER2013, one after another: `python train.py gray_wide lbp --epochs 54`.

Each learns from the labels alone, from scenes of its own: what members answer differently is what their fusion lives on. The seed of a member
is its place in the description, so that the order of the command does not matter.

After each epoch the member's checkpoint is written to --checkpoints and the same command resumes from it; a member is finished when all its epochs
are done. Each epoch adds a line to NAME.jsonl there: loss, validation accuracy, seconds. `lbp` members need --tables, a folder with
regular.json and cyclic.json from `cargo run --release -- lut --metric regular --json -o regular.json` (and `cyclic`).
"""

import argparse
import json
import os
import time
from math import cos, pi
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import data
import preprocess
from augment import Scene, View
from network import Network

DESCRIPTION = Path(__file__).with_name("default.json")
BATCH = 128
PEAK_RATE = 0.1
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
WARM_UP = 0.15
SMOOTHING = 0.1


def default_checkpoints():
    """The user's cache folder, where a checkpoint outlives the working tree."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "moue" / "train"


def read_table(folder, name):
    """The table `tables/NAME` [256, 3] of u8; `gray` is the identity."""
    if name == "tables/gray":
        return preprocess.identity_table()
    path = Path(folder or ".") / (name.removeprefix("tables/") + ".json")
    if folder is None or not path.is_file():
        raise SystemExit(f"{name} is missing: make {path.name} with `moue lut --metric {path.stem} --json` and name its folder with --tables")
    return np.array(json.loads(path.read_text())["table"], np.uint8)


class Validation:
    """The validation faces as a member sees them, by the exact rules, and their labels."""

    def __init__(self, steps, tensors, faces, labels):
        at = next(i for i, step in enumerate(steps) if "lookup" in step)
        parts = [preprocess.apply(steps[:at], data.rgb(faces[i : i + 512]), tensors) for i in range(0, len(faces), 512)]
        self.indices, self.labels, self.after, self.tensors = np.concatenate(parts), labels, steps[at:], tensors

    def accuracy(self, network, size):
        """Share of faces whose largest logit is their label, from the centre crop."""
        network.eval()
        right = 0
        for i in range(0, len(self.labels), 256):
            crops = preprocess.crops(preprocess.apply(self.after, self.indices[i : i + 256], self.tensors), size)[:, 0]
            x = torch.from_numpy(crops).contiguous(memory_format=torch.channels_last)
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                (logits,) = network(x, [network.logits_name()])
            right += int((logits.argmax(1).numpy() == self.labels[i : i + 256]).sum())
        return right / len(self.labels)


class Member:
    """A member in training: its network, its optimizer, its view of a scene and of the validation faces."""

    def __init__(self, model, name, options, faces, labels, validation):
        names = [m["name"] for m in model["members"]]
        if name not in names:
            raise SystemExit(f"`{name}` is no member: there are {', '.join(names)}")
        self.name, self.seed = name, names.index(name) + 1
        member = model["members"][names.index(name)]
        steps = model["representations"][member["representation"]]
        self.tables = {s["lookup"]: read_table(options.tables, s["lookup"]) for s in steps if "lookup" in s}
        description = model["networks"][member["network"]]
        self.size = next(iter(description["inputs"].values()))[1:]
        self.view = View(steps, self.tables, faces.shape[1:], self.size)
        self.held_out = Validation(steps, self.tables, faces[validation], labels[validation])
        torch.manual_seed(self.seed)
        self.network = Network(description).to(memory_format=torch.channels_last)
        self.folder = options.checkpoints
        self.path = options.checkpoints / f"{name}.pt"

    def prepare(self, steps):
        """The optimizer and its schedule over `steps` batches."""
        decayed = [p for p in self.network.parameters() if p.dim() > 1]
        others = [p for p in self.network.parameters() if p.dim() == 1]
        groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.SGD(groups, lr=PEAK_RATE, momentum=MOMENTUM, nesterov=True)

        def rate(step):
            at = step / steps
            return max(at / WARM_UP, 1e-3) if at < WARM_UP else 0.5 * (1 + cos(pi * (at - WARM_UP) / (1 - WARM_UP)))

        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, rate)

    def resume(self, epochs):
        """Takes up the checkpoint where there is one; the epochs it has behind it."""
        if not self.path.exists():
            return 0
        state = torch.load(self.path, weights_only=True)
        if state["epochs"] != epochs:
            raise SystemExit(f"{self.path} is of a run of {state['epochs']} epochs: finish that one, or move it away")
        tables = state["tables"]
        if state["seed"] != self.seed or tables.keys() != self.tables.keys() or any((tables[k].numpy() != v).any() for k, v in self.tables.items()):
            raise SystemExit(f"{self.path} is of another place in the description, or of other tables: move it away")
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        return state["epoch"]

    def save(self, epoch, epochs):
        state = {
            "member": self.name, "epoch": epoch, "epochs": epochs, "seed": self.seed, "tables": {k: torch.from_numpy(v) for k, v in self.tables.items()},
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict(),
        }
        torch.save(state, self.path.with_suffix(".part"))
        self.path.with_suffix(".part").replace(self.path)

    def learn(self, scene, labels):
        """One step. The loss."""
        with torch.autocast("cpu", torch.bfloat16):
            (logits,) = self.network(self.view.pictures(scene), [self.network.logits_name()])
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=SMOOTHING)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return loss.item()

    def epoch(self, index, epochs, faces, labels):
        """One pass over all faces; its line is logged and printed."""
        started = time.monotonic()
        seed = self.seed * 1000 + index
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        self.network.train()
        order = torch.randperm(len(labels), generator=generator)
        batches = len(labels) // BATCH
        total = 0.0
        for b in range(batches):
            chosen = order[b * BATCH : (b + 1) * BATCH]
            total += self.learn(Scene(faces[chosen], generator), labels[chosen])
        seconds = round(time.monotonic() - started, 1)
        accuracy = round(self.held_out.accuracy(self.network, self.size), 4)
        line = {"member": self.name, "epoch": index + 1, "loss": round(total / batches, 4), "validation_accuracy": accuracy, "seconds": seconds}
        self.save(index + 1, epochs)
        with open(self.folder / f"{self.name}.jsonl", "a") as log:
            log.write(json.dumps(line) + "\n")
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("members", nargs="+")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--tables", help="folder with regular.json and cyclic.json")
    parser.add_argument("--checkpoints", type=Path, default=default_checkpoints())
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--description", type=Path, default=DESCRIPTION)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.checkpoints.mkdir(parents=True, exist_ok=True)

    model = json.loads(options.description.read_text())
    faces, labels, train, validation = data.training_data()
    learned = torch.from_numpy(faces[train]), torch.from_numpy(labels[train])
    for name in options.members:
        member = Member(model, name, options, faces, labels, validation)
        member.prepare(len(train) // BATCH * options.epochs)
        print(f"{name}: {len(train)} train, {len(validation)} validation, {2 * member.network.multiply_adds() / 1e6:.1f} MFLOP", flush=True)
        for index in range(member.resume(options.epochs), options.epochs):
            member.epoch(index, options.epochs, *learned)


if __name__ == "__main__":
    main()
