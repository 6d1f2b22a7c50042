"""A person of the London set, ready to be rendered with any action units, head pose, gaze and light.

Every vertex takes its texture from its own place in the portrait. What is not face (hair, ears, neck, wall) is a grid over the portrait, dragged along by the rim
of the face. Eyes are completed under the lids, closed lids show skin from around the eyes; inside of the mouth teeth, gums and tongue have plain colours.
"""

import cv2
import numpy as np
from numba import njit

from crops import LONDON
from fit import fit, read_landmarks, rotation
from mesh import COMPLETED, EYE_SOCKET, EYES, FACE, GUMS, HEAD, SOCKET, TEETH, normals, smooth

LIGHT = np.array([0, 0.55, 0.83], np.float32)
EYELIDS = ([18, 19, 20, 21, 22, 30, 29, 28], [23, 24, 25, 26, 27, 33, 32, 31])
SIDE = 450
GRID = 41


@njit(cache=True, fastmath=True)
def rasterise(x, y, z, triangles, facing, width, height, found, first, second, depth):
    """The nearest triangle (largest z) at each pixel's centre, and where in it; `facing` 0 draws both sides."""
    for t in range(triangles.shape[0]):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        xi, yi, xj, yj, xk, yk = x[i], y[i], x[j], y[j], x[k], y[k]
        d = (xj - xi) * (yk - yi) - (xk - xi) * (yj - yi)
        if d * facing[t] < 0 or abs(d) < 1e-9:
            continue
        left, right = max(0, int(np.ceil(min(xi, xj, xk) - 0.5))), min(width - 1, int(np.floor(max(xi, xj, xk) - 0.5)))
        top, bottom = max(0, int(np.ceil(min(yi, yj, yk) - 0.5))), min(height - 1, int(np.floor(max(yi, yj, yk) - 0.5)))
        for v in range(top, bottom + 1):
            for u in range(left, right + 1):
                px, py = u + 0.5, v + 0.5
                b = ((px - xi) * (yk - yi) - (xk - xi) * (py - yi)) / d
                c = ((xj - xi) * (py - yi) - (px - xi) * (yj - yi)) / d
                a = 1 - b - c
                if a < -1e-5 or b < -1e-5 or c < -1e-5:
                    continue
                near = a * z[i] + b * z[j] + c * z[k]
                if near > depth[v, u]:
                    depth[v, u] = near
                    found[v, u] = t
                    first[v, u] = a
                    second[v, u] = b


@njit(cache=True, fastmath=True)
def sample(picture, u, v, c):
    u -= 0.5
    v -= 0.5
    u = min(max(u, 0.0), picture.shape[1] - 1.001)
    v = min(max(v, 0.0), picture.shape[0] - 1.001)
    i, j = int(u), int(v)
    fu, fv = u - i, v - j
    above = picture[j, i, c] * (1 - fu) + picture[j, i + 1, c] * fu
    return above * (1 - fv) + (picture[j + 1, i, c] * (1 - fu) + picture[j + 1, i + 1, c] * fu) * fv


@njit(cache=True, fastmath=True)
def shade(found, first, second, triangles, kinds, places, gain, alpha, lid, colours, textures, out):
    """Blends what the triangles show over `out`: the portrait (`lid`: the share of bare lids), the portrait with completed eyes, or colours of the vertices."""
    for v in range(found.shape[0]):
        for u in range(found.shape[1]):
            t = found[v, u]
            if t < 0:
                continue
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            p, q = first[v, u], second[v, u]
            r = 1 - p - q
            g = p * gain[i] + q * gain[j] + r * gain[k]
            a = p * alpha[i] + q * alpha[j] + r * alpha[k]
            if kinds[t] < 2:
                x = p * places[i, 0] + q * places[j, 0] + r * places[k, 0]
                y = p * places[i, 1] + q * places[j, 1] + r * places[k, 1]
                m = p * lid[i] + q * lid[j] + r * lid[k]
                for c in range(3):
                    value = sample(textures[kinds[t]], x, y, c)
                    if m > 0.01 and kinds[t] == 0:
                        value = value * (1 - m) + m * sample(textures[2], x, y, c)
                    out[v, u, c] = out[v, u, c] * (1 - a) + a * g * value
            else:
                for c in range(3):
                    out[v, u, c] = out[v, u, c] * (1 - a) + a * g * (p * colours[i, c] + q * colours[j, c] + r * colours[k, c])


def completed_eyes(photo, p):
    """The portrait with each eye's iris and white continued under the lids."""
    out = photo.copy()
    for centre, ring, lids in ((0, range(2, 10), EYELIDS[0]), (1, range(10, 18), EYELIDS[1])):
        radius = np.median(np.linalg.norm(p[list(ring)] - p[centre], axis=1))
        width = np.linalg.norm(p[lids[0]] - p[lids[4]])
        left, top, side = int(p[centre][0] - width), int(p[centre][1] - width), int(2 * width)
        y, x = np.mgrid[top : top + side, left : left + side] + 0.5
        part = photo[top : top + side, left : left + side]
        inside = np.zeros((side, side), np.uint8)
        cv2.fillPoly(inside, [np.round((p[lids] - [left, top]) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        within = cv2.distanceTransform((inside > 127).astype(np.uint8), cv2.DIST_L2, 5)
        far, seen = np.hypot(x - p[centre][0], y - p[centre][1]), within > 1.6
        white = part[seen & (far > radius * 1.15)]
        white = np.percentile(white, 60, axis=0) if len(white) > 8 else np.array([190, 190, 200.0])
        steps = np.arange(0, radius + 0.5, 0.5)
        rings = [seen & (np.abs(far - k) < 0.8) for k in steps]
        profile = np.array([np.median(part[ring], axis=0) if ring.sum() > 2 else [60, 55, 50] for ring in rings])
        iris = np.stack([np.interp(np.minimum(far, radius), steps, profile[:, c]) for c in range(3)], -1)
        f = np.clip((radius + 0.7 - far) / 1.4, 0, 1)[..., None]
        dark = (1 - 0.25 * np.clip((np.abs(x - p[centre][0]) / (width * 0.55)) ** 2, 0, 1))[..., None]
        g = np.clip((within - 0.8) / 1.6, 0, 1)[..., None]
        whole = g * part + (1 - g) * (f * iris + (1 - f) * white * dark)
        out[top : top + side, left : left + side] = np.where((far < width * 0.95)[..., None], whole, part)
    return out


def bare_lids(photo, p):
    """The portrait with eyes and lashes painted over by the skin around them."""
    mask = np.zeros(photo.shape[:2], np.uint8)
    for lids in EYELIDS:
        outline = p[lids].copy()
        middle = outline.mean(0)
        outline[:, 1] = middle[1] + (outline[:, 1] - middle[1]) * 1.15
        cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
    mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13)))
    wide = cv2.dilate(mask, np.ones((5, 5), np.uint8)).astype(np.float32) / 255
    skin = cv2.GaussianBlur(cv2.inpaint(photo.astype(np.uint8), mask, 5, cv2.INPAINT_TELEA).astype(np.float32), (0, 0), 3)
    share = cv2.GaussianBlur(wide, (0, 0), 1.5)[..., None]
    return photo * (1 - share) + skin * share


class Person:
    """A fitted portrait: points [n, 3] turned to the camera, places [n, 2] in the portrait, textures, and how strongly each part follows the head."""

    def __init__(self, mesh, name):
        self.mesh, self.name = mesh, name
        p = read_landmarks(LONDON / "landmarks_x3" / f"{name}_03.tem")
        photo = cv2.imread(str(LONDON / "neutral_front" / f"{name}_03.jpg")).astype(np.float32)
        found = fit(mesh, p)
        self.points, self.rotation, self.scale, self.shift, self.places = (found[k] for k in ("points", "rotation", "scale", "shift", "places"))
        self.textures = np.stack([photo, completed_eyes(photo, p), bare_lids(photo, p)]).astype(np.float32)
        self.normals = np.zeros((mesh.n, 3), np.float32)
        normals(self.points, mesh.skin, self.normals)
        self.still = self.normals.copy()
        self.lit = 0.5 + 0.5 * np.clip(self.still @ LIGHT, 0, 1)
        self.pivot = self.rotation @ np.array([0, -6.0, -1.0], np.float32)
        order = np.arange(mesh.n)
        self.follows = np.where(order < HEAD, smooth(mesh.points[:, 1], -13, -8.4), 1).astype(np.float32)[:, None]
        self.between_eyes = np.linalg.norm(p[0] - p[1])
        self.centre = (p[0] + p[1]) / 2 * 0.45 + (p[96] + p[101]) / 2 * 0.55
        self.inset()
        self.cover(p)
        self.colour(photo, p)
        self.blinks = {"eyeBlink_" + side: self.closing(side, *lids) for side, lids in (("R", (0, 1)), ("L", (2, 3)))}
        self.eye_centres = [self.points[e].mean(0) for e in mesh.eyes]
        self.card(p)

    def inset(self):
        """Texture near the silhouette is taken from a few pixels further in, so that the wall does not show."""
        mesh = self.mesh
        by = np.zeros(mesh.n, np.float32)
        by[:FACE] = 4.0 * smooth(1 - self.still[:FACE, 2], 0.6, 1.0) * (mesh.rings[:FACE] < 14) * smooth(mesh.points[:FACE, 1], -5.5, -3.5)
        out = self.still[:, :2] * [1, -1]
        self.texture_places = (self.places - by[:, None] * out / (np.linalg.norm(out, axis=1, keepdims=True) + 1e-6)).astype(np.float32)

    def cover(self, p):
        """How opaque the mesh is: not at its rim, and not outside of the jaw."""
        mesh = self.mesh
        x, y = np.abs(mesh.points[:, 0]), mesh.points[:, 1]
        alpha = smooth(mesh.rings, 0, 6) * np.where(mesh.rings < 14, 1 - smooth(np.abs(self.still[:, 0]), 0.8, 0.97), 1)
        top = 2 * p[[109, 112]].mean(0) - p[129]
        outline = np.r_[p[[109, 110, 111, *range(125, 134), 114, 113, 112]], [[p[112][0], top[1]], [p[109][0], top[1]]]]
        inside = np.zeros((SIDE, SIDE), np.uint8)
        cv2.fillPoly(inside, [np.round(outline * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
        outside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
        at = np.clip(np.rint(self.places - 0.5).astype(int), 0, SIDE - 1)
        alpha *= np.where((y > -7.8) | (x > 3.2), 1 - smooth(outside[at[:, 1], at[:, 0]], 0.5, 5), 1) * (1 - smooth(x, 2.4, 4.2) * (y < -7.8))
        alpha[FACE:] = 1
        self.alpha = alpha.astype(np.float32)

    def colour(self, photo, p):
        """Colours (blue, green, red) of what the portrait does not show."""
        mesh, (x, y) = self.mesh, p[44].astype(int)
        bright = np.median(photo[y : y + 12, x : x + 12].reshape(-1, 3), axis=0).mean() / 165
        teeth = slice(mesh.at[TEETH], mesh.at[EYES])
        colours = np.zeros((mesh.n, 3), np.float32)
        colours[mesh.at[SOCKET] :] = np.array([40, 40, 85]) * bright
        colours[mesh.at[GUMS] :] = np.array([88, 88, 158]) * bright
        colours[mesh.tongue] = np.array([104, 100, 160]) * bright
        colours[teeth] = np.array([176, 195, 206]) * min(1.0, 0.35 + bright * 0.65) * (1 - 0.5 * smooth(np.abs(mesh.points[teeth, :1]), 1.5, 2.7))
        self.colours = colours

    def closing(self, side, upper, lower):
        """How much of the kit's blink just closes this eye."""
        mesh, points = self.mesh, self.points
        up, low = mesh.curves[upper], mesh.curves[lower]
        middle = up[len(up) // 4 : -(len(up) // 4) or None]
        moves = mesh.shapes["eyeBlink_" + side] @ self.rotation.T
        below = [low[np.argmin(np.abs(points[low, 0] - points[a, 0]))] for a in middle]
        return float(np.clip(np.median((points[middle, 1] - points[below, 1]) / (moves[below, 1] - moves[middle, 1])), 0.5, 1.8))

    def card(self, p):
        """The grid over the portrait: what moves it, and by how much."""
        mesh = self.mesh
        n, rings, front = np.arange(HEAD), mesh.rings[:HEAD], self.still[:HEAD, 2]
        height = mesh.points[:HEAD, 1]
        rim = n[(rings <= 1) & (front > -0.2)][::2]
        faded = n[(rings > 1) & (rings < 99) & (front > 0.05) & (self.alpha[:HEAD] < 0.98) & (height > -8)][::3]
        ears = n[(n >= FACE) & (front > -0.1) & (height > -6)][::6]
        self.movers = np.r_[rim, faded, ears]
        from_ = self.places[self.movers]
        line = np.linspace(-25, 475, GRID)
        self.grid = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2).astype(np.float32)
        low, high = from_.min(0), from_.max(0)
        middle, reach, ends = (low + high) / 2, (high - low) / 2 + 75, np.linspace(-40, 490, 14)
        still = [[a, b] for a in ends for b in ends if ((a - middle[0]) / reach[0]) ** 2 + ((b - middle[1]) / reach[1]) ** 2 > 1]
        still += [p[k] + [0, 8] for k in (145, 157, 183, 184)]

        def squares(points):
            return ((self.grid[:, None] - points[None]) ** 2).sum(-1)

        weights = np.c_[1 / (squares(from_) + 40) ** 1.6, 3 / (squares(np.array(still)) + 40) ** 1.6]
        self.drag = (weights / weights.sum(1, keepdims=True))[:, : len(from_)].astype(np.float32)
        i = np.arange(GRID - 1)
        a = (i[:, None] * GRID + i).ravel()
        self.card_triangles = np.r_[np.c_[a, a + 1, a + GRID + 1], np.c_[a, a + GRID + 1, a + GRID]].astype(np.int32)
        self.flat = np.ones(len(self.grid), np.float32)
