"""moue's nearest neighbours beside faiss's flat index, in one run and in turns; and moue's figures of embeddings beside scikit-learn's and pytorch-metric-learning's.

    pip install faiss-cpu numpy scikit-learn pytorch-metric-learning safetensors torch
    cargo build --release --example neighbours_peer
    python peers/neighbours.py time --device cpu --device llvmpipe
    moue evaluate --embedding --data TEST.safetensors --gallery TRAIN.safetensors --json > figures.json
    python peers/neighbours.py figures figures.json TEST.safetensors [TRAIN.safetensors]

time: 1,000 queries in 100,000 vectors of 64 numbers, the 16 nearest, unless told otherwise: clusters as classes make them. Neighbours are compared: those that differ are to be equally near,
by distances in f64. figures: every figure computed anew of the same vectors.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent


class Peer:
    """The worker of peers/neighbours.rs."""

    def __init__(self, program, device, metric, folder, size, k):
        self.answer = Path(folder, "answer")
        words = [program, device, metric, Path(folder, "vectors"), Path(folder, "queries"), size, k, self.answer]
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline().split(maxsplit=2)
        if not ready:
            raise SystemExit(f"{device}: the worker ended")
        self.made, self.name, self.k = float(ready[1]), ready[2].strip(), k

    def search(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        seconds, rescanned, ceiling = self.process.stdout.readline().split()
        return float(seconds), int(rescanned), float(ceiling)

    def found(self):
        return np.fromfile(self.answer, np.uint32).reshape(-1, self.k).astype(np.int64)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def data(rows, queries, size):
    random = np.random.default_rng(22)
    centres = random.normal(0, 1, (8, size))
    make = lambda count: (centres[random.integers(0, 8, count)] + random.normal(0, 0.5, (count, size))).astype(np.float32)
    return make(rows), make(queries)


def differ(vectors, queries, ours, theirs, cosine):
    """How many neighbours differ, and how many of them are not equally near: more than f32 can tell apart."""
    far = 0
    rows, places = np.nonzero(ours != theirs)
    for row, place in zip(rows, places):
        query = queries[row].astype(np.float64)
        near = []
        for index in (ours[row, place], theirs[row, place]):
            vector = vectors[index].astype(np.float64)
            if cosine:
                near.append(1 - query @ vector / np.linalg.norm(query) / np.linalg.norm(vector))
            else:
                near.append(((query - vector) ** 2).sum())
        scale = 1 if cosine else (query**2).sum() + (vector**2).sum()
        far += abs(near[0] - near[1]) > 4 * 64 * 2.0**-24 * scale
    return len(rows), far


def timed(options):
    import faiss

    vectors, queries = data(options.rows, options.queries, options.size)
    cosine = options.metric == "cosine"
    sought = queries
    if cosine:
        index = faiss.IndexFlatIP(options.size)
        unit = lambda all: (all / np.linalg.norm(all.astype(np.float64), axis=1, keepdims=True)).astype(np.float32)
        index.add(unit(vectors))
        sought = unit(queries)
    else:
        index = faiss.IndexFlatL2(options.size)
        index.add(vectors)
    with tempfile.TemporaryDirectory() as folder:
        vectors.tofile(Path(folder, "vectors"))
        queries.tofile(Path(folder, "queries"))
        peers = []
        for device in options.device or ["cpu"]:
            own = Path(folder, device)
            own.mkdir()
            for name in ("vectors", "queries"):
                (own / name).symlink_to(Path(folder, name))
            peers.append(Peer(options.program, device, options.metric, own, options.size, options.k))
        theirs, ours, ceilings, products = [], [[] for _ in peers], [[] for _ in peers], []
        left, right = np.random.default_rng(1).random((2, 1024, 1024), np.float32)
        for _ in range(options.repeat + 1):
            start = time.perf_counter()
            _, found = index.search(sought, options.k)
            theirs.append(time.perf_counter() - start)
            start = time.perf_counter()
            left @ right
            products.append(2 * 1024**3 / (time.perf_counter() - start) / 1e9)
            for place, peer in enumerate(peers):
                seconds, rescanned, ceiling = peer.search()
                ours[place].append(seconds)
                ceilings[place].append(ceiling)
        work = 2 * options.rows * options.queries * options.size / 1e9
        best = statistics.median(theirs[1:])
        print(f"{options.queries} queries in {options.rows} x {options.size}, the {options.k} nearest, {options.metric}; medians of {options.repeat} runs in turns")
        print(f"faiss {faiss.__version__} flat, {faiss.omp_get_max_threads()} threads: {best:.3f} s, {work / best:.1f} GFLOP/s; products of 1024 x 1024 by numpy: {max(products):.0f} GFLOP/s at best")
        for peer, seconds, ceiling in zip(peers, ours, ceilings):
            median = statistics.median(seconds[1:])
            share = f", {100 * work / median / max(ceiling):.0f} % of the adapter's {max(ceiling):.0f}" if max(ceiling) else ""
            different, far = differ(vectors, queries, peer.found(), found, cosine)
            peer.search()
            print(
                f"moue on {peer.name}: {median:.3f} s, {work / median:.1f} GFLOP/s{share}; {median / best:.2f} of faiss's time; index made in {peer.made:.2f} s; "
                f"{rescanned} queries scanned once more; {different} of {found.size} neighbours differ, {far} of them not equally near"
            )
            peer.close()


def figures(options):
    import sys

    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
    from safetensors import safe_open
    from sklearn.metrics import accuracy_score, f1_score, normalized_mutual_info_score, precision_score, recall_score
    import torch

    sys.path.insert(0, str(ROOT / "models" / "embedding"))
    import measure

    said = json.loads(Path(options.figures).read_text())

    def load(path):
        with safe_open(path, "np") as file:
            labels = json.loads(file.metadata()["moue"])["labels"]
            vectors, own = file.get_tensor("embeddings"), file.get_tensor("label")
        known = own >= 0
        return vectors[known], np.array([said["labels"].index(labels[label]) for label in own[known]])

    vectors, classes = load(options.test)
    gallery, theirs = load(options.train) if options.train else (vectors, classes)
    worst = 0.0

    def compare(name, ours, right):
        nonlocal worst
        worst = max(worst, abs(ours - right))
        print(f"{name:24} {ours:.8f} {right:.8f} {abs(ours - right):.1e}")

    within = measure.retrieval(vectors, classes, [row["k"] for row in said["by_neighbours"]])
    nearest = theirs[measure.neighbours(vectors, gallery, max(within), same=options.train is None)]
    for row in said["by_neighbours"]:
        k = row["k"]
        answers = measure.voted(nearest[:, :k], len(said["labels"]))
        macro = {"average": "macro", "zero_division": 0}
        compare(f"accuracy, K = {k}", row["accuracy"], accuracy_score(classes, answers))
        compare("  precision", row["precision"], precision_score(classes, answers, **macro))
        compare("  recall", row["recall"], recall_score(classes, answers, **macro))
        compare("  F1", row["f1"], f1_score(classes, answers, **macro))
        compare("  Recall@K", row["recall_at_k"], within[k][0])
        compare("  Acc@K", row["acc_at_k"], within[k][1])
    compare("NMI", said["nmi"], normalized_mutual_info_score(classes, said["clusters"]))
    # Its own search finds the neighbours: f64 keeps ties rare.
    counted = AccuracyCalculator(include=("precision_at_1", "r_precision", "mean_average_precision_at_r"), k="max_bin_count", device=torch.device("cpu"), knn_func=knn)
    right = counted.get_accuracy(vectors, classes)
    compare("precision at 1", said["by_neighbours"][0]["recall_at_k"], right["precision_at_1"])
    compare("R-precision", said["r_precision"], right["r_precision"])
    compare("MAP@R", said["map_at_r"], right["mean_average_precision_at_r"])
    print(f"largest difference {worst:.1e}")
    raise SystemExit(worst > 1e-6)


def knn(query, k, reference, ref_includes_query):
    """What pytorch-metric-learning asks for neighbours: exact ones, ties by index."""
    import torch

    distance = torch.cdist(query.double(), reference.double())
    if ref_includes_query:
        distance.fill_diagonal_(torch.inf)
    found = distance.sort(dim=1, stable=True)
    return found.values[:, :k], found.indices[:, :k]


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("time")
    command.set_defaults(run=timed)
    command.add_argument("--device", action="append")
    command.add_argument("--metric", choices=["euclidean", "cosine"], default="euclidean")
    command.add_argument("--program", default=ROOT / "target" / "release" / "examples" / "neighbours_peer")
    for name, value in (("rows", 100_000), ("queries", 1000), ("size", 64), ("k", 16), ("repeat", 7)):
        command.add_argument(f"--{name}", type=int, default=value)
    command = commands.add_parser("figures")
    command.set_defaults(run=figures)
    command.add_argument("figures")
    command.add_argument("test")
    command.add_argument("train", nargs="?")
    options = parser.parse_args()
    options.run(options)


main()
