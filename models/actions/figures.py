"""The figures of a model file: `python figures.py actions.safetensors --renders renders.npz --neutral neutral.npz --smiling smiling.npz --clips clips-val/`.

Areas under the ROC, precision and recall at the learned threshold and at 0.5, multi-label accuracy; smiles against neutral portraits; and clips by either stream and by both.
A label counts as present from intensity 1 of 5 on. `--people` says of which split portraits and clips are.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

import crops
import measure
from learn import LABELS, PRESENT, answers, area, log_odds, normalised
from learn import fused as fuse
from motion import Clips
from network import Network
from pack import on_clips
from teacher import known

# Frames that a unit may be gone for within an event, at 25 a second: 80 ms.
GAP = 2


class Actions:
    """A model file of action units: its text, and its networks by their member's name."""

    def __init__(self, path):
        with safe_open(path, "numpy") as file:
            self.text = json.loads(file.metadata()["moue"])
            tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}
        self.networks = {}
        for member in self.text["members"]:
            network = Network(self.text["networks"][member["network"]])
            network.load_weights(tensors, member["weights"])
            self.networks[member["name"]] = network.eval()
        self.reads = self.text["actions"]["reads"]

    def fused(self, still, motion):
        """Probabilities [n, labels] of frames of a video: of the streams that read a label together; nan where none does."""
        found = np.full(still.shape, np.nan, np.float32)
        for i, label in enumerate(LABELS):
            if rule := self.reads.get(label):
                both = "rest" in rule
                found[:, i] = fuse(still[:, i], motion[:, i], rule["rest"]) if both else {"still": still, "motion": motion}[rule["streams"][0]][:, i]
        return found


def rates(said, truth):
    """Precision and recall; nan where there is nothing to divide."""
    hits = float((said & truth).sum())
    return hits / said.sum() if said.any() else float("nan"), hits / truth.sum() if truth.any() else float("nan")


def of_renders(model, read):
    scores, intensity = answers(model.networks["still"], normalised(torch.from_numpy(read["crops"]).float()))
    truth = known(read)
    found = measure.areas(scores, truth)
    print(f"{len(truth)} renders of {len({str(n).split('/')[1][:3] for n in read['names']})} people\n")
    print("| unit | present | area | threshold | precision, recall | at 0.5 | intensity off by |\n|---|---|---|---|---|---|---|")
    said, half, there = [], [], []
    for i, label in enumerate(LABELS):
        limit = model.reads.get(label, {}).get("thresholds", {}).get("still")
        positive = truth[:, i] >= PRESENT
        if limit is None or not positive.any():
            continue
        said.append(scores[:, i] >= limit)
        half.append(scores[:, i] >= 0.5)
        there.append(positive)
        learned, fixed = rates(said[-1], positive), rates(half[-1], positive)
        off = 5 * np.abs(intensity[positive, i] - truth[positive, i]).mean()
        row = [f"{found[label]:.3f}", f"{limit:.2f}", *(", ".join("-" if value != value else f"{value:.2f}" for value in pair) for pair in (learned, fixed)), f"{off:.2f}"]
        print(f"| {label} | {positive.sum()} | {' | '.join(row)} |")
    main = [found[label] for label in measure.MAIN]
    print(f"\nmean area of the {len(main)} units graded fair or good but {', '.join(measure.APART)}: {np.mean(main):.4f}")
    print("those apart: " + ", ".join(f"{label} {found[label]:.3f}" for label in measure.APART if label in found))
    there = np.array(there)
    for name, part in (("learned thresholds", np.array(said)), ("0.5", np.array(half))):
        print(f"multi-label accuracy, {name}: {(part & there).sum() / (part | there).sum():.3f}")


def of_portraits(model, neutral, smiling, people):
    portraits = measure.Portraits(neutral, smiling, people)
    print(f"\nsmiling against neutral portraits of {len(portraits.people)} people, area as it is and less the person's mean:")
    for unit, (as_it_is, less) in portraits.figures(model.networks["still"]).items():
        print(f"unit {unit}: {as_it_is:.3f}, {less:.3f}")


def spans(present):
    """First and last frames of what is present, as moue's events have them: two frames without end none."""
    found = []
    for frame in np.flatnonzero(present):
        if found and frame - found[-1][1] <= GAP + 1:
            found[-1][1] = frame
        else:
            found.append([frame, frame])
    return found


def matched(found, there):
    """How many of the spans that are there have one of their own among those found whose first and last frames lie within two."""
    left, hits = list(found), 0
    for first, last in there:
        near = [span for span in left if abs(span[0] - first) <= 2 and abs(span[1] - last) <= 2]
        if near:
            left.remove(near[0])
            hits += 1
    return hits


def of_fusions(model, still, motion, truth):
    """What ways to fuse would give of the labels that both streams read."""
    both = [i for i, label in enumerate(LABELS) if len(model.reads.get(label, {}).get("streams", [])) == 2]
    odds = [log_odds(stream) for stream in (still, motion)]
    ways = {"still": still, "motion": motion, "mean": (still + motion) / 2, "larger": np.maximum(still, motion)}
    ways |= {f"mean of the log odds and {offset}": 1 / (1 + np.exp(-np.mean(odds, 0) - offset)) for offset in (0, 1, 2)}
    floor = crops.TEXT["fusion"]["floor"]
    rest = np.array([model.reads.get(label, {}).get("rest", 0) for label in LABELS])
    moved = np.maximum(odds[1], floor) - np.maximum(rest, floor)
    for weight in (0.5, 0.75, 1, 1.25):
        for offset in (0, -2, -3, -3.5, -4):
            ways[f"still, {weight} of what moved, {offset}"] = 1 / (1 + np.exp(-odds[0] - weight * moved - offset))
    for name, scores in ways.items():
        said, there = scores[:, both] >= 0.5, truth[:, both] >= PRESENT
        halves = 2 * (said & there).sum(0) / np.maximum(said.sum(0) + there.sum(0), 1)
        areas = [area(scores[:, i], truth[:, i] >= PRESENT) for i in both]
        print(f"{len(both)} labels by both, {name}: mean area {np.mean(areas):.3f}, F1 at 0.5 {halves.mean():.3f}")


def of_clips(model, clips):
    still, motion, truth = on_clips(model.networks["still"], model.networks["motion"], clips)
    fused = model.fused(still, motion)
    # Where motion stands at rest changes the area of no label.
    mean = fuse(still, motion, 0)
    labels = [label for i, label in enumerate(LABELS) if label in model.reads and (truth[:, i] >= PRESENT).any()]
    print(f"\n{len(clips.crops)} clips, {len(truth)} frames: area of the still stream, of motion, of both for all labels, of the streams that read the label\n")
    print("| unit | still | motion | both | as read |\n|---|---|---|---|---|")
    table = []
    for label in labels:
        i = LABELS.index(label)
        row = [area(scores[:, i], truth[:, i] >= PRESENT) for scores in (still, motion, mean, fused)]
        table.append(row)
        print(f"| {label} | " + " | ".join(f"{value:.3f}" for value in row) + " |")
    print("| mean | " + " | ".join(f"{value:.3f}" for value in np.mean(table, 0)) + " |")
    of_fusions(model, still, motion, truth)
    blink, closed = (LABELS.index(label) for label in ("45", "43"))
    shut = np.maximum(truth[:, blink], truth[:, closed]) >= 0.5
    blinks = truth[shut, blink] > truth[shut, closed]
    parts = {"still": still, "motion": motion, "fused": fused}
    print(f"\n{shut.sum()} frames of shut eyes, {blinks.sum()} of them blinks; blinks against closed eyes:")
    for name, scores in parts.items():
        less = scores[shut, blink] - scores[shut, closed]
        told = f"told apart by 45 from 0.6 on {((scores[shut, blink] >= 0.6) == blinks).mean():.3f}"
        print(f"{name}: area of 45 {area(scores[shut, blink], blinks):.3f}, of 45 less 43 {area(less, blinks):.3f}, {told}")
    shape = (len(clips.crops), clips.frames)
    for at, least in ((0.5, 0.5), (0.5, 0.7)):
        rows = fused[:, blink].reshape(shape)
        found = [[span for span in spans(row >= at) if row[span[0] : span[1] + 1].max() >= least] for row in rows]
        there = [spans(row >= 0.5) for row in truth[:, blink].reshape(shape)]
        hits = sum(matched(a, b) for a, b in zip(found, there))
        all_found, all_there = (sum(map(len, every)) for every in (found, there))
        print(f"blinks as events from {at} on that reach {least}: {all_there}, found {all_found}, within two frames {hits}: F1 {2 * hits / max(all_found + all_there, 1):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--renders", type=Path)
    parser.add_argument("--neutral", type=Path)
    parser.add_argument("--smiling", type=Path)
    parser.add_argument("--people", choices=["train", "val", "test"], default="val")
    parser.add_argument("--clips", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = Actions(options.model)
    if options.renders:
        of_renders(model, np.load(options.renders))
    if options.smiling:
        of_portraits(model, np.load(options.neutral), np.load(options.smiling), set(crops.people(options.people)))
    if options.clips:
        of_clips(model, Clips([options.clips], options.people))


if __name__ == "__main__":
    main()
