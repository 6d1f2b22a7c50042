"""What the two trainings share: augmentation of crops, losses with masks, thresholds, areas under the ROC, the running mean of weights, checkpoints.

A target is an intensity from 0 to 1 a label, and a weight a label: 0 where a source says nothing about it.
"""

import json
import sys
from math import cos, pi
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import crops

sys.path.append(str(Path(__file__).resolve().parents[1] / "train"))
import degrade  # noqa: E402
from degrade import uniform  # noqa: E402

TEXT = crops.TEXT
LABELS = TEXT["labels"]
MIRRORED = [LABELS.index({"46L": "46R", "46R": "46L"}.get(label, label)) for label in LABELS]
# From here on a unit counts as present: 1 of the scale 0 to 5.
PRESENT = 0.2
# Probabilities nearer to 0 or 1 than this count as this.
NEAREST = 1e-6
# Of renders that nothing reads: no shape, no name. 45 is motion's.
NEVER = ["21", "unnamed"]
ROTATION, SCALE, STRETCH, SHIFT = 0.06, 0.06, 0.04, 0.035
WARM_UP, AVERAGE, WEIGHT_DECAY = 0.05, 0.998, 0.02


def matrices(n, generator, strength=1.0):
    """Random small turns, scales and shifts, half of them mirrored: [n, 2, 3] for affine_grid, and which are mirrored."""
    angle = uniform(n, -ROTATION, ROTATION, generator) * strength
    across = 1 + uniform(n, -SCALE, SCALE, generator) * strength
    down = across * (1 + uniform(n, -STRETCH, STRETCH, generator) * strength)
    shift = uniform((n, 2), -2 * SHIFT, 2 * SHIFT, generator) * strength
    mirrored = torch.rand(n, generator=generator) < 0.5
    mirror = 1.0 - 2.0 * mirrored
    height, width = crops.SIZE
    c, s = torch.cos(angle), torch.sin(angle)
    # Turned in pixels, not in parts of a side: the crop is higher than wide.
    rows = [torch.stack([mirror * c * across, -s * down * height / width, shift[:, 0]], 1), torch.stack([mirror * s * across * width / height, c * down, shift[:, 1]], 1)]
    return torch.stack(rows, 1), mirrored


def warped(pictures, matrix, mode="border"):
    """Pictures [n, c, h, w] of f32 through matrices."""
    grid = F.affine_grid(matrix, pictures.shape, align_corners=False)
    return F.grid_sample(pictures, grid, "bilinear", mode, align_corners=False)


def views(faces, generator, poor):
    """Crops [n, h, w] of u8 as photographs bring them: moved, mirrored, lit, noisy, blurred, covered; and which are mirrored."""
    matrix, mirrored = matrices(len(faces), generator)
    moved = warped(faces[:, None].float(), matrix)[:, 0].clamp_(0, 255)
    return degrade.scene(moved, generator, poor), mirrored


def normalised(faces):
    """Network inputs [n, 1, h, w] of whole levels [n, h, w]."""
    (norm,) = (step["normalise"] for step in TEXT["representations"]["still"] if "normalise" in step)
    return ((faces - norm["mean"][0]) * norm["scale"][0])[:, None]


def mirrored_labels(values, mirrored):
    """Targets or weights [n, labels] of pictures some of which are mirrored: left and right change places."""
    return torch.where(mirrored[:, None], values[:, MIRRORED], values)


def presence(intensity):
    """How surely a unit of an intensity is present: 0 up to half of PRESENT, 1 from one and a half of it."""
    return ((intensity - PRESENT / 2) / PRESENT).clamp(0, 1)


def loss(probability_logits, intensity_logits, target, weight, likely):
    """Weighted cross-entropy of presence and of intensity, whose answer is then the mean that is to be expected; `likely` [n, labels] is the presence that is aimed at."""
    total = weight.sum().clamp(min=1)
    present = F.binary_cross_entropy_with_logits(probability_logits, likely, weight, reduction="sum") / total
    off = F.binary_cross_entropy_with_logits(intensity_logits, target, weight, reduction="sum") / total
    return present + off


def area(scores, positive):
    """The area under the ROC: how often a positive one scores higher than a negative one; nan without both."""
    positive = np.asarray(positive, bool)
    p, n = int(positive.sum()), int((~positive).sum())
    if not p or not n:
        return float("nan")
    order = np.argsort(scores, kind="stable")
    ordered = np.asarray(scores)[order]
    ranks = np.empty(len(order))
    first = np.r_[0, np.flatnonzero(np.diff(ordered)) + 1, len(ordered)]
    for a, b in zip(first[:-1], first[1:]):
        ranks[order[a:b]] = (a + b + 1) / 2
    return float((ranks[positive].sum() - p * (p + 1) / 2) / (p * n))


def threshold(scores, positive):
    """The score from which on a label counts as present: where hits less false alarms are most (Youden), midway to the next lower score."""
    scores, positive = np.asarray(scores, np.float64), np.asarray(positive, bool)
    order = np.argsort(-scores, kind="stable")
    ordered, hits, alarms = scores[order], np.cumsum(positive[order]), np.cumsum(~positive[order])
    last = np.r_[np.flatnonzero(np.diff(ordered)), len(ordered) - 1]
    best = last[np.argmax(hits[last] / hits[-1] - alarms[last] / alarms[-1])]
    below = ordered[best + 1] if best + 1 < len(ordered) else 0.0
    return float((ordered[best] + below) / 2)


class Average:
    """The running mean of a network's weights and statistics over steps; faster at first, so that it forgets where it began."""

    def __init__(self, network):
        import copy

        self.network, self.steps = copy.deepcopy(network), 0

    def update(self, network):
        self.steps += 1
        keep = min(AVERAGE, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mean, value in zip(self.network.state_dict().values(), network.state_dict().values()):
                if mean.is_floating_point():
                    mean.lerp_(value, 1 - keep)
                else:
                    mean.copy_(value)


class Run:
    """A network in training: AdamW with a warm-up and a cosine to 0, and the running mean of its weights."""

    def __init__(self, network, steps, peak):
        decayed, others = ([p for p in network.parameters() if (p.dim() > 1) == decays] for decays in (True, False))
        groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
        self.network, self.average = network, Average(network)
        self.optimizer = torch.optim.AdamW(groups, lr=peak)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: max(step / steps / WARM_UP, 1e-3) if step < WARM_UP * steps else 0.5 * (1 + cos(pi * (step / steps - WARM_UP) / (1 - WARM_UP)))
        )

    def step(self, value):
        self.optimizer.zero_grad(set_to_none=True)
        value.backward()
        self.optimizer.step()
        self.schedule.step()
        self.average.update(self.network)
        return value.item()

    def save(self, path):
        torch.save({"network": self.network.state_dict(), "average": self.average.network.state_dict()}, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)


def answers(network, inputs, batch=128):
    """Probabilities and intensities [n, labels] of f32 of network inputs, in 32 bits."""
    network.eval()
    found = []
    with torch.no_grad():
        for start in range(0, len(inputs), batch):
            found.append([t.float().numpy() for t in network(inputs[start : start + batch].contiguous(memory_format=torch.channels_last))])
    return [np.concatenate(part) for part in zip(*found)]


def log(path, line):
    with open(path, "a") as file:
        file.write(json.dumps(line) + "\n")
    print(line, flush=True)


def log_odds(probabilities):
    near = np.clip(probabilities, NEAREST, 1 - NEAREST)
    return np.log(near / (1 - near))


def fused(still, motion, rest):
    """Probabilities of a label that both networks read: the sigmoid of the still one's log odds, of what motion's are above those at rest, neither below the floor, weighed, and of the offset."""
    fusion = crops.TEXT["fusion"]
    floor = np.float32(fusion["floor"])
    odds = log_odds(still) + np.float32(fusion["motion"]) * (np.maximum(log_odds(motion), floor) - np.maximum(rest, floor)) + np.float32(fusion["offset"])
    return 1 / (1 + np.exp(-odds))
