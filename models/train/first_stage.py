"""The first of two stages: members learn faces in general, `python first_stage.py gray lbp --epochs 4 --readings readings.npz --begin MODEL --checkpoints FOLDER`.

A member's network answers, by heads that are thrown away, where landmarks lie, 52 blendshapes, and who somebody is: the labels of readings.py, none of
which is an expression's. train.py goes on where this ends: --begin FOLDER. Checkpoints and logs are as train.py's.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import readings
import train
from augment import Scene

WEIGHTS = {"points": 10.0, "blendshapes": 20.0, "person": 0.1}


class Readings:
    """readings.npz, and how a mirror image reads: the order of its points and of its blendshapes."""

    def __init__(self, path):
        if not path.is_file():
            raise SystemExit(f"{path} is missing: make it with `python readings.py --program target/release/moue --out {path}`")
        found = np.load(path)
        self.faces, self.person = torch.from_numpy(found["faces"]), torch.from_numpy(found["person"])
        self.points, self.blendshapes = torch.from_numpy(found["points"]), torch.from_numpy(found["blendshapes"])
        names = found["names"].tolist()
        other = [name.replace("Left", "*").replace("Right", "Left").replace("*", "Right") for name in names]
        self.other_side = torch.tensor([names.index(name) for name in other])
        self.mirrored_points = torch.tensor(readings.MIRRORED)

    def labels(self, chosen, scene):
        """Points [n, p, 2] as they lie in the scene, blendshapes [n, 52], persons [n], of the faces `chosen`."""
        turn, shift = scene.matrix[:, :, :2], scene.matrix[:, :, 2]
        points = torch.linalg.solve(turn, (self.points[chosen] - shift[:, None]).transpose(1, 2)).transpose(1, 2)
        mirrored = scene.mirrored[:, None]
        points = torch.where(mirrored[..., None], points[:, self.mirrored_points], points)
        blendshapes = self.blendshapes[chosen]
        return points, torch.where(mirrored, blendshapes[:, self.other_side], blendshapes), self.person[chosen]


class Heads(nn.Module):
    """Answers from a network's last map and from its mean."""

    def __init__(self, network, persons):
        super().__init__()
        ops = network.description["ops"]
        self.features = next(op["out"][0] for op in ops if op["op"] == "flatten")
        self.map = next(op["in"][0] for op in ops if op["op"] == "global_average_pool")
        channels, height, width = network.shapes[self.map]
        self.points = nn.Linear(channels * height * width, 2 * len(readings.POINTS))
        self.blendshapes = nn.Linear(channels, 52)
        self.person = nn.Linear(channels, persons)

    def loss(self, network, pictures, labels):
        points, blendshapes, person = labels
        with torch.autocast("cpu", torch.bfloat16):
            spread, features = network(pictures, [self.map, self.features])
        spread, features = spread.float(), features.float()
        known = person >= 0
        parts = {
            "points": (self.points(spread.flatten(1)) - points.flatten(1)).abs().mean(),
            "blendshapes": F.mse_loss(torch.sigmoid(self.blendshapes(features)), blendshapes),
            "person": F.cross_entropy(self.person(features[known]), person[known]) if known.any() else torch.zeros(()),
        }
        return sum(WEIGHTS[name] * part for name, part in parts.items()), {name: part.item() for name, part in parts.items()}


def learn(member, found, epochs):
    """Trains a member's network and its heads; writes the member's checkpoint at the end."""
    heads = Heads(member.network, int(found.person.max()) + 1)
    batches = len(found.faces) // train.BATCH
    member.prepare(batches * epochs, heads)
    for index in range(epochs):
        started, totals = time.monotonic(), {}
        generator = torch.Generator().manual_seed(member.seed * 1000 + 500 + index)
        torch.manual_seed(member.seed * 1000 + 500 + index)
        member.network.train()
        order = torch.randperm(len(found.faces), generator=generator)
        for b in range(batches):
            chosen = order[b * train.BATCH : (b + 1) * train.BATCH]
            scene = Scene(found.faces[chosen], generator, member.poor, member.mild)
            loss, parts = heads.loss(member.network, member.view.pictures(scene), found.labels(chosen, scene))
            member.step(loss)
            totals = {name: totals.get(name, 0) + value / batches for name, value in parts.items()}
        line = {"member": member.name, "first_stage": index + 1, **{k: round(v, 4) for k, v in totals.items()}, "seconds": round(time.monotonic() - started, 1)}
        member.log(line)
    torch.save(member.average.network.named_weights(), member.path.with_suffix(".first.pt"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    train.arguments(parser)
    parser.add_argument("--readings", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.checkpoints.mkdir(parents=True, exist_ok=True)
    model = json.loads(options.description.read_text())
    found = Readings(options.readings)
    print(f"{len(found.faces)} faces, {(found.person >= 0).sum()} of {int(found.person.max()) + 1} known people", flush=True)
    for name in options.members:
        learn(train.Member(model, name, options), found, options.epochs)


if __name__ == "__main__":
    main()
