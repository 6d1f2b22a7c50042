"""Areas under the ROC, thresholds and real smiles of a network or a model file."""

import json

import numpy as np
import torch

import crops
from learn import LABELS, PRESENT, answers, area, normalised

MAPPING = json.loads((crops.RENDERS / "mapping.json").read_text())["labels"] if crops.RENDERS.is_dir() else {}
APART = ["28B", "28T", "19", "30", "45", "46"]
MAIN = [label for label in LABELS if MAPPING.get(label, {}).get("quality") in ("good", "fair") and label not in APART]


def areas(scores, target):
    """The area of each label that is there, by name; target: intensities [n, labels]."""
    found = {label: area(scores[:, i], target[:, i] >= PRESENT) for i, label in enumerate(LABELS)}
    return {label: value for label, value in found.items() if value == value}


def logits(probability):
    p = np.clip(probability.astype(np.float64), 1e-7, 1 - 1e-7)
    return np.log(p / (1 - p))


def smiles(neutral, smiling):
    """Areas of smiling against neutral of logits [people, labels], as they are and less each person's mean: {unit: (as it is, less the mean)}."""
    positive = np.r_[np.zeros(len(neutral)), np.ones(len(smiling))] > 0
    mean = (neutral + smiling) / 2
    pairs = {"as_it_is": np.r_[neutral, smiling], "less_baseline": np.r_[neutral - mean, smiling - mean]}
    return {unit: tuple(area(scores[:, LABELS.index(unit)], positive) for scores in pairs.values()) for unit in ("12", "6", "25")}


class Portraits:
    """London portraits, neutral and smiling, of the same people, as crops.py read them."""

    def __init__(self, neutral, smiling, people=None):
        neutral, smiling = ({str(n)[:3]: c for n, c in zip(read["names"], read["crops"])} for read in (neutral, smiling))
        self.people = sorted(p for p in set(neutral) & set(smiling) if people is None or p in people)
        self.faces = torch.from_numpy(np.stack([neutral[p] for p in self.people] + [smiling[p] for p in self.people]))

    def figures(self, network):
        found = logits(answers(network, normalised(self.faces.float()))[0])
        return smiles(*np.split(found, 2))
