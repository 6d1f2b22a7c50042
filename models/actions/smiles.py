"""Let the still network tell smiles of different people: `python smiles.py --begin actions.safetensors --real fer2013.npz congress.npz --neutral neutral.npz --renders smiles/
--teacher renders-train.npz --check renders.npz --smiling smiling.npz --out still.pt`.

Its last convolution knows more of a real smile than its features do. So a feature that nothing moves is given to unit 12 alone: a linear sum of what the last convolution
answers, by ridge regression against smiles of real faces, of renders (renders.py smiles) and of faces at rest. A line from there to each output is fitted. All else stays as it is.
--check and --smiling, of people of validation, are answered before and after; nothing is learned from them.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import crops
import measure
from learn import LABELS, answers, normalised, presence, views
from pack import stored
from still import POOR, renders
from teacher import Teacher, counts, known

UNIT = LABELS.index("12")
# How much each source counts, and of how many views: the first is the picture itself.
SHARES = {"congress": (1, 2), "fer2013": (1, 2), "neutral": (0.5, 12), "renders": (0.3, 2), "known": (0.3, 2)}
# A smile counts as a whole one from this intensity on.
WHOLE = 0.4
RIDGE = 250
# The feature is never below 0, as far as any picture of training goes; its weights are well within f16.
LIFT, TIMES = 2.0, 8.0


def sources(options):
    """Of each source: crops [n, 88, 64], intensity of the smile [n], and how surely it is one [n]."""
    read, found = np.load(options.teacher), {}
    teacher = Teacher(read)
    found["known"] = read["crops"], known(read)[:, UNIT]
    faces, target, *_ = renders([options.renders])
    found["renders"] = faces.numpy(), target[:, UNIT].numpy()
    rest = np.load(options.neutral)
    train = set(crops.people("train"))
    of_training = [str(name)[:3] in train for name in rest["names"]]
    found["neutral"] = rest["crops"][of_training], np.zeros(sum(of_training), np.float32)
    for path in options.real:
        read = np.load(path)
        found[path.stem] = read["crops"], teacher.targets(read)[0][:, UNIT]
    likely = {name: presence(torch.from_numpy(intensity)).numpy() for name, (_, intensity) in found.items()}
    whole = {name: np.clip(intensity / WHOLE, 0, 1) for name, (_, intensity) in found.items()}
    for path in options.real:
        if path.stem == "fer2013":
            # Ten people know better than the teacher.
            likely[path.stem] = whole[path.stem] = (counts(np.load(path))[1] / 10).astype(np.float32)
    return {name: (*part, likely[name], whole[name]) for name, part in found.items()}


def flat(network, faces, count, generator):
    """What the last convolution answers [count, n, k] of views of crops."""
    faces, found = torch.from_numpy(faces), []
    with torch.no_grad():
        for view in range(count):
            for part in faces.split(128):
                pictures = views(part, generator, POOR)[0] if view else part.float()
                found.append(network(normalised(pictures).contiguous(memory_format=torch.channels_last), ["flat"])[0])
    return torch.cat(found).reshape(count, len(faces), -1)


def ridge(parts):
    """The weights [k] and the constant that answer best, of (values [n, k], wanted [n], weight), each column by its own spread."""
    total = sum(weight for _, _, weight in parts)
    moments = mixed = 0
    for values, wanted, weight in parts:
        values = torch.cat([values, torch.ones(len(values), 1)], 1)
        moments = moments + (values.T @ values).double() * (weight / total / len(values))
        mixed = mixed + (values.T @ wanted).double() * (weight / total / len(values))
    mean, middle = moments[:-1, -1], mixed[-1]
    spread = moments[:-1, :-1] - torch.outer(mean, mean)
    sd = spread.diagonal().clamp(min=0).sqrt() + 1e-3
    stiff = spread / sd / sd[:, None] + RIDGE * torch.eye(len(sd), dtype=torch.float64)
    weights = torch.linalg.solve(stiff, (mixed[:-1] - mean * middle) / sd) / sd
    return weights.float(), float(middle - mean @ weights)


def line(scores, wanted, weights):
    """Gain and constant of the logit of scores [n] that says `wanted` [n], 0 to 1, best."""
    both = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([both], max_iter=200, line_search_fn="strong_wolfe")

    def loss():
        search.zero_grad()
        value = F.binary_cross_entropy_with_logits(both[0] * scores + both[1], wanted.double(), weights, reduction="sum") / weights.sum()
        value.backward()
        return value

    search.step(loss)
    return both.detach().float()


def teach(network, found, generator):
    """Gives `network` the feature; `found` is what `sources` tells."""
    weights = dict(zip(network.names, network.layers))
    first, outputs = weights["fc1"], [weights["probability_fc"], weights["intensity_fc"]]
    parts, rows, most = [], [], torch.full((first.weight.shape[0],), -torch.inf)
    with torch.no_grad():
        for name, (faces, intensity, likely, whole) in found.items():
            share, count = SHARES[name]
            values = flat(network, faces, count, generator).flatten(0, 1)
            most = torch.maximum(most, first(values).max(0).values)
            repeated = [torch.from_numpy(np.tile(v, count)).float() for v in (whole, likely, intensity)]
            parts.append((values, repeated[0], share))
            rows.append((*repeated[1:], torch.full((len(values),), share / len(values), dtype=torch.float64)))
        spare = int(most.argmin())
        if most[spare] > 0:
            raise SystemExit("every feature is in use: none can be given to unit 12")
        sums, constant = ridge(parts)
        scores = torch.cat([values @ sums + constant for values, _, _ in parts]).double()
        print(f"feature {spare} of {len(most)} ({int((most <= 0).sum())} rest); the sum is {scores.min():.2f} to {scores.max():.2f}")
        first.weight[spare], first.bias[spare] = TIMES * sums, TIMES * (constant + LIFT)
    likely, intensity, weight = (torch.cat(column) for column in zip(*rows))
    for layer, wanted in zip(outputs, (likely, intensity)):
        gain, offset = line(scores, wanted, weight)
        with torch.no_grad():
            layer.weight[:, spare] = 0
            layer.weight[UNIT] = 0
            layer.weight[UNIT, spare], layer.bias[UNIT] = gain / TIMES, offset - gain * LIFT


def told(network, check, truth, portraits):
    """The mean area and unit 12's on renders of validation, and of its real smiles, with how it strays over people drawn anew."""
    found = measure.areas(answers(network, normalised(torch.from_numpy(check["crops"]).float()))[0], truth)
    logits = np.split(measure.logits(answers(network, normalised(portraits.faces.float()))[0]), 2)
    draws = np.random.default_rng(1).integers(0, len(portraits.people), (1000, len(portraits.people)))
    spread = np.percentile([measure.smiles(*(part[draw] for part in logits))["12"][0] for draw in draws], [5, 50, 95])
    smiles = ", ".join(f"{unit} {a:.3f} {b:.3f}" for unit, (a, b) in measure.smiles(*logits).items())
    print(f"mean area {np.mean([found[label] for label in measure.MAIN]):.4f}, unit 12 {found['12']:.4f}; smiles {smiles}")
    print("unit 12 as it is, people drawn anew: 5, 50, 95 of 100 at " + ", ".join(f"{value:.3f}" for value in spread))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--begin", type=Path, required=True, help="a model file, or a checkpoint of still.py")
    for name in ("--neutral", "--renders", "--teacher", "--check", "--smiling", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--real", type=Path, nargs="+", required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    network, check = stored("still", options.begin)[0], np.load(options.check)
    portraits, truth = measure.Portraits(np.load(options.neutral), np.load(options.smiling)), known(check)
    told(network, check, truth, portraits)
    teach(network, sources(options), torch.Generator().manual_seed(options.seed))
    told(network, check, truth, portraits)
    torch.save({"average": network.state_dict()}, options.out)


if __name__ == "__main__":
    main()
