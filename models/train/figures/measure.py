"""How well a model meets faces whose votes are known: members, fused answer, classes, calibration, disturbances."""

import numpy as np

import data
import votes
from disturb import DISTURBANCES

BINS = 15
EVERY = {"gamma": 3}
USUALLY = 6
UNSURE = 0.5


def probabilities(model, faces):
    """Members' probabilities [members, n, 8] and the fused ones before and after the temperature, [n, 8], of gray faces; labels that a model does not know have none."""
    members = model.member_probabilities(data.rgb(faces))
    before = np.tensordot(np.array(model.text["fusion"]["weights"], np.float32), members, 1)
    return tuple(in_order(model, found) for found in (members, before, model.fuse(members)))


def in_order(model, found):
    """Probabilities [..., labels of the model] in data.LABELS' order."""
    whole = np.zeros((*found.shape[:-1], len(data.LABELS)), np.float32)
    whole[..., [data.LABELS.index(label) for label in model.text["labels"]]] = found
    return whole


def calibration(found, share):
    """Expected calibration error over equal-width bins of the largest probability against `share` [n], and (mean probability, mean share, count) a bin."""
    confidence = found.max(1)
    at = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = [(float(confidence[at == b].mean()), float(share[at == b].mean()), int((at == b).sum())) for b in range(BINS) if (at == b).any()]
    return sum(n * abs(c - s) for c, s, n in bins) / len(share), bins


def calibrated(found, of):
    """Calibration by the share of the people who gave the answer, and by whether it is what most gave (set A)."""
    led, label = of.led_by_expression(), of.set_a()
    people = of.targets()[np.arange(len(found)), found.argmax(1)]
    inside = label >= 0
    error, bins = calibration(found[led], people[led])
    return {"people": error, "bins": bins, "majority": calibration(found[inside], (found.argmax(1) == label)[inside].astype(float))[0]}


def unsure(found, of):
    """Share of the faces (set A) that are marked as unsure, and the accuracy of those and of the others."""
    label = of.set_a()
    inside = label >= 0
    marked, right = found.max(1)[inside] < UNSURE, (found.argmax(1) == label)[inside]
    return {"share": float(marked.mean()), "marked": float(right[marked].mean()), "others": float(right[~marked].mean())}


def fer2013(found, labels):
    """Accuracy by FER2013's own labels, among its seven."""
    return float((found[..., : len(data.FER2013_LABELS)].argmax(-1) == labels).mean())


def confusion(found, label):
    counts = np.zeros((len(data.LABELS),) * 2, int)
    inside = label >= 0
    np.add.at(counts, (label[inside], found.argmax(1)[inside]), 1)
    return counts.tolist()


def measure(model, faces, of, labels):
    """Everything about undisturbed faces."""
    members, before, after = probabilities(model, faces)
    every = [*members, members.mean(0), after]
    names = [*(m["name"] for m in model.text["members"]), "equal", "fused"]
    return {
        "votes": {name: votes.figures(found, of) for name, found in zip(names, every)},
        "fer2013": {name: fer2013(found, labels) for name, found in zip(names, every)},
        "images": len(labels),
        "confusion": confusion(after, of.set_b()),
        "calibration": [calibrated(found, of) for found in (before, after)],
        "divergence": [votes.figures(found, of)["divergence"] for found in (before, after)],
        "unsure": unsure(after, of),
    }


def disturbed(model, faces, of, name):
    """Accuracy (set A) of members and of the fused answer under every level of a disturbance: gamma on every third face, the others on every sixth."""
    label = of.set_a()
    (change, levels, _, unit), chosen = DISTURBANCES[name], np.flatnonzero(label >= 0)[:: EVERY.get(name, USUALLY)]
    rows = []
    for level in levels:
        members, _, after = probabilities(model, change(faces[chosen], level))
        rows.append([float((p.argmax(1) == label[chosen]).mean()) for p in (*members, after)])
        print(f"{model.text['name']} {name} {level}: fused {rows[-1][-1]:.4f}", flush=True)
    return {"unit": unit, "faces": len(chosen), "levels": levels, "members": np.array(rows)[:, :-1].T.tolist(), "fused": [row[-1] for row in rows]}


def oversampled(model, faces, of):
    """Accuracy (set A) under each kind of oversampling, the members' and the fused one's; the model's own is put back."""
    own, found, label = model.text["oversample"], {}, of.set_a()
    inside = label >= 0
    for kind in ("none", "mirrored", "five_mirrored"):
        model.text["oversample"] = kind
        members, _, after = probabilities(model, faces[inside])
        found[kind] = [float((p.argmax(1) == label[inside]).mean()) for p in (*members, after)]
    model.text["oversample"] = own
    return found
