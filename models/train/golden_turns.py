"""Cases for the turned crop: picture, origin, step and size -> the exact bytes."""

from math import cos, radians, sin

import exact
from golden_crops import ASTRONAUT, pictures


def turn(centre, side, degrees, size):
    """Origin and step, in 1/16384 pixel, of a square about `centre` turned clockwise, as a crop of `size` [h, w]."""
    step = [side / size[1] * f(radians(degrees)) for f in (cos, sin)]
    corner = (
        centre[0] - (step[0] * size[1] - step[1] * size[0]) / 2,
        centre[1] - (step[1] * size[1] + step[0] * size[0]) / 2,
    )
    return [round(16384 * v) for v in corner], [round(16384 * v) for v in step]


# name, picture, centre, side, degrees, size [h, w]
CASES = [
    ("identity", "random_37x29", (14.5, 18.5), 29, 0, [37, 29]),
    ("a quarter", "random_37x29", (14.5, 18.5), 37, 90, [29, 37]),
    ("on its head", "random_37x29", (14.5, 18.5), 29, 180, [37, 29]),
    ("grow", "random_37x29", (14, 17), 9, 31, [16, 24]),
    ("shrink", "random_37x29", (15, 20), 28, -17, [9, 9]),
    ("shrink to one pixel", "random_37x29", (14.5, 18.5), 28, 45, [1, 1]),
    ("beyond the picture", "random_37x29", (0, 37), 50, -130, [12, 12]),
    ("beside the picture", "random_37x29", (-60, 90), 20, 10, [3, 5]),
    ("one pixel", "random_1x1", (0.5, 0.5), 5, 20, [4, 4]),
    ("more than samples are taken", ASTRONAUT, (256, 256), 500, 8, [12, 12]),
    ("astronaut, face", ASTRONAUT, (223, 122), 130, 12.5, [48, 48]),
]


def make(root):
    """The tensors of turns.safetensors and its index."""
    available = pictures(root)
    used = {case[1] for case in CASES} - {ASTRONAUT}
    tensors = {name: available[name] for name in used}
    cases = []
    for number, (name, picture, centre, side, degrees, size) in enumerate(CASES):
        origin, step = turn(centre, side, degrees, size)
        expected = f"turn_{number:02}"
        tensors[expected] = exact.turned(available[picture], origin, step, size)
        source = {"path": picture} if picture == ASTRONAUT else {"picture": picture}
        cases.append({"name": name, **source, "origin": origin, "step": step, "size": size, "expected": expected})
    return tensors, {"file": "turns.safetensors", "cases": cases}
