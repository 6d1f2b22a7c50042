"""What blendshapes say about action units on real faces: `python teacher.py renders.npz` prints how well each of them knows its unit on renders of people of training.

A blendshape is taken for a unit where both mean the same movement; MediaPipe's sneer, cheek puff, cheek squint and wide eyes answer little and are left out. Its values at
rest and at intensity 1 are those of renders, whose units are known: the least squares of blendshape by the intensities of all units. Unit 25 is the distance of the lips.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

import crops
from learn import LABELS, PRESENT, area

MEANS = {
    "1": ["browInnerUp"], "2": ["browOuterUpLeft", "browOuterUpRight"], "4": ["browDownLeft", "browDownRight"], "10": ["mouthUpperUpLeft", "mouthUpperUpRight"],
    "12": ["mouthSmileLeft", "mouthSmileRight"], "15": ["mouthFrownLeft", "mouthFrownRight"], "16": ["mouthLowerDownLeft", "mouthLowerDownRight"], "17": ["mouthShrugLower"],
    "18": ["mouthPucker"], "20": ["mouthStretchLeft", "mouthStretchRight"], "22": ["mouthFunnel"], "24": ["mouthPressLeft", "mouthPressRight"], "25": ["gap"], "26": ["jawOpen"],
    "27": ["jawOpen"], "28": ["mouthRollLower", "mouthRollUpper"], "43": ["eyeBlinkLeft", "eyeBlinkRight"], "46L": ["eyeBlinkLeft"], "46R": ["eyeBlinkRight"],
}
# Closing both eyes is no wink, and a wink closes no two eyes.
LESS = {"46L": "eyeBlinkRight", "46R": "eyeBlinkLeft"}
SOUND = 0.88
# Raised inner brows and a dropped jaw are the same movement to both, and renders teach them too little of real brows.
SAME = ["1", "26"]
# How surely the teacher is right: its weight beside the renders'.
TRUST = 1.0
NEUTRAL, SMILE = 0.2, 0.4
# How much ten people's votes count.
VOTES = 2.0
RIDGE = 1.0


def values(read):
    """The blendshapes' value [n] of each unit of MEANS, of what crops.py read."""
    names = [str(name) for name in read["blendshape_names"]]
    shapes = dict(zip(names, read["blendshapes"].T)) | {"gap": read["gap"]}
    least = {"43"}
    found = {unit: (np.min if unit in least else np.mean)([shapes[name] for name in means], 0) for unit, means in MEANS.items()}
    return {unit: value - shapes[LESS[unit]] if unit in LESS else value for unit, value in found.items()}


def known(read):
    """The intensities [n, labels] of what crops.py read of au-renders."""
    rows = {}
    for table in ("labels.csv", "clips.csv"):
        with open(crops.RENDERS / table, newline="") as file:
            rows |= {row["file"]: row for row in csv.DictReader(file)}
    return np.array([[float(rows[str(name)].get("AU" + label, 0)) for label in LABELS] for name in read["names"]], np.float32)


class Teacher:
    """sound: of each unit that it teaches, the blendshapes' value at rest and what they gain up to intensity 1; areas: how well each unit of MEANS is known on renders."""

    def __init__(self, read):
        found, truth = values(read), known(read)
        self.sound, self.areas = {}, {}
        # Of each unit beside all others: a jaw that is open for 27 says nothing about what 26 gains.
        beside = np.c_[truth, np.ones(len(truth))].astype(np.float64)
        stiff = np.diag([RIDGE] * len(LABELS) + [0.0])
        for unit, value in found.items():
            at = LABELS.index(unit)
            gains = np.linalg.solve(beside.T @ beside + stiff, beside.T @ value)
            self.areas[unit] = area(value, truth[:, at] >= PRESENT)
            if (self.areas[unit] >= SOUND or unit in SAME) and gains[at] > 0:
                self.sound[unit] = float(gains[-1]), float(gains[at])

    def targets(self, read):
        """Intensities [n, labels] and weights [n, labels] of real faces."""
        found = values(read)
        target = np.zeros((len(read["names"]), len(LABELS)), np.float32)
        weight = np.zeros_like(target)
        for unit, (rest, gain) in self.sound.items():
            at = LABELS.index(unit)
            target[:, at] = np.clip((found[unit] - rest) / gain, 0, 1)
            weight[:, at] = TRUST
        at, left, right = (LABELS.index(label) for label in ("46", "46L", "46R"))
        target[:, at] = np.maximum(target[:, left], target[:, right])
        weight[:, at] = np.minimum(weight[:, left], weight[:, right])
        return target, weight


def counts(read):
    """How many of ten people called each face of FER2013 neutral, and how many happy: [2, n]."""
    import data
    import votes

    found = votes.Votes("train", [str(name) for name in read["names"]]).counts
    return found[:, [data.LABELS.index("neutral"), data.LABELS.index("happy")]].T.astype(int)


def voted(read, target, weight, likely, smiles):
    """Targets, weights and presence of faces of FER2013 by what ten people saw: of neutral faces what is not taught is absent; with `smiles` a face smiles (12) as likely as
    people call it happy, and at least by SMILE where eight do."""
    neutral, happy = counts(read)
    at = LABELS.index("12")
    target, weight, likely = target.copy(), weight.copy(), likely.copy()
    if smiles:
        target[:, at] = np.where(happy >= 8, np.maximum(target[:, at], SMILE), target[:, at] * np.minimum(happy / 5, 1))
        weight[:, at], likely[:, at] = VOTES, happy / 10
    calm = (neutral >= 8) & (happy == 0)
    weight[calm] = np.maximum(weight[calm], NEUTRAL)
    return target, weight, likely


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("renders", type=Path, help="what crops.py read of renders of people of training")
    options = parser.parse_args()
    teacher = Teacher(np.load(options.renders))
    for unit, value in sorted(teacher.areas.items(), key=lambda pair: -pair[1]):
        rest, gain = teacher.sound.get(unit, (float("nan"), float("nan")))
        print(f"{unit:4} {value:.3f}  {'taught' if unit in teacher.sound else 'not taught':10} at rest {rest:.3f}, gains {gain:.3f}  {', '.join(MEANS[unit])}")


if __name__ == "__main__":
    main()
