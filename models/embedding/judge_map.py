"""Judge a map of `moue map FACES -o map.csv` beside openTSNE's of the same vectors: `python judge_map.py FACES.safetensors map.csv [--perplexity 30]`.

Both are judged alike: the Kullback-Leibler divergence from openTSNE's likelihoods with every pair of the map counted in f64, and the share of the ten nearest of each vector that are
among the ten nearest on the map. openTSNE runs with its own settings (start in the plane of the largest variance, 250 + 500 steps) and exact neighbours. It needs openTSNE,
scikit-learn and safetensors.
"""

import argparse
import time

import numpy as np
from openTSNE import TSNE
from openTSNE.affinity import PerplexityBasedNN
from safetensors.numpy import load_file
from sklearn.neighbors import NearestNeighbors


def divergence(likely, places):
    total = 0.0
    for start in range(0, len(places), 512):
        ways = places[start : start + 512, None] - places[None]
        total += (1 / (1 + (ways**2).sum(2))).sum()
    total -= len(places)
    likely = likely.tocoo()
    ways = places[likely.row] - places[likely.col]
    beside = 1 / (1 + (ways**2).sum(1)) / total
    return float((likely.data * np.log(likely.data / beside)).sum())


def kept(vectors, places, count=10):
    def near(of):
        return NearestNeighbors(n_neighbors=count).fit(of).kneighbors(return_distance=False)

    there, here = near(vectors), near(places)
    return float(np.mean([len(set(a) & set(b)) / count for a, b in zip(there, here)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces")
    parser.add_argument("map")
    parser.add_argument("--perplexity", type=float, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    vectors = load_file(options.faces)["embeddings"]
    rows = np.genfromtxt(options.map, delimiter=",", names=True, usecols=("index", "x", "y"), dtype=None, encoding="utf-8")
    own = np.empty((len(vectors), 2))
    own[rows["index"]] = np.stack([rows["x"], rows["y"]], 1)
    likely = PerplexityBasedNN(vectors, perplexity=options.perplexity, method="exact", n_jobs=options.jobs)
    start = time.monotonic()
    peer = TSNE(perplexity=options.perplexity, n_jobs=options.jobs, random_state=0, initialization="pca", neighbors="exact").fit(vectors)
    seconds = time.monotonic() - start
    for name, places in ("moue", own), ("openTSNE", np.asarray(peer)):
        print(f"{name:9} KL {divergence(likely.P, places):.4f}  of ten neighbours kept {kept(vectors, places):.2%}")
    print(f"openTSNE took {seconds:.1f} s with {options.jobs} threads")


if __name__ == "__main__":
    main()
