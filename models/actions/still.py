"""Train the still network: `python still.py --renders stills/ --real fer2013.npz congress.npz --teacher renders-train.npz --check renders.npz --steps 6000 --out still.pt`.

Batches are three quarters renders, whose units are known, and a quarter real faces, of which a teacher knows some. --check is what crops.py read of the renders of the 15
people of validation; with --neutral and --smiling also their portraits are answered. Both choose, and neither is learned from.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

import crops
import measure
from learn import LABELS, NEVER, Run, answers, log, loss, mirrored_labels, normalised, presence, views
from network import Network
from teacher import Teacher, known, voted

BATCH, REAL = 96, 24
PEAK, POOR = 0.003, 0.25
EVERY = 250


def renders(folders):
    """Crops, intensities, weights and presence of the renders of people of training in these folders."""
    people, parts = set(crops.people("train")), []
    for path in sorted(p for folder in folders for p in folder.glob("*-???.npz")):
        if path.stem.split("-")[1] not in people:
            raise SystemExit(f"{path} is of nobody to train on: take it away")
        with np.load(path) as part:
            parts.append((part["crops"], part["intensities"].astype(np.float32)))
    if not parts:
        raise SystemExit(f"no renders in {', '.join(map(str, folders))}: make them with renders.py stills")
    faces, target = (np.concatenate(column) for column in zip(*parts))
    weight = np.ones_like(target)
    weight[:, [LABELS.index(label) for label in (*NEVER, "45")]] = 0
    target = torch.from_numpy(target)
    return torch.from_numpy(faces), target, torch.from_numpy(weight), presence(target)


def real(paths, teacher, smiles):
    """Crops, intensities, weights and presence of real faces, those of FER2013 by people's votes too."""
    parts = []
    for path in paths:
        read = np.load(path)
        target, weight = teacher.targets(read)
        likely = presence(torch.from_numpy(target)).numpy()
        if "fer2013" in path.stem:
            target, weight, likely = voted(read, target, weight, likely, smiles)
        weight[:, [LABELS.index(label) for label in (*NEVER, "45")]] = 0
        parts.append((read["crops"], target, weight, likely))
    return tuple(torch.from_numpy(np.concatenate(column)) for column in zip(*parts))


class Order:
    """Indices of a set again and again, in a new order each time."""

    def __init__(self, n, generator):
        self.n, self.generator, self.rest = n, generator, torch.zeros(0, dtype=torch.long)

    def take(self, count):
        while len(self.rest) < count:
            self.rest = torch.cat([self.rest, torch.randperm(self.n, generator=self.generator)])
        found, self.rest = self.rest[:count], self.rest[count:]
        return found


def batch(sets, orders, counts, generator):
    """Network inputs, targets, weights and presence of a batch drawn of several sets."""
    chosen = [order.take(count) for order, count in zip(orders, counts)]
    faces, *rest = (torch.cat([part[at] for part, at in zip(column, chosen)]) for column in zip(*sets))
    pictures, mirrored = views(faces, generator, POOR)
    return normalised(pictures), *(mirrored_labels(values, mirrored) for values in rest)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renders", type=Path, nargs="+", required=True)
    parser.add_argument("--real", type=Path, nargs="*", default=[])
    parser.add_argument("--teacher", type=Path, help="what crops.py read of renders of people of training")
    parser.add_argument("--smiles", action="store_true", help="learn of FER2013 also whether people's votes call it happy")
    parser.add_argument("--share", type=int, default=REAL, help="real faces in a batch [default: %(default)s]")
    parser.add_argument("--check", type=Path, required=True)
    parser.add_argument("--neutral", type=Path)
    parser.add_argument("--smiling", type=Path)
    parser.add_argument("--begin", type=Path, help="a checkpoint of an earlier run, to go on from its running mean")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--peak", type=float, default=PEAK, help="the learning rate at its highest [default: %(default)s]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    sets = [renders(options.renders)]
    if options.real:
        sets.append(real(options.real, Teacher(np.load(options.teacher)), options.smiles))
    counts = [BATCH - options.share, options.share] if options.real else [BATCH]
    orders = [Order(len(faces), generator) for faces, *_ in sets]
    check = np.load(options.check)
    truth, checked = known(check), normalised(torch.from_numpy(check["crops"]).float())
    portraits = measure.Portraits(np.load(options.neutral), np.load(options.smiling)) if options.smiling else None
    network = Network(crops.TEXT["networks"]["still"]).to(memory_format=torch.channels_last)
    if options.begin:
        network.load_state_dict(torch.load(options.begin, weights_only=True)["average"])
    run = Run(network, options.steps, options.peak)
    print(f"{[len(faces) for faces, *_ in sets]} faces, {2 * network.multiply_adds() / 1e6:.1f} MFLOP", flush=True)
    total, started = 0.0, time.monotonic()
    for step in range(1, options.steps + 1):
        network.train()
        inputs, target, weight, likely = batch(sets, orders, counts, generator)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(inputs.contiguous(memory_format=torch.channels_last), ["probability_fc", "intensity_fc"])
        total += run.step(loss(*(t.float() for t in logits), target, weight, likely))
        if step % EVERY == 0 or step == options.steps:
            found = measure.areas(answers(run.average.network, checked)[0], truth)
            line = {"step": step, "loss": round(total / EVERY, 4), "main": round(float(np.mean([found[label] for label in measure.MAIN])), 4)}
            if portraits:
                line["smiles"] = {unit: [round(v, 3) for v in pair] for unit, pair in portraits.figures(run.average.network).items()}
            line["worst"] = {label: round(value, 3) for label, value in sorted(found.items(), key=lambda pair: pair[1])[:10]}
            log(options.out.with_suffix(".jsonl"), line | {"seconds": round(time.monotonic() - started)})
            run.save(options.out)
            total = 0.0


if __name__ == "__main__":
    main()
