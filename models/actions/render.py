"""Pictures of a person with known action units: the shapes that make each unit, pose, light and creases, and the picture itself.

A scene is a dict: units {unit: 0 to 1}, sides {unit: (left, right)}, yaw, pitch, roll and the gaze in degrees, scale, shift and light as scenes.py draws them, creases
(how strongly they are drawn) and jaw (-1 or 1, where unit 30 goes).
"""

import cv2
import numpy as np

from fit import rotation
from mesh import CREASES, EYE_SOCKET, EYES, GUMS, HEAD, SOCKET, TEETH, normals, smooth
from person import LIGHT, rasterise, shade

PICTURE = 112
FINER = 2
WIDE = 2.9


def both(shape, weight):
    return {f"{shape}_L": weight, f"{shape}_R": weight}


def wink(side):
    return {f"eyeBlink_{side}": 1.0, f"cheekSquint_{side}": 0.5, f"eyeSquint_{side}": 0.4, f"mouthSmile_{side}": 0.12}


# Weights of shapes at intensity 1, as mapping.json of au-renders states them.
UNITS = {
    "1": both("browInnerUp", 1.1), "2": both("browOuterUp", 1.0), "4": {**both("browDown", 1.3), **both("own_browIn", 1.1)}, "5": both("eyeWide", 1.1),
    "6": {**both("cheekSquint", 0.85), **both("cheekRaiser", 0.5)}, "7": {**both("eyeSquint", 1.5), **both("eyeBlink", 0.2)},
    "8": {"jawOpen": 0.38, "mouthClose": 0.37, **both("mouthPress", 0.35)}, "9": {**both("noseSneer", 1.0), **both("browDown", 0.15)}, "10": both("mouthUpperUp", 0.9),
    "11": {**both("own_fold", 1.0), **both("noseSneer", 0.15)}, "12": both("mouthSmile", 0.9), "13": {**both("own_smileUp", 1.0), **both("cheekPuff", 0.3)},
    "14": both("mouthDimple", 1.0), "15": both("mouthFrown", 1.2), "16": {**both("mouthLowerDown", 1.1), "jawOpen": 0.04},
    "17": {"mouthShrugLower": 1.0, "mouthShrugUpper": 0.35}, "18": {"mouthPucker": 1.0}, "19": {"own_tongue": 1.0, "jawOpen": 0.27, **both("mouthLowerDown", 0.3)},
    "20": both("mouthStretch", 1.0), "22": {"mouthFunnel": 1.0, "jawOpen": 0.06},
    "23": {**both("mouthPress", 0.5), "mouthRollUpper": 0.5, "mouthRollLower": 0.5, "mouthPucker": 0.4},
    "24": {**both("mouthPress", 1.0), "mouthShrugLower": 0.3, "mouthRollUpper": 0.15, "mouthRollLower": 0.15},
    "25": {**both("mouthLowerDown", 0.4), **both("mouthUpperUp", 0.25), "jawOpen": 0.07}, "26": {"jawOpen": 0.36}, "27": {"jawOpen": 0.80},
    "28": {"mouthRollUpper": 1.0, "mouthRollLower": 1.0, "jawOpen": 0.06}, "28B": {"mouthRollLower": 1.0, "jawOpen": 0.03}, "28T": {"mouthRollUpper": 1.0, "jawOpen": 0.03},
    "30": {"jawLeft": 1.6, "mouthLeft": 0.15}, "38": {"own_nostril": 1.0}, "43": both("eyeBlink", 1.0), "45": both("eyeBlink", 1.0), "46L": wink("L"), "46R": wink("R"),
}
GAP = 0.69


def shape_weights(scene):
    """The weight of each shape in a scene, before a person's lids are known."""
    weights = dict(scene.get("resting", {}))
    for unit, intensity in scene["units"].items():
        left, right = scene.get("sides", {}).get(unit, (1.0, 1.0))
        for shape, weight in UNITS.get(unit, {}).items():
            if unit == "30" and scene.get("jaw", 1) < 0:
                shape = shape.replace("Left", "Right")
            weight *= intensity * (left if shape.endswith("_L") else right if shape.endswith("_R") else 1)
            known = weights.get(shape, 0)
            weights[shape] = max(known, weight) if shape.startswith("eyeBlink") else known + weight
    if "jawOpen" in weights:
        weights["jawOpen"] = min(weights["jawOpen"], 0.95)
    return weights


def lid_weights(weights, person, gaze_up):
    """Lids: closing wins over widening, and they follow the gaze. How far each eye is closed, 0 to 1."""
    closed = {}
    for side in "LR":
        closed[side] = blink = min(weights.get("eyeBlink_" + side, 0), 1.0)
        if blink > 0:
            weights["eyeBlink_" + side] = blink * person.blinks["eyeBlink_" + side]
            for shape, share in (("eyeWide_", 0.9), ("eyeSquint_", 0.9), ("cheekRaiser_", 0.4)):
                if shape + side in weights:
                    weights[shape + side] *= 1 - blink * share
        weights[("eyeLookUp_" if gaze_up > 0 else "eyeLookDown_") + side] = abs(gaze_up) / 28 * (1 - blink)
    return closed


def lip_gap(mesh, points):
    """How far the lips are apart, in cm."""
    return float(np.median(points[mesh.curves[4][3:-3], 1]) - np.median(points[mesh.curves[5][3:-3], 1]))


def another(person, rng, spread):
    """The same portrait on a face of other proportions: its points and what closes its eyes."""
    mesh = person.mesh
    change = (rng.normal(0, spread, 100).astype(np.float32) @ mesh.identity).reshape(-1, 3)
    # What lies behind and below the face stays, and the change as a whole is no change.
    change -= change[:6706].mean(0)
    change *= np.where(np.arange(mesh.n) < HEAD, smooth(mesh.points[:, 1], -13, -8.4), 1).astype(np.float32)[:, None]
    return person.points + change @ person.rotation.T


class Posed:
    """A person in a scene: points [n, 3], where they lie in the picture, and what was measured: the gap of the lips and how far the eyes are closed."""

    def __init__(self, person, scene, base=None):
        mesh, self.person, self.scene = person.mesh, person, scene
        base = person.points if base is None else base
        weights = shape_weights(scene)
        across, up = scene.get("gaze", (0, 0))
        self.closed = lid_weights(weights, person, up)
        self.weights = weights
        moved = np.zeros((mesh.n, 3), np.float32)
        for shape, weight in weights.items():
            if weight:
                moved += mesh.shapes[shape] * np.float32(weight)
        points = base + moved @ person.rotation.T
        for eye, centre in zip(mesh.eyes, person.eye_centres):
            turn = rotation([-np.radians(up), np.radians(across), 0]).T.astype(np.float32)
            middle = base[eye].mean(0)
            points[eye] = (points[eye] - middle) @ turn + middle
            points[eye, 2] -= 0.28
        points[mesh.sockets, 2] -= 0.4
        turn = rotation([0, np.radians(scene.get("yaw", 0)), 0]) @ rotation([np.radians(scene.get("pitch", 0)), 0, 0])
        turned = (points - person.pivot) @ turn.T.astype(np.float32) + person.pivot
        self.points = (points + (turned - points) * person.follows).astype(np.float32)
        self.gap = lip_gap(mesh, points) - lip_gap(mesh, base)
        places = (self.points[:, :2] * [person.scale, -person.scale] + person.shift).astype(np.float32)
        grid = person.grid + person.drag @ (places[person.movers] - person.places[person.movers])
        middle = person.points[mesh.landmarks[[36, 39, 42, 45, 33, 48, 54]]].mean(0) - person.pivot
        sway = 0.85 * (middle @ turn.T - middle)[:2] * [person.scale, -person.scale]
        scale = PICTURE / (WIDE * person.between_eyes) * scene.get("scale", 1.0)
        roll = np.radians(scene.get("roll", 0))
        onto = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        to = np.array(scene.get("shift", (0, 0))) * PICTURE + PICTURE / 2
        self.places, self.grid = ((part - person.centre - sway) @ onto.T + to for part in (places, grid))

    def gains(self):
        """How light each vertex is, by the light, creases and lashes."""
        person, mesh, scene = self.person, self.person.mesh, self.scene
        normals(self.points, mesh.skin, person.normals)
        light = np.asarray(scene.get("light", LIGHT), np.float32)
        q = (0.5 + 0.5 * np.clip(person.normals @ light, 0, 1)) / person.lit
        q = 1 + 0.8 * (np.clip(q, 0.65, 1.2) - 1)
        q = q * (1 - mesh.near_lids) + np.clip(q, 0.9, 1.05) * mesh.near_lids
        q = q * (1 - mesh.near_lips) + np.clip(q, 0.8, 1.04) * mesh.near_lips
        for crease, makers in CREASES.items():
            depth = min(1.0, sum(scene["units"].get(unit, 0) * share for unit, share in makers.items()) + scene.get("lines", {}).get(crease, 0))
            if depth * scene.get("creases", 0.5) > 0.01:
                q = q * (1 - 0.30 * depth * scene.get("creases", 0.5) * mesh.creases[crease])
        for side, lash in zip("LR", mesh.lashes):
            q = q * (1 - 0.55 * self.closed[side] * lash)
        q[HEAD:] = 1
        deep, at = self.points[mesh.landmarks[62], 2] - self.points[:, 2], mesh.at
        for first, last, least, scale in ((SOCKET, EYE_SOCKET, 0.14, 3.5), (GUMS, TEETH, 0.3, 5.5), (TEETH, EYES, 0.72, 9.0)):
            part = slice(at[first], at[last])
            q[part] = np.clip(1.06 - deep[part] / scale, least, 1.0) ** 1.2
        normals(self.points, mesh.inside, person.normals)
        inner = slice(at[GUMS], at[EYES])
        q[inner] *= 0.72 + 0.28 * np.clip(person.normals[inner] @ LIGHT, 0, 1)
        q[at[SOCKET] : at[EYES]] *= 0.3 + 0.7 * smooth(self.gap, 0.0, 0.35)
        for side, eye in zip("LR", mesh.eyes):
            q[eye] *= 1 - 0.7 * smooth(self.closed[side], 0.75, 1)
        return q.astype(np.float32)

    def picture(self):
        """The picture [112, 112, 3] of u8, red first."""
        person, mesh, side = self.person, self.person.mesh, PICTURE * FINER
        out = np.zeros((side, side, 3), np.float32)
        lid = sum(self.closed[s] * share for s, share in zip("LR", mesh.lids)).astype(np.float32) if any(self.closed.values()) else np.zeros(mesh.n, np.float32)
        flat = np.zeros(len(person.card_triangles), np.float32)
        layers = (
            (self.grid, person.flat, person.card_triangles, flat, flat.astype(np.int32), person.grid, person.flat, person.flat, 0 * person.flat),
            (self.places, np.ascontiguousarray(self.points[:, 2]), mesh.triangles, mesh.facing, mesh.kinds, person.texture_places, self.gains(), person.alpha, lid),
        )
        for places, z, triangles, facing, kinds, texture, gain, alpha, bare in layers:
            x, y = (np.ascontiguousarray(places[:, k] * FINER).astype(np.float32) for k in (0, 1))
            found = np.full((side, side), -1, np.int32)
            first, second, depth = np.zeros((side, side), np.float32), np.zeros((side, side), np.float32), np.full((side, side), -1e9, np.float32)
            rasterise(x, y, z, triangles, facing, side, side, found, first, second, depth)
            shade(found, first, second, triangles, kinds, texture, gain, alpha, bare, person.colours, person.textures, out)
        out = cv2.resize(out, (PICTURE, PICTURE), interpolation=cv2.INTER_AREA)
        out = 255 * np.clip(out / 255, 0, 1) ** self.scene.get("gamma", 1.0) * self.scene.get("bright", 1.0)
        across, down = self.scene.get("ramp", (0, 0))
        line = np.linspace(-1, 1, PICTURE)
        out *= (1 + across * line[None, :] + down * line[:, None])[..., None]
        return np.clip(out + 0.5, 0, 255).astype(np.uint8)[..., ::-1]


def intensities(posed, labels):
    """Each label's intensity, 0 to 1: 25 by the gap of the lips, 46 the stronger wink, 5 and 7 hidden by closed lids."""
    units = dict(posed.scene["units"])
    units["46"] = max(units.get("46L", 0), units.get("46R", 0))
    units["25"] = float(np.clip(posed.gap / GAP, 0, 1)) if posed.gap > 0.06 else 0.0
    shut = max(units.get("43", 0), units.get("45", 0))
    for unit in ("5", "7"):
        units[unit] = units.get(unit, 0) * (1 - 0.9 * shut)
    return np.array([min(units.get(label, 0), 1) for label in labels], np.float32)
