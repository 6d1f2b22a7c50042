"""Learn the 64 numbers of a member that stays as it is: `python head.py softmax sgm:even sgm:even:5 --begin ../default/default.safetensors:gray_wide --seeds 3 --out runs/`.

They are a linear sum of its features. It begins with their 64 main directions: `none` measures these. A way to learn is LOSS, with `:even` for as many of each class in a batch, and with
`:N` for N parts of each class: from what was learned of the classes on, every class is divided by a mixture of N Gaussians, and these parts are learned as classes; neighbours are
asked for the eight. A way takes seconds, so that several seeds are compared; OUT/WAY.pt is the checkpoint of the first, for pack.py.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from sklearn.mixture import GaussianMixture
from torch import nn
from torch.nn import functional as F

import losses
from embed import CLASSES, DEFAULT, SIZE, Faces, begun, both, description, features, principal, set_embedding
from network import Network
from preprocess import identity_table

STEPS, BATCH = 2000, 128
LOSSES = ["none", "softmax", "sgm", "sgm_half", "triplet"]


def value(loss, x, classes, count, head, generator):
    if loss == "softmax":
        return F.cross_entropy(head(x), classes)
    if loss == "triplet":
        return losses.triplet(x, classes, generator)
    return losses.sgm(x, classes, count, 0.5 if loss == "sgm_half" else 1.0)


def divided(x, classes, parts, seed):
    """The part of its class [n] that each embedding is in, by a mixture of Gaussians a class: part p of class c is c * parts + p."""
    found = classes.clone() * parts
    for c in range(CLASSES):
        inside = classes == c
        mixture = GaussianMixture(parts, covariance_type="diag", reg_covar=1e-3, random_state=seed)
        found[inside] += torch.from_numpy(mixture.fit_predict(x[inside].numpy()))
    return found


def learned(loss, even, x, axes, classes, count, own, peak, seed):
    """The directions [64, c] after training on features without their mean, of `count` classes."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    weight, head = nn.Parameter(torch.from_numpy(axes).float()), nn.Linear(SIZE, count)
    # Adam's steps are as long as its rate: as a share of what they change.
    rate = peak * 20 * np.abs(axes).mean().item()
    optimizer = torch.optim.AdamW([weight, *head.parameters()], lr=rate, weight_decay=0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=STEPS + 1)
    for _ in range(STEPS):
        at = own.batch(generator) if even else torch.randint(len(x), (BATCH,), generator=generator)
        optimizer.zero_grad()
        value(loss, x[at] @ weight.T, classes[at], count, head, generator).backward()
        optimizer.step()
        schedule.step()
    return weight.detach().numpy()


def way(text):
    """Loss, whether classes are drawn evenly, parts of a class."""
    loss, *rest = text.split(":")
    even = rest[:1] == ["even"]
    parts = rest[even:] or ["1"]
    if loss not in LOSSES or len(parts) > 1 or not parts[0].isdigit():
        raise SystemExit(f"`{text}` is no way to learn: LOSS[:even][:PARTS], losses are {', '.join(LOSSES)}")
    return loss, even, int(parts[0])


def directions(text, x, axes, own, peak, seed):
    loss, even, parts = way(text)
    if loss == "none":
        return axes
    weight = learned(loss, even, x, axes, own.classes, CLASSES, own, peak, seed)
    if parts > 1:
        classes = divided(x @ torch.from_numpy(weight).float().T, own.classes, parts, seed)
        weight = learned(loss, even, x, weight, classes, CLASSES * parts, own, peak, seed)
    return weight


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ways", nargs="+")
    parser.add_argument("--network", default="wide", choices=list(DEFAULT["networks"]))
    parser.add_argument("--begin", required=True, help="FILE:MEMBER, the member that stays as it is")
    parser.add_argument("--peak", type=float, default=1e-4, help="Adam's rate at its highest, in parts of the weights [default: %(default)s]")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    for text in options.ways:
        way(text)
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    own, text = Faces(), description(options.network)
    window = next(iter(text["inputs"].values()))[1:]
    rules = window, DEFAULT["representations"]["gray"], {"tables/gray": identity_table()}
    gallery, queries = (features(text, options.begin, faces, *rules) for faces in (own.faces.numpy(), own.held))
    mean, axes = principal(gallery, own)
    gallery, queries = ((part - mean).astype(np.float32) for part in (gallery, queries))
    for name in options.ways:
        found = []
        for seed in range(1, options.seeds + 1):
            weight = directions(name, torch.from_numpy(gallery), axes, own, options.peak, seed).astype(np.float32)
            found.append(both(gallery @ weight.T, queries @ weight.T, own))
            if seed == 1:
                network = Network(text)
                begun(network, options.begin)
                set_embedding(network, mean, weight)
                torch.save({"average": network.state_dict()}, options.out / f"{name}.pt")
        line = {"way": name, "begin": options.begin.rpartition(":")[2], "seeds": options.seeds}
        # Of each the mean over the seeds, and how far they lie apart.
        line |= {key: [round(float(of([one[key] for one in found])), 4) for of in (np.mean, np.ptp)] for key in found[0]}
        with open(options.out / "ways.jsonl", "a") as log:
            log.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
