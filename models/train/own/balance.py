"""Classes of one size: small ones are filled up with mirrored, rotated, blurred and noisy pictures, large ones drawn from.

A picture's variants follow from the seed, its place and their number, so that every epoch, and every run that goes on after another, sees the same.
"""

import numpy as np

from disturb import blur, turned, whole

KINDS = ("mirror", "rotation", "blur", "noise")
DEGREES = (5.0, 15.0)
# Pixels of a face of 48 x 48, and levels of 255.
BLUR = (0.5, 1.5)
NOISE = (5.0, 15.0)


def kind_of(number):
    """What variant `number`, from 1, is: each kind once, then all but the mirror image, mirrored by chance."""
    return KINDS[number - 1] if number <= len(KINDS) else KINDS[1 + (number - 1 - len(KINDS)) % (len(KINDS) - 1)]


def variant(crop, place, number, seed):
    """Variant `number` of a crop [h, w, 3] of u8 at `place` of the collection; 0 is the crop as it is."""
    if number == 0:
        return crop
    draw = np.random.default_rng([seed, place, number])
    planes = np.moveaxis(crop, -1, 0)
    kind = kind_of(number)
    if kind == "mirror" or (number > len(KINDS) and draw.random() < 0.5):
        planes = planes[:, :, ::-1]
    if kind == "rotation":
        planes = turned(planes, draw.uniform(*DEGREES) * draw.choice((-1, 1)))
    elif kind == "blur":
        planes = blur(planes, draw.uniform(*BLUR) * crop.shape[0] / 48)
    elif kind == "noise":
        planes = whole(planes + draw.normal(0, draw.uniform(*NOISE), planes.shape))
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def number_of(extra, pictures):
    """The variant that the filling picture `extra`, from 0, of a class of so many pictures is: kinds take turns, and no picture has one twice."""
    turn, at = divmod(extra, pictures)
    return len(KINDS) * (turn // len(KINDS)) + 1 + (at + turn) % len(KINDS)


def plan(labels, places, size, seed):
    """What an epoch sees, [n, 2]: a picture's place and the number of its variant. Each class of `places` comes to `size` pictures."""
    chosen = []
    for label in sorted(set(labels[places].tolist())):
        own = places[labels[places] == label]
        own = own[np.random.default_rng([seed, label]).permutation(len(own))].tolist()
        chosen += [(place, 0) for place in own[:size]]
        chosen += [(own[extra % len(own)], number_of(extra, len(own))) for extra in range(size - len(own))]
    return np.array(sorted(chosen), np.int64)


def counts(planned, labels, classes):
    """A row a class: pictures as they are, then variants of each kind, then all."""
    rows = np.zeros((classes, len(KINDS) + 2), int)
    for place, number in planned:
        rows[labels[place], 0 if number == 0 else 1 + KINDS.index(kind_of(number))] += 1
    rows[:, -1] = rows[:, :-1].sum(1)
    return rows.tolist()
