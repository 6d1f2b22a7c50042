"""The generic face fitted to a portrait of the London set by its 189 landmarks: pose, 100 modes of identity, and a thin-plate residual that meets the landmarks."""

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from mesh import CURVES, FACE, HEAD, normals

STEPS = 10
LIP = 87


def rotation(vector):
    return cv2.Rodrigues(np.asarray(vector, float))[0]


def read_landmarks(path):
    """The landmarks [189, 2] of a .tem file in pixels of the 450 pixel portraits."""
    lines = path.read_text().split("\n")
    return np.array([[float(v) for v in line.split()] for line in lines[1 : int(lines[0]) + 1]]) / 3


def fixed_pairs(mesh, p):
    """Vertex, place, weights across and down, of landmarks that are one vertex each."""
    pairs = []

    def add(vertex, place, across, down=None):
        pairs.append((vertex, place[0], place[1], across, across if down is None else down))

    def middle(*indices):
        return p[list(indices)].mean(0)

    for a, b in zip([48, 49, 50, 51, 52, 53, 54, 59, 58, 57, 56, 55], [87, 88, 89, 90, 91, 92, 93, 104, 105, 106, 107, 108]):
        add(mesh.landmarks[a], p[b], 1)
    for a, place, weight in ((31, p[64], 0.7), (35, p[69], 0.7), (33, middle(170, 172), 1), (32, p[170], 0.4), (34, p[172], 0.4)):
        add(mesh.landmarks[a], place, weight)
    for sign, index in ((-1, 63), (1, 68)):
        wing = np.where((np.abs(mesh.points[:FACE, 0] - sign * 1.86) < 0.3) & (np.abs(mesh.points[:FACE, 1] + 0.24) < 0.3))[0]
        add(wing[np.argmax(sign * mesh.points[wing, 0])], p[index], 0.8, 0.2)
    add(mesh.landmarks[27], middle(50, 56), 0.5, 0.1)
    add(mesh.landmarks[28], middle(51, 57), 0.4, 0.0)
    for a, place in zip([17, 18, 19, 20, 21], [middle(71), middle(72, 83), middle(73, 84, 83, 74), middle(84, 74), middle(75, 76)]):
        add(mesh.landmarks[a], place, 0.25, 0.3)
    for a, place in zip([26, 25, 24, 23, 22], [middle(82), middle(81, 86), middle(80, 85, 86, 79), middle(85, 79), middle(78, 77)]):
        add(mesh.landmarks[a], place, 0.25, 0.3)
    for a, b in zip(mesh.at[[1278, 1272, 12, 3496, 3490, 2484]], [109, 110, 111, 112, 113, 114]):
        add(a, p[b], 0.35, 0.2)
    return pairs


def fractions(points):
    """How far along its curve each point lies, 0 to 1."""
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    return along / along[-1]


def curve_pairs(mesh, p, q):
    """Lids and the seam of the lips: equal parts of the way."""
    pairs = []
    for vertices, (_, indices) in zip(mesh.curves, CURVES):
        of_mesh, of_photo, lips = fractions(q[vertices]), fractions(p[indices]), indices[0] == LIP
        weight = 0.6 if lips else 1.0
        pairs += [(vertices[np.argmin(np.abs(of_mesh - f))], *p[k], weight, weight) for k, f in zip(indices, of_photo) if not (lips and k in (87, 93))]
    return pairs


def jaw_pairs(mesh, p, q, turned, scale, buffer):
    """The contour of the jaw: the outermost vertex in the direction of each landmark, seen from the mouth."""
    normals(turned.astype(np.float32), mesh.skin, buffer)
    mouth = q[mesh.landmarks[62]]
    d = q[:HEAD] - mouth
    radius, angle = np.hypot(*d.T), np.arctan2(d[:, 0], d[:, 1])
    rim = (buffer[:HEAD, 2] < 0.4) & (radius > 3.6 * scale) & (d[:, 1] > -1.5 * scale)
    rim &= (turned[:HEAD, 2] > turned[mesh.landmarks[62], 2] - 9.0) & (np.abs(mesh.points[:HEAD, 0]) < 7.45)
    pairs = []
    for k in range(125, 134):
        towards = p[k] - (p[96] + p[101]) / 2
        found = np.where(rim & (np.abs(angle - np.arctan2(towards[0], towards[1])) < 0.05))[0]
        if len(found):
            pairs.append((found[np.argmin(radius[found])], *p[k], 0.5, 0.5))
    return pairs


def fit(mesh, p):
    """rotation [3, 3], scale (pixels a cm), shift [2], points [n, 3] turned to the camera, places [n, 2] in the portrait."""
    fixed = fixed_pairs(mesh, p)
    turn, scale, identity = np.zeros(3), np.linalg.norm(p[0] - p[1]) / 6.2, np.zeros(100)
    shift = (p[0] + p[1]) / 2 - scale * np.array([0, -3.6])
    buffer = np.zeros((mesh.n, 3), np.float32)
    modes = mesh.identity.reshape(100, -1, 3)
    for step in range(STEPS + 1):
        points = mesh.points + (identity.astype(np.float32) @ mesh.identity).reshape(-1, 3)
        turned = points @ rotation(turn).T.astype(np.float32)
        q = scale * turned[:, :2] * [1, -1] + shift
        if step == STEPS:
            break
        pairs = np.array(fixed + curve_pairs(mesh, p, q) + (jaw_pairs(mesh, p, q, turned, scale, buffer) if step >= 2 else []))
        v, target, weight = pairs[:, 0].astype(int), pairs[:, 1:3], pairs[:, 3:5]
        error = q[v] - target
        slope = np.zeros((len(v), 2, 106))
        for k in range(3):
            moved = turn.copy()
            moved[k] += 1e-4
            slope[:, :, k] = ((scale * (points[v] @ rotation(moved).T)[:, :2] * [1, -1] + shift) - q[v]) / 1e-4
        slope[:, :, 3] = turned[v, :2] * [1, -1]
        slope[:, 0, 4] = slope[:, 1, 5] = 1
        slope[:, :, 6:] = (scale * (modes[:, v] @ rotation(turn).T)[:, :, :2] * [1, -1]).transpose(1, 2, 0)
        a = (slope * weight[:, :, None]).reshape(-1, 106)
        stiff = np.zeros(106)
        stiff[:2], stiff[2], stiff[6:] = 1 / 0.04**2, 100.0, 1.0
        now = np.r_[turn, 0, 0, 0, identity]
        change = -np.linalg.solve(a.T @ a / 1.44 + np.diag(stiff + 1e-9), a.T @ (error * weight).ravel() / 1.44 + stiff * now)
        if step < 2:
            change[6:] = 0
        turn, scale, shift, identity = turn + change[:3], scale + change[3], shift + change[4:6], identity + change[6:]
    rest = residual(q, v, target, weight)
    turned = turned.copy()
    turned[:, :2] += rest / scale * [1, -1]
    return {"rotation": rotation(turn).astype(np.float32), "scale": scale, "shift": shift, "points": turned.astype(np.float32), "places": (q + rest).astype(np.float32)}


def residual(q, v, target, weight):
    """What is left between vertices and landmarks, spread over all vertices by thin plates that are held at a frame around the face."""
    unique = np.unique(v)
    at = np.searchsorted(unique, v)
    mean = np.stack([np.bincount(at, target[:, k]) / np.bincount(at) for k in (0, 1)], 1)
    least = np.array([weight[v == k].min() for k in unique])
    sure = least >= 0.3
    low, high = q[:HEAD].min(0) - 40, q[:HEAD].max(0) + 40
    frame = [[a, b] for a in np.linspace(low[0], high[0], 5) for b in np.linspace(low[1], high[1], 6) if a in (low[0], high[0]) or b in (low[1], high[1])]
    centres, values = np.r_[q[unique[sure]], frame], np.r_[(mean - q[unique])[sure], np.zeros((len(frame), 2))]
    return RBFInterpolator(centres, values, kernel="thin_plate_spline", smoothing=np.r_[3 / least[sure] ** 2, np.full(len(frame), 4.0)])(q)
