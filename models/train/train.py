"""Train members of models/train/default.json on the votes of FER+, one after another: `python train.py gray_wide lbp --epochs 20 --begin WEIGHTS`.

The target of a face is the distribution of its votes over the eight expressions; the loss is the cross-entropy with it. A member begins with --begin:
a model file (the member of its name, the answers by their labels), or a folder of first_stage.py or of an earlier run; without, at random. What it keeps is the
running mean of its weights over steps.

Each learns from scenes of its own: what members answer differently is what their fusion lives on. The seed of a member is its place in the description, so
that the order of the command does not matter.

After each epoch the member's checkpoint is written to --checkpoints and the same command resumes from it; a member is finished when all its epochs
are done. Each epoch adds a line to NAME.jsonl there: loss, figures of validation, seconds. `lbp` members need --tables, a folder with
regular.json and cyclic.json from `cargo run --release -- lut --metric regular --json -o regular.json` (and `cyclic`).
"""

import argparse
import copy
import json
import os
import time
from math import cos, pi
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch.nn import functional as F

import data
import degrade
import preprocess
import votes
from augment import Scene, View
from network import Network
from quantise import unpacked

DESCRIPTION = Path(__file__).with_name("default.json")
BATCH = 128
PEAK_RATE = 0.05
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
WARM_UP = 0.1
AVERAGE = 0.998
MIXED = 0.4
RARE = -4.0


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
    """The validation faces as a member sees them, by the exact rules, and their votes."""

    def __init__(self, steps, tensors, faces, votes):
        at = next(i for i, step in enumerate(steps) if "lookup" in step)
        parts = [preprocess.apply(steps[:at], data.rgb(faces[i : i + 512]), tensors) for i in range(0, len(faces), 512)]
        self.indices, self.votes, self.after, self.tensors = np.concatenate(parts), votes, steps[at:], tensors

    def figures(self, network, size):
        """votes.figures of the centre crop's answers."""
        network.eval()
        found = []
        for i in range(0, len(self.indices), 256):
            crops = preprocess.crops(preprocess.apply(self.after, self.indices[i : i + 256], self.tensors), size)[:, 0]
            x = torch.from_numpy(crops).contiguous(memory_format=torch.channels_last)
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                (logits,) = network(x, [network.logits_name()])
            found.append(torch.softmax(logits.float(), 1).numpy())
        return votes.figures(np.concatenate(found), self.votes)


class Average:
    """The running mean of a network's weights and statistics over steps; faster at first, so that it forgets where it began."""

    def __init__(self, network):
        self.network = copy.deepcopy(network)
        self.steps = 0

    def update(self, network):
        self.steps += 1
        keep = min(AVERAGE, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mean, value in zip(self.network.state_dict().values(), network.state_dict().values()):
                if mean.is_floating_point():
                    mean.lerp_(value, 1 - keep)
                else:
                    mean.copy_(value)


def from_folder(folder, member, description):
    """A member's weights as an earlier run left them: the running mean of its checkpoint, or what first_stage.py wrote."""
    earlier, first = folder / f"{member}.pt", folder / f"{member}.first.pt"
    if first.is_file():
        return torch.load(first, weights_only=True)
    if not earlier.is_file():
        raise SystemExit(f"{folder} has neither {first.name} nor {earlier.name}: run first_stage.py {member}, or train.py {member}, first")
    network = Network(description)
    network.load_state_dict(torch.load(earlier, weights_only=True)["average"])
    return network.named_weights()


def from_model(path, member):
    """A member's weights in a model file, by their name in the network; its classifier's answers in data.LABELS' order, new ones rare."""
    try:
        with safe_open(path, "numpy") as file:
            text = json.loads((file.metadata() or {}).get("moue", '{"members": []}'))
            prefix = next((m["weights"] for m in text["members"] if m["name"] == member), None)
            if prefix is None:
                raise SystemExit(f"{path} has no member `{member}`: give a model file of moue that has one")
            own = unpacked({k: file.get_tensor(k) for k in file.keys() if k.startswith(prefix)})
    except SafetensorError as error:
        raise SystemExit(f"{path} is no whole model file ({error}): write it anew") from None
    weights = {k.removeprefix(prefix): torch.from_numpy(value.astype(np.float32)) for k, value in own.items()}
    for name, unknown in (("fc.weight", 0.0), ("fc.bias", RARE)):
        rows = dict(zip(text["labels"], weights[name]))
        weights[name] = torch.stack([rows.get(label, torch.full_like(weights[name][0], unknown)) for label in data.LABELS])
    return weights


class Member:
    """A member in training: its network, its optimizer, its view of a scene and of the validation faces."""

    def __init__(self, model, name, options):
        names = [m["name"] for m in model["members"]]
        if name not in names:
            raise SystemExit(f"`{name}` is no member: there are {', '.join(names)}")
        self.name, self.seed = name, names.index(name) + 1
        member = model["members"][names.index(name)]
        steps = model["representations"][member["representation"]]
        self.tables = {s["lookup"]: read_table(options.tables, s["lookup"]) for s in steps if "lookup" in s}
        description = model["networks"][member["network"]]
        self.size = next(iter(description["inputs"].values()))[1:]
        self.view = View(steps, self.tables, model["canonical"]["size"], self.size)
        self.steps = steps
        torch.manual_seed(self.seed)
        self.network = Network(description).to(memory_format=torch.channels_last)
        if options.begin:
            self.network.load_weights(from_model(options.begin, name) if options.begin.is_file() else from_folder(options.begin, name, description))
        self.average = Average(self.network)
        self.peak, self.poor, self.mild, self.mixes = options.peak, options.poor, options.mild, False
        self.folder = options.checkpoints
        self.path = options.checkpoints / f"{name}.pt"

    def prepare(self, steps, *beside):
        """The optimizer and its schedule over `steps` batches, for the network and what is `beside` it."""
        parameters = [p for part in (self.network, *beside) for p in part.parameters()]
        decayed, others = ([p for p in parameters if (p.dim() > 1) == decays] for decays in (True, False))
        groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.SGD(groups, lr=self.peak, momentum=MOMENTUM, nesterov=True)

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
        self.average.network.load_state_dict(state["average"])
        self.average.steps = state["averaged"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        return state["epoch"]

    def save(self, epoch, epochs):
        state = {
            "member": self.name, "epoch": epoch, "epochs": epochs, "seed": self.seed, "tables": {k: torch.from_numpy(v) for k, v in self.tables.items()},
            "network": self.network.state_dict(), "average": self.average.network.state_dict(), "averaged": self.average.steps, "optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict(),
        }
        torch.save(state, self.path.with_suffix(".part"))
        self.path.with_suffix(".part").replace(self.path)

    def loss(self, scene, targets):
        """The cross-entropy with the votes."""
        pictures = self.view.pictures(scene)
        if self.mixes:
            pictures, targets = mixed(pictures, targets)
        with torch.autocast("cpu", torch.bfloat16):
            (logits,) = self.network(pictures, [self.network.logits_name()])
        return F.cross_entropy(logits.float(), targets)

    def step(self, loss):
        """One step of the optimizer. The loss."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.average.update(self.network)
        return loss.item()

    def log(self, line):
        with open(self.folder / f"{self.name}.jsonl", "a") as log:
            log.write(json.dumps(line) + "\n")
        print(line, flush=True)

    def epoch(self, index, epochs, faces, targets, held_out):
        """One pass over all faces; its line is logged and printed."""
        started = time.monotonic()
        seed = self.seed * 1000 + index
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        self.network.train()
        order = torch.randperm(len(targets), generator=generator)
        batches = len(targets) // BATCH
        total = 0.0
        for b in range(batches):
            chosen = order[b * BATCH : (b + 1) * BATCH]
            total += self.step(self.loss(Scene(faces[chosen], generator, self.poor, self.mild), targets[chosen]))
        seconds = round(time.monotonic() - started, 1)
        validation = {name: round(value, 4) for name, value in held_out.figures(self.average.network, self.size).items()}
        line = {"member": self.name, "epoch": index + 1, "loss": round(total / batches, 4), "validation": validation, "seconds": seconds}
        self.save(index + 1, epochs)
        self.log(line)


def mixed(pictures, targets):
    """Half of the pictures with less than half of another of the batch over them, and targets that say so (Zhang et al., "mixup", 2018)."""
    n = len(pictures)
    kept = torch.distributions.Beta(MIXED, MIXED).sample((n,))
    kept = torch.maximum(kept, 1 - kept)
    kept[torch.rand(n) < 0.5] = 1
    other = torch.randperm(n)
    of = kept[:, None, None, None]
    pictures = (pictures * of + pictures[other] * (1 - of)).contiguous(memory_format=torch.channels_last)
    return pictures, targets * kept[:, None] + targets[other] * (1 - kept)[:, None]


def arguments(parser):
    """What train.py and first_stage.py are told alike."""
    parser.add_argument("members", nargs="+")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--begin", type=Path, help="a model file, or a folder of first_stage.py or of an earlier run")
    parser.add_argument("--tables", help="folder with regular.json and cyclic.json")
    parser.add_argument("--checkpoints", type=Path, default=default_checkpoints())
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--description", type=Path, default=DESCRIPTION)
    parser.add_argument("--peak", type=float, default=PEAK_RATE, help="the learning rate at its highest [default: %(default)s]")
    parser.add_argument("--poor", type=float, default=degrade.POOR, help="share of faces that meet noise, blur and the like [default: %(default)s]")
    parser.add_argument("--mild", action="store_true", help="turn, scale and shift faces half as far, and cover a tenth of them")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments(parser)
    parser.add_argument("--mixed", action="store_true", help="lay another face over half of them, thinly")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.checkpoints.mkdir(parents=True, exist_ok=True)

    model = json.loads(options.description.read_text())
    training = votes.Training()
    learned = torch.from_numpy(training.faces[training.train]), torch.from_numpy(training.votes.of(training.train).targets())
    for name in options.members:
        member = Member(model, name, options)
        member.mixes = options.mixed
        held_out = Validation(member.steps, member.tables, training.faces[training.validation], training.votes.of(training.validation))
        member.prepare(len(training.train) // BATCH * options.epochs)
        print(f"{name}: {len(training.train)} train, {len(training.validation)} validation, {2 * member.network.multiply_adds() / 1e6:.1f} MFLOP", flush=True)
        for index in range(member.resume(options.epochs), options.epochs):
            member.epoch(index, options.epochs, *learned, held_out)


if __name__ == "__main__":
    main()
