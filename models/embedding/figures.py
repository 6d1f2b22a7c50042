"""The figures of a model file: `python figures.py embedding.safetensors`, of PublicTest; `--validation` of what was chosen by instead.

Classes by the K nearest of the training faces, on FER+'s sets A and B; retrieval and clusters within B, the query left out, as Marrero-Fernandez and others have them.
`--people FACES` instead: how many neighbours show the same expression and how many the same person, of a file of `moue embed --labels` on neutral and smiling portraits whose files
begin with a person's number and `_`, and `--labelled FACES`: of one whose folders are expressions alone. `--pose FACES --labels labels.csv`: of renders, how far the 11 nearest
go along with what a face is by its columns.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from sklearn.cluster import KMeans
from sklearn.metrics import precision_recall_fscore_support

import measure
from embed import CLASSES, DEFAULT, Faces, embedded  # first: it adds models/train
import data
import votes
from network import Network
from quantise import unpacked

COUNTS = [1, 3, 5, 7, 11, 15, 21, 31]


class Model:
    def __init__(self, path):
        with safe_open(path, "numpy") as file:
            text = json.loads(file.metadata()["moue"])
            tensors = unpacked({name: file.get_tensor(name) for name in file.keys()})
        (member,) = text["members"]
        description = text["networks"][member["network"]]
        self.network = Network(description)
        self.network.load_weights({name: value.astype(np.float32) for name, value in tensors.items()}, member["weights"])
        self.window = next(iter(description["inputs"].values()))[1:]
        self.steps = text["representations"][member["representation"]]
        self.tables = {"tables/gray": tensors["tables/gray"]}

    def __call__(self, faces):
        return embedded(self.network.to(memory_format=torch.channels_last), faces, self.window, self.steps, self.tables)


def by_neighbours(queries, gallery, classes, sets):
    """A table of K, and of the sets: accuracy, and on B the means of precision, recall and F1."""
    print("| K | A | B | precision of B | recall | F1 |\n|---|---|---|---|---|---|")
    near = classes[measure.neighbours(queries, gallery, max(COUNTS))]
    for count in COUNTS:
        answer = measure.voted(near[:, :count], CLASSES)
        shares = [measure.accuracy_and_f1(answer[truth >= 0], truth[truth >= 0])[0] for truth in sets]
        inside = sets[1] >= 0
        means = precision_recall_fscore_support(sets[1][inside], answer[inside], average="macro", zero_division=0)[:3]
        print(f"| {count} | " + " | ".join(f"{100 * value:.2f} %" for value in (*shares, *means)) + " |")


def retrieval(queries, truth):
    print("\n| K | Recall@K | Acc@K |\n|---|---|---|")
    for count, (recall, share) in measure.retrieval(queries, truth, [1, 2, 4, 8, 16, 32]).items():
        print(f"| {count} | {100 * recall:.1f} % | {100 * share:.1f} % |")
    clusters = KMeans(CLASSES, n_init=10, random_state=0).fit_predict(queries)
    print(f"\nNMI of k-means with {CLASSES} clusters: {100 * measure.nmi(clusters, truth):.1f} %")


def read(path):
    with safe_open(path, "numpy") as file:
        said = json.loads(file.metadata()["moue"])
        files = [said["files"][i]["path"] for i in file.get_tensor("file")]
        return file.get_tensor("embeddings"), file.get_tensor("label").astype(np.int64), files


def leaks(vectors, classes, people):
    """Of each face's nearest others: how many show its expression, how many its person."""
    near = measure.neighbours(vectors, vectors, 11, same=True)
    for count in (1, 5, 11):
        expression = (classes[near[:, :count]] == classes[:, None]).mean()
        line = f"{len(vectors)} faces, {count} nearest: the same expression {100 * expression:.1f} %"
        if people is not None:
            line += f", the same person {100 * (people[near[:, :count]] == people[:, None]).mean():.1f} %"
        print(line)


def along(vectors, files, table):
    """Correlation of a face's columns with the mean of those of its 11 nearest, and of its person with theirs."""
    with open(table, newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    own = [rows["/".join(Path(name).parts[-2:])] for name in files]
    near = measure.neighbours(vectors, vectors, 11, same=True)
    people = np.array([row["person"] for row in own])
    print(f"{len(own)} renders, 11 nearest: the same person {100 * (people[near] == people[:, None]).mean():.1f} %, by chance {100 * np.mean([(people == p).mean() for p in people]):.1f} %")
    for column in ("AU12", "AU25", "AU4", "AU43", "yaw", "pitch", "roll", "gamma", "scale"):
        values = np.array([float(row[column]) for row in own])
        print(f"{column}: {np.corrcoef(values, values[near].mean(1))[0, 1]:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--cosine", action="store_true", help="the angle instead of the distance")
    parser.add_argument("--people", type=Path, metavar="FACES")
    parser.add_argument("--pose", type=Path, metavar="FACES")
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--labelled", type=Path, metavar="FACES")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for path in filter(None, (options.people, options.labelled)):
        vectors, classes, files = read(path)
        leaks(vectors, classes, np.array([Path(name).name.split("_")[0] for name in files]) if path == options.people else None)
    if options.pose:
        vectors, _, files = read(options.pose)
        along(vectors, files, options.labels)
    if not options.model:
        return
    own, model = Faces(), Model(options.model)
    if options.validation:
        faces, asked = own.held, own.held_votes
    else:
        names, files, _ = data.read_files(data.FER2013 / "public_test.tar.gz")
        faces, asked = data.gray_faces(files), votes.Votes("public", names)
    gallery, queries = model(own.faces.numpy()), model(faces)
    if options.cosine:
        gallery, queries = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (gallery, queries))
    sets = asked.set_a(), asked.set_b()
    by_neighbours(queries, gallery, own.classes.numpy(), sets)
    retrieval(queries[sets[1] >= 0], sets[1][sets[1] >= 0])


if __name__ == "__main__":
    main()
