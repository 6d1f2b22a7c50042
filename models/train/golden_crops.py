"""Cases for the canonical crop: picture, box, margin and size -> the exact bytes."""

import numpy as np
from PIL import Image

import exact

ASTRONAUT = "examples/astronaut.png"
FACE = [173, 65, 102, 102]

# name, picture, box (none: the whole picture), margin in thousandths, canonical size [h, w]
CASES = [
    ("identity", "random_37x29", None, 0, [37, 29]),
    ("identity of a part", "random_37x29", [3, 5, 16, 24], 0, [24, 16]),
    ("shrink", "random_37x29", None, 0, [12, 10]),
    ("shrink by one", "random_37x29", None, 0, [36, 28]),
    ("shrink by a whole number", "random_37x29", [1, 1, 28, 36], 0, [9, 7]),
    ("shrink to one pixel", "random_37x29", None, 0, [1, 1]),
    ("grow", "random_37x29", None, 0, [48, 48]),
    ("grow by one", "random_37x29", None, 0, [38, 30]),
    ("grow threefold", "random_37x29", [4, 4, 11, 13], 0, [39, 33]),
    ("grow from a row", "random_37x29", [2, 9, 21, 1], 0, [5, 23]),
    ("shrink across, grow down", "random_37x29", [0, 10, 29, 8], 0, [19, 11]),
    ("grow across, shrink down", "random_37x29", [10, 0, 8, 37], 0, [11, 19]),
    ("outside left", "random_37x29", [-9, 4, 15, 15], 0, [8, 8]),
    ("outside right", "random_37x29", [21, 4, 15, 15], 0, [8, 8]),
    ("outside top", "random_37x29", [6, -9, 15, 15], 0, [8, 8]),
    ("outside bottom", "random_37x29", [6, 30, 15, 15], 0, [8, 8]),
    ("outside on every side", "random_37x29", [-10, -12, 50, 60], 0, [16, 16]),
    ("beside the picture", "random_37x29", [40, 50, 9, 9], 0, [4, 4]),
    ("margin", "random_37x29", [8, 9, 13, 17], 200, [24, 24]),
    ("margin rounds half up", "random_37x29", [8, 9, 10, 30], 50, [16, 16]),
    ("margin beyond the picture", "random_37x29", [0, 0, 29, 37], 1000, [20, 20]),
    ("one pixel", "random_1x1", None, 0, [3, 5]),
    ("one pixel, box around it", "random_1x1", [-4, -3, 9, 8], 125, [4, 4]),
    ("half of an odd length rounds down", "half_1x255", None, 0, [1, 1]),
    ("65535 columns", "random_37x29", [-30000, 17, 65535, 2], 0, [2, 7]),
    ("65535 white columns", "white_1x1", [0, 0, 65535, 2], 0, [1, 2]),
    ("65535 white rows", "white_1x1", [0, 0, 2, 65535], 0, [2, 1]),
    ("astronaut, face", ASTRONAUT, FACE, 0, [48, 48]),
    ("astronaut, face with margin", ASTRONAUT, FACE, 200, [48, 48]),
    ("astronaut, face grown", ASTRONAUT, FACE, 0, [113, 127]),
    ("astronaut, whole", ASTRONAUT, None, 0, [48, 64]),
]


def pictures(root):
    """The pictures of the cases by name, [h, w, 3] of u8; the random ones are also stored as tensors."""
    rng = np.random.default_rng(48)
    half = np.zeros((1, 255, 3), np.uint8)
    half[:, :127] = 1
    return {
        "random_37x29": rng.integers(0, 256, (37, 29, 3), np.uint8),
        "random_1x1": rng.integers(0, 256, (1, 1, 3), np.uint8),
        "half_1x255": half,
        "white_1x1": np.full((1, 1, 3), 255, np.uint8),
        ASTRONAUT: np.asarray(Image.open(root / ASTRONAUT).convert("RGB")),
    }


def make(root):
    """The tensors of crops.safetensors and its index."""
    available = pictures(root)
    tensors = {name: p for name, p in available.items() if name != ASTRONAUT}
    cases = []
    for number, (name, picture, box, thousandths, size) in enumerate(CASES):
        photo = available[picture]
        rect = [0, 0, photo.shape[1], photo.shape[0]] if box is None else list(exact.rect(box, thousandths))
        expected = f"crop_{number:02}"
        tensors[expected] = exact.canonical(photo, rect, size)
        source = {"path": picture} if picture == ASTRONAUT else {"picture": picture}
        cases.append({"name": name, **source, "box": box, "margin": thousandths / 1000, "rect": rect, "size": size, "expected": expected})
    return tensors, {"file": "crops.safetensors", "cases": cases}
