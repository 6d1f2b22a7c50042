"""The generic face that renders are made of: ICT-FaceKit's light model (MIT), its shapes, shapes that it lacks, and where skin creases.

Lengths are centimetres; x to the left of the person, y up, z to the front. `_L` is the person's left, the right of the picture.
"""

import heapq
import json

import numpy as np
from numba import njit

from crops import SHARED

KIT = SHARED / "ict-facekit"
FACE, HEAD = 6706, 9409
SOCKET, EYE_SOCKET, GUMS, TONGUE, TEETH, EYES = 11248, 13294, 14062, 16400, 17039, 21451
# Curves of the face in the 68 usual landmarks and in the 189 of the London set: four lids, the seam of either lip.
CURVES = [
    ([36, 37, 38, 39], [18, 19, 20, 21, 22]), ([36, 41, 40, 39], [18, 28, 29, 30, 22]), ([42, 43, 44, 45], [23, 24, 25, 26, 27]), ([42, 47, 46, 45], [23, 31, 32, 33, 27]),
    ([60, 61, 62, 63, 64], [87, 94, 95, 96, 97, 98, 93]), ([60, 67, 66, 65, 64], [87, 99, 100, 101, 102, 103, 93]),
]
PHOTO, COMPLETED, MOUTH, INNER, TOOTH = range(5)
# Which units darken which crease, and how strongly.
CREASES = {
    "forehead": {"1": 0.6, "2": 0.7}, "frown": {"4": 1.0, "9": 0.3}, "root": {"9": 1.0, "10": 0.2}, "crow": {"6": 1.0, "43": 0.2, "7": 0.3},
    "fold": {"12": 0.8, "10": 0.6, "9": 0.7, "11": 0.9, "20": 0.3, "6": 0.3}, "chin": {"17": 1.0, "24": 0.3}, "dimple": {"14": 1.2, "12": 0.4, "24": 0.3, "15": 0.5},
}


def smooth(x, low, high):
    """0 at `low`, 1 at `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def bump(x, width):
    return np.exp(-((x / width) ** 2))


@njit(cache=True, fastmath=True)
def normals(points, triangles, out):
    """Unit normals of the vertices, the mean of their triangles'."""
    out[:] = 0
    for t in range(triangles.shape[0]):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, az = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1], points[j, 2] - points[i, 2]
        bx, by, bz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        for m in (i, j, k):
            out[m, 0] += x
            out[m, 1] += y
            out[m, 2] += z
    for m in range(out.shape[0]):
        length = np.sqrt(out[m, 0] ** 2 + out[m, 1] ** 2 + out[m, 2] ** 2) + 1e-9
        out[m, 0] /= length
        out[m, 1] /= length
        out[m, 2] /= length


def kind_of_face(index):
    """What the quad of this place in the kit's file shows; None: nothing that is drawn. 9: ears and scalp, 5: sockets of the eyes."""
    for end, kind in ((6560, PHOTO), (9230, 9), (11144, None), (13226, MOUTH), (14034, 5), (17006, INNER), (21496, TOOTH), (22296, COMPLETED), (23094, None), (23894, COMPLETED)):
        if index < end:
            return kind
    return None


class Mesh:
    """points [n, 3], identity [100, 3 n], shapes by name, triangles and their kinds, landmarks (68), and per-vertex masks."""

    def __init__(self):
        kit = np.load(KIT / "ict_facekit_deltas_f16.npz")
        keep = np.r_[0:HEAD, SOCKET:24591]
        self.at = np.full(26719, -1)
        self.at[keep] = np.arange(len(keep))
        self.points = kit["neutral"].astype(np.float32)[keep]
        self.n = len(keep)
        self.identity = kit["identity"][:, keep].astype(np.float32).reshape(100, -1)
        self.shapes = {name[5:]: kit[name][keep].astype(np.float32) for name in kit.files if name.startswith("expr_")}
        self.landmarks = self.at[np.array(json.loads((KIT / "vertex_indices.json").read_text())["idx_to_landmark_verts"])]
        self.read_faces()
        self.curves = [self.path(ends) for ends, _ in CURVES]
        self.rings = self.from_rim()
        self.eyes = [self.at[np.arange(21451, 22221)], self.at[np.arange(23021, 23791)]]
        self.sockets = self.at[np.arange(13294, 14062)]
        self.add_shapes()
        self.add_masks()
        self.add_creases()

    def read_faces(self):
        triangles, kinds, self.neighbours = [], [], {}
        with open(KIT / "generic_neutral_mesh.obj") as file:
            faces = [[int(word.split("/")[0]) - 1 for word in line.split()[1:]] for line in file if line.startswith("f ")]
        for index, face in enumerate(faces):
            kind = kind_of_face(index)
            if kind is None:
                continue
            face = self.at[face]
            if kind in (PHOTO, 9, INNER):
                for a, b in zip(face, np.roll(face, -1)):
                    self.neighbours.setdefault(a, set()).add(b)
                    self.neighbours.setdefault(b, set()).add(a)
            for j in range(2, len(face)):
                triangles.append([face[0], face[j - 1], face[j]])
                kinds.append(kind)
        triangles, kinds = np.array(triangles, np.int32), np.array(kinds, np.int32)
        self.skin = np.ascontiguousarray(triangles[(kinds == PHOTO) | (kinds == 9)])
        self.inside = np.ascontiguousarray(triangles[(kinds == INNER) | (kinds == TOOTH)])
        drawn = kinds != 9
        self.triangles, self.kinds = np.ascontiguousarray(triangles[drawn]), kinds[drawn]
        # Only skin has a back that is not drawn.
        self.facing = np.where(self.kinds == PHOTO, -1.0, 0.0).astype(np.float32)
        self.kinds[self.kinds == 5] = PHOTO

    def path(self, ends):
        """The vertices of the shortest way along edges through these landmarks."""
        way = [self.landmarks[ends[0]]]
        for a, b in zip(ends[:-1], ends[1:]):
            a, b = self.landmarks[a], self.landmarks[b]
            far, before, heap = {a: 0.0}, {}, [(0.0, a)]
            while heap:
                so_far, u = heapq.heappop(heap)
                if u == b:
                    break
                for v in self.neighbours[u]:
                    length = so_far + float(np.linalg.norm(self.points[u] - self.points[v]))
                    if length < far.get(v, 1e9):
                        far[v], before[v] = length, u
                        heapq.heappush(heap, (length, v))
            part = [b]
            while part[-1] != a:
                part.append(before[part[-1]])
            way += part[::-1][1:]
        return np.array(way)

    def from_rim(self):
        """By how many edges a vertex lies inside of the rim of what is drawn."""
        drawn = set(self.triangles[self.kinds == PHOTO].ravel().tolist())
        ring = {v for v in range(FACE) if any(n >= FACE for n in self.neighbours[v])}
        depth, k = np.full(self.n, 99.0), 0
        while ring:
            for v in ring:
                depth[v] = k
            ring = {n for v in ring for n in self.neighbours[v] if n in drawn and depth[n] == 99.0}
            k += 1
        return depth

    def add_shapes(self):
        """Shapes that the kit lacks, by hand: the brows' medial pull, a smile without its width, a bulge beside the fold of the nose, wider nostrils, the tongue."""
        points, shapes = self.points, self.shapes
        x, y, z = points.T
        face = (np.arange(self.n) < FACE).astype(float)

        def spot(cx, cy, wx, wy):
            return face * bump(x - cx, wx) * bump(y - cy, wy)

        for side, sign in (("L", 1), ("R", -1)):
            d = np.zeros_like(points)
            d[:, 0] = -sign * 0.22 * spot(sign * 1.3, 5.2, 0.9, 0.9)
            shapes["own_browIn_" + side] = d
            shapes["own_smileUp_" + side] = shapes["mouthSmile_" + side] * np.array([0.25, 0.8, 1], np.float32)
            g = spot(sign * 2.6, -1.4, 0.8, 1.2)
            shapes["own_fold_" + side] = np.stack([sign * 0.12 * g, 0.35 * g, 0.22 * g], 1).astype(np.float32)
        g = face * bump(np.abs(x) - 1.6, 0.55) * bump(y + 0.3, 0.6) * smooth(z, 9, 10.2)
        shapes["own_nostril"] = np.stack([np.sign(x) * 0.34 * g, 0.14 * g, 0 * g], 1).astype(np.float32)
        tongue = self.at[np.arange(TONGUE, TEETH)]
        self.tongue = tongue = tongue[z[tongue] > 3.4]
        w = smooth(z[tongue], 4.5, 9.4)
        d = np.zeros_like(points)
        d[tongue] = np.stack([-0.22 * x[tongue] * w, -0.5 * (y[tongue] - y[tongue].mean()) * w + 0.75 * w - 0.95 * w**4, 3.1 * w], 1)
        shapes["own_tongue"] = d

    def add_masks(self):
        """Where lashes lie on a lid that closes, where its bare skin shows, and what is near the lips and the lids."""
        points, shapes = self.points, self.shapes
        x, y, _ = points.T
        face = (np.arange(self.n) < FACE).astype(float)
        self.lashes, self.lids = [], []
        for side, curve in (("L", 2), ("R", 0)):
            from_margin = np.linalg.norm(points[:, None] - points[self.curves[curve]][None], axis=2).min(1)
            moves = np.linalg.norm(shapes["eyeBlink_" + side], axis=1)
            self.lashes.append((face * bump(from_margin, 0.11) * (moves > 0.15)).astype(np.float32))
            self.lids.append((face * smooth(moves, 0.02, 0.16) * smooth(from_margin, 0.05, 0.14) * (y > 2.6)).astype(np.float32))
        self.near_lips = (face * np.exp(-(np.hypot(x / 3.5, (y + 3.5) / 1.75) ** 6))).astype(np.float32)
        near = sum(np.exp(-((np.hypot(x - sign * 3.25, (y - 3.7) * 1.25) / 1.45) ** 4)) for sign in (1, -1))
        self.near_lids = (face * np.clip(near, 0, 1)).astype(np.float32)

    def add_creases(self):
        """How much each crease of CREASES darkens each vertex, at full intensity."""
        x, y, _ = self.points.T
        face, a = (np.arange(self.n) < FACE).astype(float), np.abs(self.points[:, 0])
        from_eye, angle = np.hypot(a - 5.0, y - 3.5), np.arctan2(y - 3.5, a - 4.6)
        lines = (np.cos((y + 0.024 * x**2) * 2 * np.pi / 0.95) * 0.5 + 0.5) ** 3
        fold = a - (1.95 + 0.27 * (-0.2 - y) + 0.055 * (-0.2 - y) ** 2)
        rough = np.sin(x * 9 + 3 * np.sin(y * 7)) * np.sin(y * 9 + 2 * np.sin(x * 5)) * 0.5 + 0.35
        creases = {
            "forehead": smooth(y, 6.0, 6.8) * (1 - smooth(y, 9.0, 9.8)) * (1 - smooth(a, 3.2, 5)) * lines,
            "frown": smooth(y, 4.2, 4.9) * (1 - smooth(y, 6.2, 7.2)) * bump(a - 0.62 - 0.06 * (y - 5), 0.2),
            "root": (bump(y - 3.9, 0.2) + bump(y - 3.3, 0.17) * 0.6) * bump(x, 1.0) + bump(a - 1.25 + 0.35 * (y - 2), 0.2) * bump(y - 2, 1),
            "crow": smooth(from_eye, 0.3, 0.9) * (1 - smooth(from_eye, 1.5, 2.4)) * (np.abs(angle) < 1.0) * (np.cos(angle * 9) * 0.5 + 0.5) ** 2 * (a > 4.8),
            "fold": bump(fold, 0.24) * smooth(y, -3.9, -3.2) * (1 - smooth(y, -0.4, 0.3)),
            "chin": bump(x, 1.3) * bump(y + 6.9, 0.8) * rough,
            "dimple": bump(a - 3.05, 0.28) * bump(y + 3.35, 0.5),
        }
        self.creases = {name: (face * value).astype(np.float32) for name, value in creases.items()}
