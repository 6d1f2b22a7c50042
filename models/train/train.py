"""Train one member of models/train/default.json on FER2013: `python train.py --member gray --epochs 14`.

After each epoch a checkpoint is written to --checkpoints and the same command resumes from it; the run ends when all epochs are done.
Each epoch adds a line to NAME.jsonl there: losses, validation accuracy, seconds. `lbp` members need --tables, a folder with
regular.json and cyclic.json from `cargo run --release -- lut --metric regular --json -o regular.json` (and `cyclic`).
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import data
import preprocess
from network import Network

DESCRIPTION = Path(__file__).with_name("default.json")
BATCH = 64
PEAK_RATE = 4e-3
WEIGHT_DECAY = 0.02
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


class Representation:
    """One representation, split at the lookup: what comes before is computed once, what comes after a batch at a time."""

    def __init__(self, steps, tensors):
        at = next(i for i, step in enumerate(steps) if "lookup" in step)
        self.before, self.after, self.tensors = steps[:at], steps[at:], tensors

    def indices(self, faces):
        """Table indices [n, h, w] of u8 of gray faces [n, h, w]."""
        parts = [preprocess.apply(self.before, data.rgb(faces[i : i + 1024]), self.tensors) for i in range(0, len(faces), 1024)]
        return np.concatenate(parts)

    def pictures(self, indices):
        """Normalised pictures [n, h, w, 3] of f32."""
        return preprocess.apply(self.after, indices, self.tensors)


def random_crops(pictures, size, rng):
    """A random crop of each picture: [n, h, w, 3] -> [n, size[0], size[1], 3]."""
    y = rng.integers(0, pictures.shape[1] - size[0] + 1, len(pictures))
    x = rng.integers(0, pictures.shape[2] - size[1] + 1, len(pictures))
    return np.stack([p[b : b + size[0], a : a + size[1]] for p, b, a in zip(pictures, y, x)])


def random_light(pictures, rng):
    """Random contrast and brightness of normalised gray pictures."""
    contrast = rng.uniform(0.75, 1.3, (len(pictures), 1, 1, 1)).astype(np.float32)
    brightness = rng.uniform(-0.35, 0.35, (len(pictures), 1, 1, 1)).astype(np.float32)
    return pictures * contrast + brightness


def to_torch(pictures):
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def accuracy(network, representation, indices, labels, size):
    """Share of faces whose largest logit is their label, from the centre crop."""
    network.eval()
    right = 0
    with torch.no_grad():
        for i in range(0, len(labels), 256):
            crops = preprocess.crops(representation.pictures(indices[i : i + 256]), size)[:, 0]
            (logits,) = network(torch.from_numpy(crops), [network.logits_name()])
            right += int((logits.argmax(1).numpy() == labels[i : i + 256]).sum())
    return right / len(labels)


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
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    model = json.loads(DESCRIPTION.read_text())
    member = next((m for m in model["members"] if m["name"] == options.member), None)
    if member is None:
        raise SystemExit(f"--member is one of {', '.join(m['name'] for m in model['members'])}")
    steps = model["representations"][member["representation"]]
    tensors = {s["lookup"]: read_table(options.tables, s["lookup"]) for s in steps if "lookup" in s}
    representation = Representation(steps, tensors)
    has_codes = any("lbp" in s for s in steps)

    faces, labels, train, validation = data.training_data()
    indices = [representation.indices(f[train]) for f in (faces, faces[:, :, ::-1])]
    validation_indices = representation.indices(faces[validation])
    train_labels, validation_labels = torch.from_numpy(labels[train]), labels[validation]

    torch.manual_seed(options.seed)
    description = model["networks"][member["network"]]
    network = Network(description).to(memory_format=torch.channels_last)
    size = next(iter(description["inputs"].values()))[1:]
    decayed = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}])
    batches = len(train) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=batches * options.epochs, pct_start=0.2)

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
        rng = np.random.default_rng([options.seed, epoch])
        torch.manual_seed(options.seed * 1000 + epoch)
        network.train()
        order, mirrored = rng.permutation(len(train)), rng.random(len(train)) < 0.5
        total = 0.0
        for b in range(batches):
            chosen = order[b * BATCH : (b + 1) * BATCH]
            batch = np.where(mirrored[chosen, None, None], indices[1][chosen], indices[0][chosen])
            pictures = random_crops(representation.pictures(batch), size, rng)
            if not has_codes:
                pictures = random_light(pictures, rng)
            (logits,) = network(to_torch(pictures), [network.logits_name()])
            loss = F.cross_entropy(logits, train_labels[chosen], label_smoothing=SMOOTHING)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        line = {
            "member": options.member,
            "epoch": epoch + 1,
            "loss": round(total / batches, 4),
            "validation_accuracy": round(accuracy(network, representation, validation_indices, validation_labels, size), 4),
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
