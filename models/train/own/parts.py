"""Which pictures are learned from, and which are kept apart to judge by."""

import numpy as np

import data
import preprocess

# Of data.look_alike_groups, whose bits were chosen on faces of this size.
SIDE = 48


def small(crops):
    """Crops [n, h, w, 3] of u8 as the small gray faces [n, SIDE, SIDE] of u8 that look-alikes are known by."""
    height, width = crops.shape[1:3]
    found = [preprocess.gray(preprocess.canonical(np.asarray(crop), (0, 0, width, height), (SIDE, SIDE))) for crop in crops]
    return np.stack(found) if found else np.zeros((0, SIDE, SIDE), np.uint8)


def split(groups, labels, share, seed):
    """Indices to learn from and to judge by: of each class whole groups, in a seeded order, until the share is reached; one group at least on each side."""
    apart = np.zeros(len(labels), bool)
    # A group belongs to the class of its first picture.
    owner = {group: labels[at] for at, group in reversed(list(enumerate(groups)))}
    for label in sorted(set(owner.values())):
        own = np.array(sorted(group for group, of in owner.items() if of == label))
        own = own[np.random.default_rng([seed, int(label)]).permutation(len(own))]
        sizes = np.cumsum([(groups == group).sum() for group in own])
        count = int((sizes <= share * sizes[-1]).sum())
        chosen = own[: min(max(count, 1), len(own) - 1)]
        apart |= np.isin(groups, chosen)
    return np.flatnonzero(~apart), np.flatnonzero(apart)


def conflicting(groups, labels):
    """How many groups of look-alikes have pictures of more than one class."""
    classes = {}
    for group, label in zip(groups, labels):
        classes.setdefault(group, set()).add(label)
    return sum(len(found) > 1 for found in classes.values())
