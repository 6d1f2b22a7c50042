"""Learn the 64 numbers of a member that stays as it is: `python head.py softmax --begin ../default/default.safetensors:gray_wide --seeds 3 --out runs/softmax.pt`.

They are a linear sum of its features. It begins with their 64 main directions; without a loss these are what is measured. Steps are seconds, so that losses can be compared over
several seeds, with batches as the faces come and with as many of each class. The checkpoint is that of the first seed, for pack.py.

--parts N: from what was learned of the classes on, every class is divided by a mixture of N Gaussians, and these parts are learned as classes; neighbours are still asked for the eight.
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


def learned(loss, x, axes, classes, count, own, options, seed):
    """The directions [64, c] after training on features without their mean, of `count` classes."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    weight, head = nn.Parameter(torch.from_numpy(axes).float()), nn.Linear(SIZE, count)
    # Adam's steps are as long as its rate: as a share of what they change.
    rate = options.peak * 20 * np.abs(axes).mean().item()
    optimizer = torch.optim.AdamW([weight, *head.parameters()], lr=rate, weight_decay=0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=STEPS + 1)
    for _ in range(STEPS):
        at = own.batch(generator) if options.even else torch.randint(len(x), (BATCH,), generator=generator)
        optimizer.zero_grad()
        value(loss, x[at] @ weight.T, classes[at], count, head, generator).backward()
        optimizer.step()
        schedule.step()
    return weight.detach().numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loss", choices=LOSSES)
    parser.add_argument("--network", default="wide", choices=list(DEFAULT["networks"]))
    parser.add_argument("--begin", required=True, help="FILE:MEMBER, the member that stays as it is")
    parser.add_argument("--even", action="store_true", help="as many of each class in a batch")
    parser.add_argument("--peak", type=float, default=1e-4, help="Adam's rate at its highest, in parts of the weights [default: %(default)s]")
    parser.add_argument("--parts", type=int, default=1, help="of each class, at most 5 in the paper")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    own, text = Faces(), description(options.network)
    window = next(iter(text["inputs"].values()))[1:]
    rules = window, DEFAULT["representations"]["gray"], {"tables/gray": identity_table()}
    gallery, queries = (features(text, options.begin, faces, *rules) for faces in (own.faces.numpy(), own.held))
    mean, axes = principal(gallery, own)
    x = torch.from_numpy(gallery - mean).float()
    found = []
    for seed in range(1, options.seeds + 1):
        weight = axes if options.loss == "none" else learned(options.loss, x, axes, own.classes, CLASSES, own, options, seed)
        if options.parts > 1:
            classes = divided(x @ torch.from_numpy(weight).float().T, own.classes, options.parts, seed)
            weight = learned(options.loss, x, weight, classes, CLASSES * options.parts, own, options, seed)
        found.append(both(*((part - mean).astype(np.float32) @ weight.T.astype(np.float32) for part in (gallery, queries)), own))
        if seed == 1:
            network = Network(text)
            begun(network, options.begin)
            set_embedding(network, mean, weight)
            options.out.parent.mkdir(parents=True, exist_ok=True)
            torch.save({"average": network.state_dict()}, options.out)
    line = {"loss": options.loss, "even": options.even, "parts": options.parts, "begin": Path(options.begin).name, "seeds": options.seeds}
    line |= {name: [round(float(np.mean([one[name] for one in found])), 4), round(float(np.ptp([one[name] for one in found])), 4)] for name in found[0]}
    with open(options.out.with_suffix(".jsonl"), "a") as log:
        log.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
