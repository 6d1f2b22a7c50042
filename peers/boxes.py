"""Boxes of faces (x, y, width, height) beside the faces that are known to be there: the rule by which a peer finds the same."""

LEAST_OVERLAP = 0.5


def overlap(one, other):
    """Intersection over union."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(width, 0) * max(height, 0)
    return both / (one[2] * one[3] + other[2] * other[3] - both) if both else 0.0


def square(centre, side):
    return [centre[0] - side / 2, centre[1] - side / 2, side, side]


def matched(boxes, faces):
    """How many of the faces have a box of their own that overlaps enough, and how many boxes are none of theirs."""
    pairs = sorted(((overlap(box, face), at, of) for at, box in enumerate(boxes) for of, face in enumerate(faces)), reverse=True)
    taken, used = set(), set()
    for value, at, of in pairs:
        if value >= LEAST_OVERLAP and at not in used and of not in taken:
            used.add(at)
            taken.add(of)
    return len(taken), len(boxes) - len(used)
