"""Scenes drawn at random: units that people show together, looks, and clips of frames at 25 a second."""

import numpy as np

from mesh import CREASES, smooth
from person import LIGHT
from render import UNITS

# Always, sometimes, how often.
RECIPES = {
    "happy": ("6 12", "25 26 7", 4), "surprise": ("1 2 5 26", "25 27", 3), "fear": ("1 2 4 5 20 25", "26", 2), "anger": ("4 7", "5 23 24 17 10 25", 3),
    "disgust": ("9", "10 15 16 17 25 6 4 7", 3), "sad": ("1 4 15", "17 11 43 6", 3), "contempt": ("14", "12 10", 1), "pain": ("4 6 7", "9 10 43 20 25", 1),
    "smirk": ("12", "14 2", 1), "think": ("4", "18 24 17 1", 1), "doubt": ("17", "1 2 15 24", 1), "squeeze": ("43 6", "9 4 24", 1),
}
UPPER = ["1", "2", "4", "5", "6", "7", "43", "1 2", "1 4", "1 2 4", "1 2 5", "4 7", "6 7", "46L", "46R", "9"]
LOWER = [
    "10", "11", "12", "13", "14", "15", "16 25", "17", "18", "19", "20", "22", "23", "24", "25", "26 25", "27 25", "28", "28B", "28T", "30", "38", "8",
    "12 25", "12 25 26", "15 17", "20 25", "20 25 26", "10 25", "17 24", "18 25", "22 25",
]
NO_SMILE = ["10", "11", "13", "14", "15", "16 25", "17", "18", "20", "20 25", "23", "24", "25", "25 26", "6", "9", "15 17", "10 25"]
# Units that few recipes ask for and that are hard to tell apart: drawn more often alone.
HARD = ["38", "30", "8", "23", "28B", "28T", "28", "24", "11", "13", "14", "7", "6", "16", "20"]
ALONE = [unit for unit in UNITS if unit != "45"]
SPEECH = {"26": 0.42, "22": 0.12, "18": 0.12, "20": 0.12, "24": 0.12, "16": 0.05, "12": 0.05}
BLINK = [0.35, 0.85, 1, 1, 0.75, 0.45, 0.2, 0.06]
RESTING = ["mouthSmile", "mouthFrown", "mouthPress", "browDown", "browInnerUp", "browOuterUp", "eyeSquint", "eyeWide", "cheekSquint"]
FRAMES = 32


def strongest(*parts):
    """Units of several sets, each as strong as where it is strongest."""
    return {unit: max(part.get(unit, 0) for part in parts) for unit in sorted(set().union(*parts))}


def possible(units):
    """Without what cannot be seen together; 26 gives way to 27, one lip to both."""
    if units.get("43", 0) > 0.3 or units.get("45", 0) > 0.3:
        for unit in ("5", "46L", "46R"):
            units.pop(unit, None)
    for unit in (("26",) if "27" in units else ()) + (("28B", "28T") if "28" in units else ()):
        units.pop(unit, None)
    return units


def draw_units(rng):
    """Units with their intensities, and of each how strong its left and its right half are."""

    def intensity(least=0.2):
        return float(np.clip(least + (1 - least) * rng.beta(1.6, 1.3), 0, 1))

    kind = rng.random()
    units = {}
    if kind < 0.08:
        pass
    elif kind < 0.33:
        units = {str(rng.choice(HARD if rng.random() < 0.4 else ALONE)): intensity()}
    elif kind < 0.6:
        weights = np.array([weight for _, _, weight in RECIPES.values()], float)
        always, sometimes, _ = RECIPES[rng.choice(list(RECIPES), p=weights / weights.sum())]
        base = intensity(0.25)
        units = {unit: float(np.clip(base * rng.uniform(0.7, 1.2), 0.1, 1)) for unit in always.split() if rng.random() < 0.9}
        units = strongest(units, {unit: float(np.clip(base * rng.uniform(0.5, 1.1), 0.1, 1)) for unit in sometimes.split() if rng.random() < 0.35})
    else:
        if rng.random() < 0.75:
            units = strongest(units, {unit: intensity() for unit in rng.choice(UPPER).split()})
        for share, scale in ((0.85, 1.0), (0.15, 0.7)):
            if rng.random() < share:
                units = strongest(units, {unit: intensity() * scale for unit in rng.choice(LOWER).split()})
    units = possible(units)
    return units, draw_sides(rng, units)


def draw_sides(rng, units):
    sides = {}
    for unit in units:
        uneven = float(np.clip(rng.normal(0, 0.07), -0.2, 0.2))
        sides[unit] = (1 + uneven, 1 - uneven)
        if (unit in ("14", "2") and rng.random() < 0.3) or (unit in ("12", "10", "15") and rng.random() < 0.08):
            sides[unit] = ((1.0, 0.05), (0.05, 1.0))[rng.integers(2)]
    return sides


def draw_look(rng, turned=(7, 18), nodded=(4, 9)):
    """Pose, place, gaze, light, how a face rests, and how its skin creases: in a third of the scenes it does not, or has creases that mean nothing."""

    def within(spread, most):
        return float(np.clip(rng.normal(0, spread), -most, most))

    light = LIGHT + rng.normal(0, [0.2, 0.14, 0]).astype(np.float32)
    resting = {}
    for shape in rng.choice(RESTING, 3, replace=False):
        weight = float(abs(rng.normal(0, 0.06)))
        resting |= {f"{shape}_L": weight, f"{shape}_R": weight}
    lines = {str(crease): float(rng.uniform(0.2, 1)) for crease in rng.choice(list(CREASES), 2, replace=False)} if rng.random() < 0.35 else {}
    return {
        "yaw": within(*turned), "pitch": within(*nodded), "roll": within(4, 12), "scale": float(rng.uniform(0.92, 1.1)), "shift": (within(0.012, 0.03), within(0.012, 0.03)),
        "gaze": (within(5, 14), within(3.5, 10)), "gamma": float(rng.uniform(0.75, 1.3)), "bright": float(rng.uniform(0.85, 1.08)), "ramp": (within(0.1, 0.25), within(0.07, 0.15)),
        "light": light / np.linalg.norm(light), "jaw": 1 if rng.random() < 0.5 else -1, "creases": float(rng.uniform(0.1, 1.0)) if rng.random() < 0.7 else 0.0, "lines": lines, "resting": resting,
    }


def draw_still(rng):
    units, sides = draw_units(rng)
    return draw_look(rng) | {"units": units, "sides": sides}


def draw_wide(rng):
    """A still of a head that is turned and nods further, as heads on videos do."""
    units, sides = draw_units(rng)
    return draw_look(rng, (9, 24), (6.5, 16)) | {"units": units, "sides": sides}


def draw_smile(rng):
    """A still of a mouth: half of them smile, faintly more often than fully; a quarter rests, a quarter does what smiles are taken for."""
    kind, units = rng.random(), {}
    if kind < 0.5:
        smile = float(0.12 + 0.88 * rng.beta(1, 1.8))
        units = {"12": smile} | ({"6": float(min(smile * rng.uniform(0.5, 1.1), 1))} if rng.random() < 0.6 else {})
        units |= {unit: float(rng.uniform(0.15, 0.9)) for unit, often in (("25", 0.35), ("26", 0.12), ("7", 0.15)) if rng.random() < often}
    elif kind < 0.75:
        units = {unit: float(rng.uniform(0.2, 1)) for unit in str(rng.choice(UPPER)).split()} if rng.random() < 0.4 else {}
    else:
        units = {unit: float(rng.uniform(0.2, 0.9)) for unit in str(rng.choice(NO_SMILE)).split()}
    look = draw_look(rng)
    units = possible(units)
    return look | {"yaw": look["yaw"] / 2, "pitch": look["pitch"] / 2, "units": units, "sides": draw_sides(rng, units)}


class Course:
    """Intensities of units over the frames of a clip."""

    def __init__(self, rng):
        self.rng, self.values = rng, {}

    def put(self, unit, values, scale=1.0):
        self.values[unit] = np.maximum(self.values.get(unit, np.zeros(FRAMES)), np.array(values) * scale)

    def rise(self, start, rising, held, falling):
        """0, up to 1 from `start`, held, and down again."""
        t = np.arange(FRAMES)
        return np.where(t < start + rising + held, smooth(t - start, 0, rising), smooth(start + rising + held + falling - t, 0, falling))

    def blink(self, start):
        values = np.zeros(FRAMES)
        part = BLINK[: FRAMES - start]
        values[start : start + len(part)] = part
        self.put("45", values)

    def speak(self):
        t, rng = 0, self.rng
        while t < FRAMES - 3:
            length = int(rng.integers(4, 8))
            unit = str(rng.choice(list(SPEECH), p=list(SPEECH.values())))
            part = np.sin(np.pi * (np.arange(min(length, FRAMES - t)) + 0.5) / length)
            values = np.zeros(FRAMES)
            values[t : t + len(part)] = part
            self.put(unit, values, rng.uniform(0.35, 0.8))
            if unit != "24":
                self.put("26", values, rng.uniform(0.1, 0.35))
            t += length - 1


def draw_clip(rng, kind):
    """The scenes of the frames of a clip: `expression`, `speech`, `blink`, `closed`, `wink` or `still`."""
    look, course, sides = draw_look(rng), Course(rng), {}

    def whole(low, high):
        return int(rng.integers(low, high))

    if kind == "expression":
        units = {}
        while not units:
            units, sides = draw_units(rng)
        for unit, intensity in units.items():
            course.put(unit, course.rise(whole(0, 6) + whole(0, 3), whole(4, 10), whole(3, 10), whole(6, 12)), intensity)
    elif kind == "closed":
        course.put("43", course.rise(whole(-4, 8), whole(3, 6), whole(12, 34), whole(4, 7)))
    elif kind == "wink":
        course.put("46" + "LR"[whole(0, 2)], course.rise(whole(2, 14), whole(3, 5), whole(3, 9), whole(4, 8)))
    elif kind == "blink":
        course.blink(whole(0, 9))
        course.blink(whole(15, 25))
    elif kind == "speech":
        course.speak()
    if kind not in ("blink", "closed", "wink") and rng.random() < 0.35:
        course.blink(whole(2, 24))
    sway, rate, phase = rng.normal(0, [3, 2, 1.5]), rng.uniform(0.2, 0.7, 3), rng.uniform(0, 6.3, 3)
    drift, turns, gaze = rng.normal(0, 0.0006, 2), whole(5, 27), rng.normal(0, [5, 3])
    scenes = []
    for t in range(FRAMES):
        moved = sway * (np.sin(2 * np.pi * rate * t / 25 + phase) - np.sin(phase))
        scene = dict(look, sides=sides, units={unit: float(v[t]) for unit, v in course.values.items() if v[t] > 0})
        scene["yaw"] = float(np.clip(look["yaw"] * 0.6 + moved[0], -18, 18))
        scene["pitch"] = float(np.clip(look["pitch"] * 0.6 + moved[1], -9, 9))
        scene["roll"] = look["roll"] * 0.6 + moved[2]
        scene["shift"] = (look["shift"][0] + drift[0] * t, look["shift"][1] + drift[1] * t)
        if t >= turns:
            scene["gaze"] = (float(np.clip(gaze[0], -13, 13)), float(np.clip(gaze[1], -9, 9)))
        scenes.append(scene)
    return scenes
