"""Train members of models/train/default.json on FER2013: `python train.py gray_wide --epochs 36`.

Several members train side by side, on the same random views of the same faces. With --teacher NAME they also learn from the probabilities
that a member trained before gives to each view of a face (Hinton et al., "Distilling the knowledge in a neural network", 2015).

After each epoch every member's checkpoint is written to --checkpoints and the same command resumes from them; the run ends when all epochs
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
TAUGHT = 0.75
TEMPERATURE = 2.0


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


class Pupil:
    """A member in training: its network, its optimizer, its view of a scene and of the validation faces."""

    def __init__(self, model, name, options, faces, labels, validation):
        member = next((m for m in model["members"] if m["name"] == name), None)
        if member is None:
            raise SystemExit(f"`{name}` is no member: there are {', '.join(m['name'] for m in model['members'])}")
        self.name = name
        steps = model["representations"][member["representation"]]
        self.tables = {s["lookup"]: read_table(options.tables, s["lookup"]) for s in steps if "lookup" in s}
        description = model["networks"][member["network"]]
        self.size = next(iter(description["inputs"].values()))[1:]
        self.view = View(steps, self.tables, faces.shape[1:], self.size)
        self.held_out = Validation(steps, self.tables, faces[validation], labels[validation])
        self.network = Network(description).to(memory_format=torch.channels_last)
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
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        return state["epoch"]

    def save(self, epoch, epochs, seed):
        state = {
            "member": self.name, "epoch": epoch, "epochs": epochs, "seed": seed, "tables": {k: torch.from_numpy(v) for k, v in self.tables.items()},
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict(),
        }
        torch.save(state, self.path.with_suffix(".part"))
        self.path.with_suffix(".part").replace(self.path)

    def logits(self, scene):
        with torch.autocast("cpu", torch.bfloat16):
            (logits,) = self.network(self.view.pictures(scene), [self.network.logits_name()])
        return logits.float()

    def learn(self, scene, labels, taught):
        """One step; `taught` are the teacher's logits, or None. The loss."""
        logits = self.logits(scene)
        if taught is None:
            loss = F.cross_entropy(logits, labels, label_smoothing=SMOOTHING)
        else:
            soft = [F.log_softmax(x / TEMPERATURE, 1) for x in (logits, taught)]
            apart = F.kl_div(*soft, reduction="batchmean", log_target=True) * TEMPERATURE**2
            loss = TAUGHT * apart + (1 - TAUGHT) * F.cross_entropy(logits, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return loss.item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("members", nargs="+")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--teacher", help="a member whose checkpoint is there")
    parser.add_argument("--tables", help="folder with regular.json and cyclic.json")
    parser.add_argument("--checkpoints", type=Path, default=default_checkpoints())
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--description", type=Path, default=DESCRIPTION)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.checkpoints.mkdir(parents=True, exist_ok=True)

    model = json.loads(options.description.read_text())
    faces, labels, train, validation = data.training_data()
    torch.manual_seed(options.seed)
    pupils = [Pupil(model, name, options, faces, labels, validation) for name in options.members]
    teacher = None
    if options.teacher:
        teacher = Pupil(model, options.teacher, options, faces, labels, validation)
        if not teacher.path.exists():
            raise SystemExit(f"{teacher.path} is missing: train {options.teacher} first")
        teacher.network.load_state_dict(torch.load(teacher.path, weights_only=True)["network"])
        teacher.network.eval()
        print(f"teacher {options.teacher}: validation {teacher.held_out.accuracy(teacher.network, teacher.size):.4f}", flush=True)
    faces, labels = torch.from_numpy(faces[train]), torch.from_numpy(labels[train])
    batches = len(train) // BATCH
    for pupil in pupils:
        pupil.prepare(batches * options.epochs)
        print(f"{pupil.name}: {len(train)} train, {len(validation)} validation, {2 * pupil.network.multiply_adds() / 1e6:.1f} MFLOP", flush=True)
    first = {pupil.resume(options.epochs) for pupil in pupils}
    if len(first) > 1:
        raise SystemExit(f"the checkpoints of {', '.join(options.members)} have different epochs behind them ({sorted(first)}): train them apart")

    for epoch in range(first.pop(), options.epochs):
        started = time.monotonic()
        generator = torch.Generator().manual_seed(options.seed * 1000 + epoch)
        torch.manual_seed(options.seed * 1000 + epoch)
        for pupil in pupils:
            pupil.network.train()
        order = torch.randperm(len(train), generator=generator)
        totals = [0.0] * len(pupils)
        for b in range(batches):
            chosen = order[b * BATCH : (b + 1) * BATCH]
            scene = Scene(faces[chosen], generator)
            with torch.no_grad():
                taught = teacher.logits(scene) if teacher else None
            for i, pupil in enumerate(pupils):
                totals[i] += pupil.learn(scene, labels[chosen], taught)
        seconds = round(time.monotonic() - started, 1)
        for pupil, total in zip(pupils, totals):
            accuracy = round(pupil.held_out.accuracy(pupil.network, pupil.size), 4)
            line = {"member": pupil.name, "epoch": epoch + 1, "loss": round(total / batches, 4), "validation_accuracy": accuracy, "seconds": seconds}
            pupil.save(epoch + 1, options.epochs, options.seed)
            with open(options.checkpoints / f"{pupil.name}.jsonl", "a") as log:
                log.write(json.dumps(line) + "\n")
            print(line, flush=True)


if __name__ == "__main__":
    main()
