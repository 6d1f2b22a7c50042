"""How good embeddings are: classes by the nearest neighbours, retrieval, clusters. Embeddings [n, d] of f32, classes [n] of i64."""

import numpy as np
import torch

PART = 1024


def neighbours(queries, gallery, count, same=False):
    """The indices [n, count] of the nearest rows of the gallery by L2, the nearest first; ties by index. `same`: queries are the gallery, and none is its own neighbour."""
    queries, gallery = torch.from_numpy(queries), torch.from_numpy(gallery)
    found = []
    for start in range(0, len(queries), PART):
        # In f64: what is near is told by its last digits.
        distance = torch.cdist(queries[start : start + PART].double(), gallery.double())
        if same:
            rows = torch.arange(len(distance))
            distance[rows, rows + start] = torch.inf
        found.append(distance.sort(dim=1, stable=True).indices[:, :count])
    return torch.cat(found).numpy()


def voted(classes, count):
    """The class [n] that most of the neighbours' classes [n, k] are; of several the one whose neighbours stand first."""
    hits = np.stack([(classes == c).sum(1) for c in range(count)], 1)
    place = np.stack([np.where((classes == c).any(1), (classes == c).argmax(1), classes.shape[1]) for c in range(count)], 1)
    return (hits * (classes.shape[1] + 1) - place).argmax(1)


def accuracy_and_f1(answer, truth):
    """Accuracy, and the mean F1 of the classes that are there."""
    f1 = [2 * ((answer == c) & (truth == c)).sum() / max((answer == c).sum() + (truth == c).sum(), 1) for c in np.unique(truth)]
    return float((answer == truth).mean()), float(np.mean(f1))


def retrieval(embeddings, classes, counts):
    """Of each K whether one of the K nearest others has the query's class (Recall@K), and the share of them that has it (Acc@K)."""
    hits = classes[neighbours(embeddings, embeddings, max(counts), same=True)] == classes[:, None]
    return {k: (float(hits[:, :k].any(1).mean()), float(hits[:, :k].mean())) for k in counts}


def nmi(clusters, classes):
    """Normalised mutual information: by the mean of both entropies."""
    table = np.zeros((clusters.max() + 1, classes.max() + 1))
    np.add.at(table, (clusters, classes), 1 / len(classes))
    a, b = table.sum(1), table.sum(0)
    inside = table > 0
    mutual = (table[inside] * np.log(table[inside] / np.outer(a, b)[inside])).sum()
    entropy = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in (a, b)]
    return float(mutual / max(np.mean(entropy), 1e-12))
