"""Compare forms of the still stream on renders: `python tried.py gray lbp local --renders stills/ --check renders.npz --program target/release/moue --steps 600 --out tried.json`.

Every form learns of the same renders for as many steps, from random weights, once a seed; only what is named differs:

gray          the network of actions.json
lbp           codes of radius 1 of the crop, each in its colour of the regular distance: three channels in place of one
both          gray beside these three channels
local         the last convolution with weights of its own at every place (locally connected)
local_narrow  before the last convolution 32 channels by 1 x 1, and 32 of a locally connected layer of them

The figures are of people of validation: mean area of the units of measure.MAIN, areas of smiles on real portraits, and the area where two forms of one seed are fused by the
mean of their log odds.
"""

import argparse
import copy
import itertools
import json
import subprocess
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import crops
import measure
from learn import Run, answers, loss, mirrored_labels, normalised, presence, views
from network import Network
from still import BATCH, PEAK, POOR, Order, renders
from teacher import known
from augment import codes

FORMS = ["gray", "lbp", "both", "local", "local_narrow"]
# As representation `lbp` of models/train/default.json.
MEAN, SCALE = (123.0, 128.0, 127.0), (0.015, 0.045, 0.09)


def description(form):
    """The network of a form."""
    text = copy.deepcopy(crops.TEXT["networks"]["still"])
    text["inputs"]["data"][0] = {"lbp": 3, "both": 4}.get(form, 1)
    last = next(i for i, op in enumerate(text["ops"]) if op.get("name") == "conv8")
    if form == "local":
        text["ops"][last]["op"] = "local_conv"
    if form == "local_narrow":
        window = {"kernel": [3, 3], "pad": [1, 1, 1, 1], "bias": False}
        text["ops"][last:last] = [
            {"op": "conv", "name": "narrow", "in": ["relu7"], "out": ["narrow"], "channels": 32, "kernel": [1, 1], "bias": False},
            {"op": "batch_norm", "name": "bn_narrow", "in": ["narrow"], "out": ["bn_narrow"]},
            {"op": "relu", "in": ["bn_narrow"], "out": ["relu_narrow"]},
            {"op": "local_conv", "name": "local", "in": ["relu_narrow"], "out": ["local"], "channels": 32, **window},
            {"op": "batch_norm", "name": "bn_local", "in": ["local"], "out": ["bn_local"]},
            {"op": "relu", "in": ["bn_local"], "out": ["relu_local"]},
            {"op": "concat", "in": ["relu7", "relu_local"], "out": ["joined"]},
        ]
        text["ops"][last + 7]["in"] = ["joined"]
    return text


class Inputs:
    """Network inputs of a form, of whole levels [n, h, w] of f32."""

    def __init__(self, form, program):
        self.form = form
        if form in ("lbp", "both"):
            table = json.loads(subprocess.run([program, "lut", "--metric", "regular", "--json"], stdout=subprocess.PIPE, check=True).stdout)["table"]
            self.table = (torch.tensor(table, dtype=torch.float32) - torch.tensor(MEAN)) * torch.tensor(SCALE)

    def __call__(self, faces):
        gray = normalised(faces)
        if self.form not in ("lbp", "both"):
            return gray
        mapped = F.interpolate(self.table[codes(faces.round(), 1)].permute(0, 3, 1, 2), faces.shape[1:], mode="bilinear", align_corners=False)
        return mapped if self.form == "lbp" else torch.cat([gray, mapped], 1)


def learned(form, seed, options, faces, target, weight):
    """A form's network after its steps, and what its inputs are."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    inputs, order = Inputs(form, options.program), Order(len(faces), generator)
    network = Network(description(form)).to(memory_format=torch.channels_last)
    run = Run(network, options.steps, options.peak)
    network.train()
    for _ in range(options.steps):
        at = order.take(BATCH)
        pictures, mirrored = views(faces[at], generator, POOR)
        aimed, counted = mirrored_labels(target[at], mirrored), mirrored_labels(weight[at], mirrored)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(inputs(pictures).contiguous(memory_format=torch.channels_last), ["probability_fc", "intensity_fc"])
        run.step(loss(*(t.float() for t in logits), aimed, counted, presence(aimed)))
    return run.average.network, inputs


def mean_area(logits, truth):
    found = measure.areas(logits, truth)
    return round(float(np.mean([found[label] for label in measure.MAIN])), 4)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forms", nargs="+", choices=FORMS)
    parser.add_argument("--renders", type=Path, nargs="+", required=True)
    parser.add_argument("--check", type=Path, required=True, help="what crops.py read of the renders of people of validation")
    parser.add_argument("--neutral", type=Path, required=True)
    parser.add_argument("--smiling", type=Path, required=True)
    parser.add_argument("--program", type=Path, required=True, help="the program `moue`, for the colours of codes")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--peak", type=float, default=PEAK)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    sets = renders(options.renders)[:3]
    check = np.load(options.check)
    truth, checked = known(check), torch.from_numpy(check["crops"]).float()
    portraits = measure.Portraits(np.load(options.neutral), np.load(options.smiling))
    people = len(portraits.people)
    rows, kept = [], {}
    for seed, form in itertools.product(options.seeds, options.forms):
        started = time.monotonic()
        network, inputs = learned(form, seed, options, *sets)
        logits = measure.logits(answers(network, inputs(checked))[0])
        real = measure.logits(answers(network, inputs(portraits.faces.float()))[0])
        smiles = measure.smiles(real[:people], real[people:])
        kept[seed, form] = logits, real
        row = {"form": form, "seed": seed, "mean_area": mean_area(logits, truth), "smiles": {unit: [round(v, 3) for v in pair] for unit, pair in smiles.items()}}
        row |= {"weights": sum(p.numel() for p in network.parameters()), "mflop": round(2 * network.multiply_adds() / 1e6, 1), "seconds": round(time.monotonic() - started)}
        rows.append(row)
        print(row, flush=True)
        options.out.write_text(json.dumps({"faces": len(sets[0]), "steps": options.steps, "forms": rows}, indent=1))
    pairs = []
    for seed, (a, b) in itertools.product(options.seeds, itertools.combinations(options.forms, 2)):
        logits, real = ((kept[seed, a][i] + kept[seed, b][i]) / 2 for i in (0, 1))
        smiles = measure.smiles(real[:people], real[people:])
        pairs.append({"fused": [a, b], "seed": seed, "mean_area": mean_area(logits, truth), "smiles": [round(v, 3) for v in smiles["12"]]})
        print(pairs[-1], flush=True)
    for form, (a, b) in itertools.product(options.forms, itertools.combinations(options.seeds, 2)):
        pairs.append({"fused": [form, form], "seeds": [a, b], "mean_area": mean_area((kept[a, form][0] + kept[b, form][0]) / 2, truth)})
        print(pairs[-1], flush=True)
    options.out.write_text(json.dumps({"faces": len(sets[0]), "steps": options.steps, "forms": rows, "fused": pairs}, indent=1))


if __name__ == "__main__":
    main()
