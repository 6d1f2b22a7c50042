"""What ten people saw in each image: the votes of FER+ (Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced
Label Distribution", ICMI 2016), joined to the files of FER2013 by ../shared/data/ferplus.

A file is known by its class and its name: one name is in two classes. `python votes.py` prints how many faces there are; `--validation FOLDER` and `--public FOLDER`
write the validation images and PublicTest's, a folder a class, and beside them votes.csv, for `moue fuse` and `moue evaluate`.
"""

import argparse
import copy
import csv
from pathlib import Path

import numpy as np

import data

FERPLUS = data.FER2013.parent / "ferplus"
COLUMNS = {
    "angry": "anger", "disgust": "disgust", "fear": "fear", "happy": "happiness", "neutral": "neutral", "sad": "sadness", "surprise": "surprise", "contempt": "contempt",
}
ELSE = ["unknown", "NF"]


class Votes:
    """Votes [n, 10] of u8 for the files `names` (`folder/file`): the eight labels in data.LABELS' order, `unknown`, `no face`; zeros where a file has none."""

    def __init__(self, part, names):
        path = FERPLUS / f"{part}_votes.csv"
        if not path.is_file():
            raise SystemExit(f"{path} is missing: the votes of FER+ do not come with this repository; see models/train/README.md")
        with open(path, newline="") as file:
            rows = {(r["fer2013_label"], r["our_file_name"]): [int(r[c]) for c in (*(COLUMNS[label] for label in data.LABELS), *ELSE)] for r in csv.DictReader(file)}
        keys = [(Path(name).parent.name, Path(name).name) for name in names]
        self.counts = np.array([rows.get(key, [0] * 10) for key in keys], np.uint8)

    def of(self, indices):
        """The votes of some of the files."""
        part = copy.copy(self)
        part.counts = self.counts[indices]
        return part

    def led_by_expression(self):
        """Files with votes, where neither `unknown` nor `no face` has more than every expression."""
        expressions, others = self.counts[:, :8].max(1), self.counts[:, 8:].max(1)
        return (expressions > 0) & (others <= expressions)

    def targets(self):
        """The distribution [n, 8] of f32 of the votes over the eight labels; zeros where there are none."""
        expressions = self.counts[:, :8].astype(np.float32)
        return expressions / np.maximum(expressions.sum(1, keepdims=True), 1)

    def set_a(self):
        """Set A: the largest of the ten counts, ties dropped, faces led by `unknown` or `no face` left out. The labels [n] of i64, -1 outside of the set."""
        ordered = np.sort(self.counts, 1)
        label = self.counts.argmax(1).astype(np.int64)
        return np.where((ordered[:, -1] > ordered[:, -2]) & (label < 8), label, -1)

    def set_b(self):
        """Set B: single votes dropped, more than half of the rest for one of the eight. The labels [n] of i64, -1 outside of the set."""
        kept = np.where(self.counts > 1, self.counts, 0)
        label = kept.argmax(1).astype(np.int64)
        return np.where((2 * kept.max(1) > kept.sum(1)) & (label < 8), label, -1)


def lookalikes_of_tests():
    """Names of the training files whose picture is also one of PublicTest or PrivateTest."""
    with open(FERPLUS / "train_lookalike_of_test.csv", newline="") as file:
        return {row["our_file_name"] for row in csv.DictReader(file)}


class Training:
    """FER2013's training images with their votes, and the split that keeps look-alikes together.

    faces [n, 48, 48] of u8; labels [n]: FER2013's own; votes: `Votes`; train: indices to learn from; validation: indices to choose by.
    """

    def __init__(self):
        self.names, files, self.labels = data.read_files(data.FER2013 / "train.tar.gz")
        self.faces = data.gray_faces(files)
        train, self.validation = data.split(data.look_alike_groups(self.faces))
        self.votes = Votes("train", self.names)
        twins = lookalikes_of_tests()
        usable = self.votes.led_by_expression() & np.array([Path(name).name not in twins for name in self.names])
        self.train = train[usable[train]]


def figures(probabilities, votes):
    """How well probabilities [n, 8] meet `votes`: accuracy on sets A and B, macro F1 on B, mean cross-entropy and divergence from the votes (nats), and the
    share of faces whose answer at least a third of the people gave, these three of all faces led by an expression."""
    answer = probabilities.argmax(1)
    found = {}
    for name, label in (("a", votes.set_a()), ("b", votes.set_b())):
        inside = label >= 0
        found[name] = float((answer[inside] == label[inside]).mean())
        found[f"faces_{name}"] = int(inside.sum())
    found["macro_f1_b"] = macro_f1(answer[inside], label[inside])
    led, targets = votes.led_by_expression(), votes.targets()
    t, p = targets[led], np.maximum(probabilities[led], 1e-12)
    found["cross_entropy"] = float(-(t * np.log(p)).sum(1).mean())
    found["divergence"] = float((t * np.log(np.where(t > 0, t, 1) / p)).sum(1).mean())
    found["third"] = float((t[np.arange(len(t)), answer[led]] >= 1 / 3).mean())
    return found


def macro_f1(answer, label):
    """Mean over the labels that occur of the harmonic mean of precision and recall."""
    values = []
    for index in np.unique(label):
        right = ((answer == index) & (label == index)).sum()
        values.append(2 * right / max((answer == index).sum() + (label == index).sum(), 1))
    return float(np.mean(values))


def write(folder, names, files, votes):
    """Images in a folder a class, and their votes."""
    rows = [["file", *data.LABELS, *ELSE]]
    for name, file, counts in zip(names, files, votes.counts, strict=True):
        place = f"{Path(name).parent.name}/{Path(name).name}"
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(file)
        rows.append([place, *counts.tolist()])
    with open(folder / "votes.csv", "w", newline="") as table:
        csv.writer(table, lineterminator="\n").writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validation", type=Path, metavar="FOLDER")
    parser.add_argument("--public", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    training = Training()
    names, files, _ = data.read_files(data.FER2013 / "public_test.tar.gz")
    public = Votes("public", names)
    if options.validation:
        own, bytes_of, _ = data.read_files(data.FER2013 / "train.tar.gz")
        chosen = training.validation
        write(options.validation, [own[i] for i in chosen], [bytes_of[i] for i in chosen], training.votes.of(chosen))
    if options.public:
        write(options.public, names, files, public)
    print(f"{len(training.names)} files, {(training.votes.counts.sum(1) > 0).sum()} with votes; {len(training.train)} train, {len(training.validation)} validation")
    for name, label in (("A", training.votes.set_a()), ("B", training.votes.set_b())):
        for part, indices in (("train", training.train), ("validation", training.validation)):
            chosen = label[indices]
            print(f"set {name}, {part}: {(chosen >= 0).sum()}", dict(zip(data.LABELS, np.bincount(chosen[chosen >= 0], minlength=8).tolist())))
    print(f"PublicTest: {(public.counts.sum(1) > 0).sum()} with votes, A {(public.set_a() >= 0).sum()}, B {(public.set_b() >= 0).sum()}")


if __name__ == "__main__":
    main()
