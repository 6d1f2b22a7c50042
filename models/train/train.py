"""Train one member of models/train/default.json on FER2013: `python train.py --member gray --epochs 14`.

After each epoch a checkpoint is written to --checkpoints and the same command resumes from it; the run ends when all epochs are done.
Each epoch adds a line to NAME.jsonl there: losses, validation accuracy, seconds. `lbp` members need --tables, a folder with
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
from augment import View
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


def save_atomically(state, path):
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--member", required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--tables", help="folder with regular.json and cyclic.json")
    parser.add_argument("--checkpoints", type=Path, default=default_checkpoints())
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--description", type=Path, default=DESCRIPTION)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    model = json.loads(options.description.read_text())
    member = next((m for m in model["members"] if m["name"] == options.member), None)
    if member is None:
        raise SystemExit(f"--member is one of {', '.join(m['name'] for m in model['members'])}")
    steps = model["representations"][member["representation"]]
    tensors = {s["lookup"]: read_table(options.tables, s["lookup"]) for s in steps if "lookup" in s}
    faces, labels, train, validation = data.training_data()
    description = model["networks"][member["network"]]
    size = next(iter(description["inputs"].values()))[1:]
    held_out = Validation(steps, tensors, faces[validation], labels[validation])
    view = View(steps, tensors, faces.shape[1:], size)
    faces, labels = torch.from_numpy(faces[train]), torch.from_numpy(labels[train])

    torch.manual_seed(options.seed)
    network = Network(description).to(memory_format=torch.channels_last)
    decayed = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() == 1]
    groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=PEAK_RATE, momentum=MOMENTUM, nesterov=True)
    batches = len(train) // BATCH
    steps_in_all = batches * options.epochs

    def rate(step):
        at = step / steps_in_all
        return max(at / WARM_UP, 1e-3) if at < WARM_UP else 0.5 * (1 + cos(pi * (at - WARM_UP) / (1 - WARM_UP)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)

    options.checkpoints.mkdir(parents=True, exist_ok=True)
    checkpoint = options.checkpoints / f"{options.member}.pt"
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["epochs"] != options.epochs:
            raise SystemExit(f"{checkpoint} is of a run of {state['epochs']} epochs: finish that one, or move it away")
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first = state["epoch"]

    print(f"{options.member}: {len(train)} train, {len(validation)} validation, {2 * network.multiply_adds() / 1e6:.1f} MFLOP", flush=True)
    for epoch in range(first, options.epochs):
        started = time.monotonic()
        generator = torch.Generator().manual_seed(options.seed * 1000 + epoch)
        torch.manual_seed(options.seed * 1000 + epoch)
        network.train()
        order = torch.randperm(len(train), generator=generator)
        total = 0.0
        for b in range(batches):
            chosen = order[b * BATCH : (b + 1) * BATCH]
            pictures = view.pictures(faces[chosen], generator)
            with torch.autocast("cpu", torch.bfloat16):
                (logits,) = network(pictures, [network.logits_name()])
            loss = F.cross_entropy(logits.float(), labels[chosen], label_smoothing=SMOOTHING)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        line = {
            "member": options.member,
            "epoch": epoch + 1,
            "loss": round(total / batches, 4),
            "validation_accuracy": round(held_out.accuracy(network, size), 4),
            "seconds": round(time.monotonic() - started, 1),
        }
        save_atomically(
            {
                "member": options.member, "epoch": epoch + 1, "epochs": options.epochs, "seed": options.seed, "tables": {k: torch.from_numpy(v) for k, v in tensors.items()},
                "validation_accuracy": line["validation_accuracy"], "network": network.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
            },
            checkpoint,
        )
        with open(options.checkpoints / f"{options.member}.jsonl", "a") as log:
            log.write(json.dumps(line) + "\n")
        print(line, flush=True)


if __name__ == "__main__":
    main()
