"""The rules of the face finder, in Python over LiteRT: tiles, detector, suppression, mesh, suppression.

Positions are continuous: the first pixel of a picture reaches from 0 to 1. Boxes are (left, top, right, bottom).
"""

from dataclasses import dataclass, replace
from math import ceil, log

import cv2
import numpy as np

import networks

INPUT = {"full": 192, "short": 128}
RIGHT_EYE, LEFT_EYE = 33, 263  # Outer corners; face_landmarks_detector_graph.cc.
# The face's outline, clockwise from the forehead: FACE_OVAL of face_landmarks_connections.h.
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    kind: str = "full"
    min_face: float = 24.0
    smallest: float = 16.0  # Side of the smallest face that the detector finds, in its input's pixels.
    ratio: float = 3.0  # Most that one scale differs from the next.
    overlap: float = 0.22  # Of neighbouring tiles, in tiles.
    whole: float = 1.5  # Side of the coarsest tile, in longer sides of the picture.
    border: str = "edge"
    turns: tuple = (0,)  # Quarter turns of every tile.
    least_score: float = 0.3
    suppress: float = 0.3
    scale: float = 1.5
    shift: float = 0.02  # Of the rectangle's centre, downwards, in sides of the detection.
    least_presence: float = 0.8  # Of a face whose detection has `sure` or more;
    sure: float = 0.5
    least_presence_unsure: float = 0.9995  # of any other.
    weak: float = 0.75  # Of a detection below, the mesh looks again on its own landmarks, in a square `wider` than usual: `least_presence` there too.
    wider: float = 7 / 6
    passes: int = 1
    most_shared: float = 0.5  # Of the smaller of two faces' boxes.
    by: str = "size"  # Which of two that share more stays: that of the better score, or the larger.
    cut: float = 0.2  # A candidate that leaves its tile by more than this part of its side is dropped, where the picture goes on.


def tiles(width, height, rules):
    """Squares (left, top, side) in whole pixels, coarse to fine."""
    longest = max(width, height)
    if rules.kind == "short":
        return [((width - longest) // 2, (height - longest) // 2, longest)]
    first = max(1, ceil(longest * rules.whole))
    last = INPUT[rules.kind] * rules.min_face / rules.smallest
    steps = max(0, ceil(log(first / last) / log(rules.ratio) - 1e-9)) if first > last else 0
    made = []
    for step in range(steps + 1):
        side = round(first * (last / first) ** (step / steps)) if steps else first
        for top in starts(height, side, rules.overlap):
            made += [(left, top, side) for left in starts(width, side, rules.overlap)]
    return made


def starts(length, side, overlap):
    """Where tiles begin along one side of the picture: evenly, first and last flush with its edges; one that is larger lies in the middle."""
    if side >= length:
        return [(length - side) // 2]
    shared = round(overlap * side)
    count = ceil((length - shared) / (side - shared))
    return [(2 * index * (length - side) + count - 1) // (2 * (count - 1)) for index in range(count)]


def tile_pixels(picture, tile, side, border):
    left, top, size = tile
    height, width = picture.shape[:2]
    y0, y1, x0, x1 = max(top, 0), min(top + size, height), max(left, 0), min(left + size, width)
    part = picture[y0:y1, x0:x1]
    pads = (y0 - top, top + size - y1, x0 - left, left + size - x1)
    if any(pads):
        mode = {"edge": cv2.BORDER_REPLICATE, "black": cv2.BORDER_CONSTANT, "gray": cv2.BORDER_CONSTANT}[border]
        part = cv2.copyMakeBorder(part, *pads, mode, value=(0, 0, 0) if border == "black" else (127, 127, 127))
    return cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA if size > side else cv2.INTER_LINEAR)


def candidates(picture, rules, floor=None):
    """Scores [n], points [n, 8, 2] in pixels (see networks.detect), tiles [n, 3] of every anchor whose score is at least `floor`."""
    floor = rules.least_score if floor is None else floor
    height, width = picture.shape[:2]
    scores, points, owners = [], [], []
    side = INPUT[rules.kind]
    for tile in tiles(width, height, rules):
        pixels = tile_pixels(picture, tile, side, rules.border)
        for turn in rules.turns:
            score, point = networks.detect(rules.kind, np.ascontiguousarray(np.rot90(pixels, turn)))
            keep = score >= floor
            point = turned(point[keep], turn)
            scores.append(score[keep])
            points.append(point * tile[2] + np.array(tile[:2]))
            owners.append(np.tile(np.array(tile), (keep.sum(), 1)))
    scores, points, owners = np.concatenate(scores), np.concatenate(points), np.concatenate(owners)
    return scores, points, owners


def turned(points, turn):
    """Points of a tile that np.rot90 turned `turn` times, in the tile as it was; the first two stay the box's corners."""
    for _ in range(turn):
        # rot90 turns anticlockwise: what was at (x, y) is at (y, 1 - x).
        points = np.stack([1 - points[..., 1], points[..., 0]], -1)
    if turn:
        corners = np.stack([points[:, :2].min(1), points[:, :2].max(1)], 1)
        points = np.concatenate([corners, points[:, 2:]], 1)
    return points


def cut_off(points, owners, width, height, slack):
    """Whether a box leaves its tile by more than `slack` of its side where the picture goes on."""
    low, high = points[:, 0], points[:, 1]
    side = (high - low).max(1)
    edge0 = owners[:, :2].astype(float)
    edge1 = edge0 + owners[:, 2:]
    inner0, inner1 = edge0 > 0, edge1 < np.array([width, height])
    out = np.where(inner0, edge0 - low, -np.inf), np.where(inner1, high - edge1, -np.inf)
    return np.maximum(*out).max(1) > slack * side


def overlap(box, boxes):
    """Intersection over union of one box [4] and boxes [n, 4]."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.maximum(high - low, 0).prod(1)
    area = lambda b: np.maximum(b[..., 2:] - b[..., :2], 0).prod(-1)  # noqa: E731
    return shared / np.maximum(area(box) + area(boxes) - shared, 1e-9)


def merged(scores, points, least):
    """Weighted suppression: (score, points) of each face, best first.

    The best box takes all that share more than `least` of the union with it; the face's points are their mean, weighted by score, its score the
    best one's. Then the best of what is left. As NonMaxSuppressionCalculator with the algorithm WEIGHTED.
    """
    order = np.argsort(-scores, kind="stable")
    faces = []
    while len(order):
        shared = overlap(points[order[0], :2].ravel(), points[order, :2].reshape(-1, 4))
        group = order[shared > least]
        if len(group) == 0:  # A box without an area.
            group = order[:1]
        weights = scores[group]
        faces.append((scores[order[0]], np.tensordot(weights, points[group], 1) / weights.sum()))
        order = order[~np.isin(order, group)]
    return faces


def detection_rect(points, rules):
    """(centre x, centre y, side, angle) of the mesh's square of one detection."""
    low, high, right, left = points[0], points[1], points[2], points[3]
    angle = np.arctan2(left[1] - right[1], left[0] - right[0])
    side = (high - low).max()
    centre = (low + high) / 2 + rules.shift * side * np.array([-np.sin(angle), np.cos(angle)])
    return np.array([*centre, rules.scale * side, angle])


def landmarks_rect(points, scale=1.5):
    """The square of the next pass: bounds of all landmarks along the line of the eyes, scaled."""
    along = points[LEFT_EYE, :2] - points[RIGHT_EYE, :2]
    angle = np.arctan2(along[1], along[0])
    cos, sin = np.cos(angle), np.sin(angle)
    level = points[:, :2] @ np.array([[cos, -sin], [sin, cos]])
    low, high = level.min(0), level.max(0)
    middle = (low + high) / 2
    return np.array([middle[0] * cos - middle[1] * sin, middle[0] * sin + middle[1] * cos, scale * (high - low).max(), angle])


def sample(picture, rect, side=256, border="edge"):
    """A turned square of a picture as [side, side, 3] of u8: n x n bilinear samples a pixel, n = ceil(rectangle's side / side)."""
    x, y, size, angle = rect
    fine = max(1, ceil(size / side))
    count = side * fine
    step = size / count
    cos, sin = np.cos(angle) * step, np.sin(angle) * step
    middle = (count - 1) / 2
    matrix = np.array([[cos, -sin, x - 0.5 - (cos - sin) * middle], [sin, cos, y - 0.5 - (sin + cos) * middle]])
    mode = cv2.BORDER_REPLICATE if border == "edge" else cv2.BORDER_CONSTANT
    big = cv2.warpAffine(picture, matrix, (count, count), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=mode)
    return big if fine == 1 else cv2.resize(big, (side, side), interpolation=cv2.INTER_AREA)


def look(picture, rect, border="edge"):
    """Landmarks [478, 3] in pixels of the picture, and presence, of the face in a turned square."""
    points, presence = networks.mesh(sample(picture, rect, 256, border))
    x, y, size, angle = rect
    scale = size / 256
    cos, sin = np.cos(angle), np.sin(angle)
    level = (points[:, :2] - 128) * scale
    placed = np.stack([x + cos * level[:, 0] - sin * level[:, 1], y + sin * level[:, 0] + cos * level[:, 1], points[:, 2] * scale], 1)
    return placed, presence


def face_box(landmarks):
    """Bounds of the face's outline: forehead to chin, cheek to cheek."""
    oval = landmarks[list(OVAL), :2]
    return np.concatenate([oval.min(0), oval.max(0)])


def apart(faces, rules):
    """Faces without those whose box shares more than `most_shared` of the smaller one's area with a better face's; best first."""
    size = lambda box: (box[2] - box[0]) * (box[3] - box[1])  # noqa: E731
    rank = {"score": lambda face: -face["detection"], "size": lambda face: -size(face["box"])}[rules.by]
    kept = []
    for face in sorted(faces, key=rank):
        box = face["box"]
        for other in kept:
            shared = np.maximum(np.minimum(box[2:], other["box"][2:]) - np.maximum(box[:2], other["box"][:2]), 0).prod()
            if shared > rules.most_shared * min(size(box), size(other["box"])):
                break
        else:
            kept.append(face)
    return kept


def find(picture, rules, trace=None):
    """Faces of a picture [h, w, 3] of u8: dicts of box, score (presence), detection (its score), landmarks; best first."""
    height, width = picture.shape[:2]
    scores, points, owners = candidates(picture, rules)
    keep = ~cut_off(points, owners, width, height, rules.cut)
    scores, points = scores[keep], points[keep]
    kept = merged(scores, points, rules.suppress)
    faces, looks = [], 0
    for score, place in kept:
        rect = detection_rect(place, rules)
        for number in range(rules.passes):
            landmarks, presence = look(picture, rect)
            looks += 1
            if number == 0:
                first = presence
            rect = landmarks_rect(landmarks)
        if presence >= (rules.least_presence if score >= rules.sure else rules.least_presence_unsure):
            if score < rules.weak and look(picture, landmarks_rect(landmarks, 1.5 * rules.wider))[1] < rules.least_presence:
                continue
            faces.append({"box": face_box(landmarks), "score": presence, "first": first, "detection": score, "landmarks": landmarks})
    if trace is not None:
        trace["tiles"] = len(tiles(width, height, rules)) * len(rules.turns)
        trace["candidates"], trace["looks"] = len(kept), looks
    if not faces:
        return []
    return apart(faces, rules)


FAST = Rules(kind="short")
NORMAL = Rules()
THOROUGH = replace(NORMAL, min_face=16.0)
SETTINGS = {"fast": FAST, "normal": NORMAL, "thorough": THOROUGH}
