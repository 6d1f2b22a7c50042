"""Train the motion network on rendered clips: `python motion.py --clips clips/ --check clips-val/ --steps 3000 --out motion.pt`.

--check holds clips of people of validation, by renders.py clips --split val. A stack of flows is mirrored (across changes its sign), moved, and made slower or faster
at random; labels are the intensities of its middle frame.
"""

import argparse
import os
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional as F

import crops
import flows
import measure
from learn import LABELS, NEVER, Run, answers, log, loss, matrices, mirrored_labels, presence, warped
from network import Network
from still import Order

BATCH = 64
PEAK = 0.003
EVERY = 100
TEMPO = (0.6, 1.5)


class Clips:
    """Clips of folders: crops, flows and intensities, each [clips, frames, ...]; flows are kept beside the clips."""

    def __init__(self, folders, split):
        people, parts = set(crops.people(split)), []
        for path in sorted(p for folder in folders for p in folder.glob("*-???.npz")):
            if path.stem.split("-")[1] not in people:
                raise SystemExit(f"{path} is of nobody of this split: take it away")
            with np.load(path) as part:
                faces, intensities = part["crops"], part["intensities"].astype(np.float32)
            kept = path.with_suffix(".flows.npy")
            if not kept.is_file():
                # Another program may be reading the same clips.
                part = path.with_suffix(f".{os.getpid()}.part.npy")
                np.save(part, np.stack([flows.of_clip(clip) for clip in faces]))
                part.replace(kept)
            parts.append((faces, np.load(kept), intensities))
        if not parts:
            raise SystemExit(f"no clips in {', '.join(map(str, folders))}: make them with renders.py clips")
        self.crops, self.flows, self.intensities = (np.concatenate(column) for column in zip(*parts))
        self.frames = self.crops.shape[1]

    def __len__(self):
        return len(self.crops) * self.frames

    def stacks(self, indices):
        """Stacks [n, 20, h, w] of u8 and intensities [n, labels] of frames, counted through all clips."""
        clip, frame = np.divmod(np.asarray(indices), self.frames)
        return np.stack([flows.stack(self.flows[c], n) for c, n in zip(clip, frame)]), self.intensities[clip, frame]


def normalised(stacks):
    """Network inputs of stacks of levels."""
    (norm,) = (step["normalise"] for step in crops.TEXT["representations"]["motion"] if "normalise" in step)
    return (stacks - norm["mean"][0]) * norm["scale"][0]


def views(stacks, generator):
    """Stacks of u8 moved, mirrored and of another tempo, as levels; and which are mirrored."""
    n = len(stacks)
    matrix, mirrored = matrices(n, generator)
    speed = torch.rand((n, 1, 1, 1), generator=generator) * (TEMPO[1] - TEMPO[0]) + TEMPO[0]
    # The network halves its input first: moved there, it costs a quarter.
    away = warped(F.avg_pool2d(stacks.float() - flows.MISSING, 2), matrix) * speed
    away[:, 0::2] = torch.where(mirrored[:, None, None, None], -away[:, 0::2], away[:, 0::2])
    return F.interpolate((away + flows.MISSING).clamp(0, 255), scale_factor=2), mirrored


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, nargs="+", required=True)
    parser.add_argument("--check", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--peak", type=float, default=PEAK)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    clips, check = Clips(options.clips, "train"), Clips([options.check], "val")
    stacks, truth = check.stacks(range(0, len(check), 3))
    checked = normalised(torch.from_numpy(stacks).float())
    network = Network(crops.TEXT["networks"]["motion"]).to(memory_format=torch.channels_last)
    run, order = Run(network, options.steps, options.peak), Order(len(clips), generator)
    never = [LABELS.index(label) for label in NEVER]
    print(f"{len(clips)} frames, {2 * network.multiply_adds() / 1e6:.1f} MFLOP", flush=True)
    total, started = 0.0, time.monotonic()
    for step in range(1, options.steps + 1):
        network.train()
        pictures, target = clips.stacks(order.take(BATCH))
        pictures, mirrored = views(torch.from_numpy(pictures), generator)
        target = mirrored_labels(torch.from_numpy(target), mirrored)
        weight = torch.ones_like(target)
        weight[:, never] = 0
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(normalised(pictures).contiguous(memory_format=torch.channels_last), ["probability_fc", "intensity_fc"])
        total += run.step(loss(*(t.float() for t in logits), target, weight, presence(target)))
        if step % EVERY == 0 or step == options.steps:
            found = measure.areas(answers(run.average.network, checked)[0], truth)
            line = {"step": step, "loss": round(total / EVERY, 4), "mean": round(float(np.mean(list(found.values()))), 4)}
            log(options.out.with_suffix(".jsonl"), line | {label: round(found[label], 3) for label in ("45", "43", "46", "12", "26")} | {"seconds": round(time.monotonic() - started)})
            run.save(options.out)
            total = 0.0


if __name__ == "__main__":
    main()
