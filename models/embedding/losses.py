"""Losses of metric learning on embeddings [n, 64] and their classes [n].

`sgm` is the loss of Marrero-Fernandez and others (arXiv 2001.06612), `triplet` that of Schroff and others with a small price on length, as there.
"""

import torch
from torch.nn import functional as F

MARGIN, LENGTH = 0.2, 0.001


def sgm(x, classes, count, sigma=1.0):
    """Structured Gaussian manifold loss: how far each embedding's share of the classes, by Gaussians around their means in the batch, is from its own class."""
    own = F.one_hot(classes, count).to(x.dtype)
    there = own.sum(0)
    means = own.T @ x / there.clamp(min=1)[:, None]
    distance = torch.cdist(x, means).square() / (2 * sigma**2)
    share = F.softmax((-distance).masked_fill(there == 0, -torch.inf), 1)
    return (share - own).square().sum(1).mean()


def triplet(x, classes, generator):
    """Triplet loss, p = 2: of each embedding one other of its class and one of another class, drawn at random, and 0.001 times their lengths."""
    classes = classes.cpu()
    same = classes[:, None] == classes[None]
    positives = (same & ~torch.eye(len(x), dtype=torch.bool)).float()
    anchors = positives.sum(1) > 0
    positive = torch.multinomial(positives[anchors], 1, generator=generator)[:, 0]
    negative = torch.multinomial((~same).float()[anchors], 1, generator=generator)[:, 0]
    a, p, n = x[anchors], x[positive], x[negative]
    length = (a.norm(dim=1) + p.norm(dim=1) + n.norm(dim=1)).mean()
    return F.triplet_margin_loss(a, p, n, margin=MARGIN) + LENGTH * length
