"""Cases for LBP codes: photographs by their hash; random, flat and near-tie pictures with every byte."""

from hashlib import sha256
from math import isqrt

import numpy as np
from PIL import Image

import exact

PHOTOGRAPHS = ["examples/astronaut.png", "tests/goldens/grace_hopper.png", "tests/goldens/london_001.png"]
PHOTOGRAPH_RADII = [1, 5, 10]
RADII = [1, 2, 3, 5, 10]
SIZES = [(7, 5), (3, 3), (23, 31), (41, 27)]
WIDE = "tests/goldens/ties_512.png"


def neighbour_weights(radius):
    """Four times the weights (near, mixed, far) of a diagonal neighbour, as floats, to search for near-ties."""
    t = radius / 2**0.5 - isqrt(radius * radius // 2)
    return 4 * (1 - t) ** 2, 4 * t * (1 - t), 4 * t * t


def close_pixels(radius, rng):
    """A million random neighbourhoods (centre, near, mixed one, mixed two, far) and four times their difference; the closest 32."""
    wn, wm, wf = neighbour_weights(radius)
    centre, near, one, two = rng.integers(0, 256, (4, 1_000_000))
    if radius == 1:
        near = centre
    far = np.round((4 * centre - wn * near - wm * (one + two)) / wf).astype(np.int64)
    f = wn * near + wm * (one + two) + wf * far - 4 * centre
    fits = np.flatnonzero((far >= 0) & (far <= 255) & (np.abs(f) > 1e-12))
    closest = fits[np.argsort(np.abs(f[fits]))[:32]]
    return np.stack([centre, near, one, two, far], 1)[closest], f[closest]


def near_ties(radius, count, rng):
    """Pixels (centre, near, mixed one, mixed two, far), [count, 5] of u8, whose diagonal neighbour nearly equals the centre.

    The closest of a seeded search, and among them a quarter of exact ties of pixels that differ.
    """
    found = [close_pixels(radius, rng) for _ in range(16)]
    pixels, f = (np.concatenate(part) for part in zip(*found))
    quarter = count // 4
    close = pixels[np.argsort(np.abs(f))[: count - quarter]]
    c, d = rng.integers(60, 196, quarter), rng.integers(1, 60, quarter)
    ties = np.stack([c, c, c + d, c - d, c], 1)
    return rng.permutation(np.concatenate([ties, close])).astype(np.uint8)


def place(picture, y, x, radius, tie, quadrant):
    """Write a tie around the centre (y, x) on one diagonal: quadrant 0..3 is NE, NW, SW, SE."""
    k = isqrt(radius * radius // 2)
    sy, sx = ((-1, 1), (-1, -1), (1, -1), (1, 1))[quadrant]
    centre, near, one, two, far = tie
    picture[y + sy * k, x + sx * k] = near
    picture[y + sy * k, x + sx * (k + 1)] = one
    picture[y + sy * (k + 1), x + sx * k] = two
    picture[y + sy * (k + 1), x + sx * (k + 1)] = far
    picture[y, x] = centre


def tie_picture(radius, rng):
    """Tiles of 2R + 1 pixels side by side, each with a near-tie on one diagonal: [2R + 1, 32 (2R + 1)] of u8."""
    side = 2 * radius + 1
    ties = near_ties(radius, 32, rng)
    picture = rng.integers(0, 256, (side, side * len(ties)), np.uint8)
    for i, tie in enumerate(ties):
        place(picture, radius, i * side + radius, radius, tie, i % 4)
    return picture


def wide_picture(radius, rng):
    """A picture for the largest radius, flat but for random blocks where the 6 x 6 codes look, with four near-ties: gray u8."""
    side, k = 2 * radius + 6, isqrt(radius * radius // 2)
    picture = np.full((side, side), 128, np.uint8)
    for dy in (-radius, -k - 1, 0, k, radius):
        for dx in (-radius, -k - 1, 0, k, radius):
            y, x = radius + dy, radius + dx
            picture[y : y + 7, x : x + 7] = rng.integers(0, 256, picture[y : y + 7, x : x + 7].shape)
    for quadrant, tie in enumerate(near_ties(radius, 4, rng)):
        place(picture, radius + quadrant, radius + quadrant, radius, tie, quadrant)
    return picture


def photographs(root):
    """Index entries of the photographs: SHA-256 of the gray bytes and, for each radius, of the code bytes (row by row)."""
    entries = []
    for path in PHOTOGRAPHS:
        gray = exact.gray(np.asarray(Image.open(root / path).convert("RGB")))
        codes = []
        for radius in PHOTOGRAPH_RADII:
            found = exact.codes(gray, radius)
            codes.append({"radius": radius, "size": list(found.shape), "sha256": sha256(found.tobytes()).hexdigest()})
        entries.append({"path": path, "size": list(gray.shape), "gray_sha256": sha256(gray.tobytes()).hexdigest(), "codes": codes})
    return entries


def make(root):
    """The tensors of codes.safetensors and its index. Writes the picture of the largest radius."""
    rng = np.random.default_rng(8)
    tensors, cases = {}, []

    def add(name, picture, radius):
        case = {"name": f"{name}, radius {radius}", "picture": name, "radius": radius}
        if min(picture.shape) <= 2 * radius:
            case["error"] = "too small"
        else:
            case["expected"] = f"{name}_codes_{radius}"
            tensors[case["expected"]] = exact.codes(picture, radius)
        cases.append(case)

    for height, width in SIZES:
        for name, picture in (
            (f"random_{height}x{width}", rng.integers(0, 256, (height, width), np.uint8)),
            (f"flat_{height}x{width}", np.full((height, width), rng.integers(0, 256), np.uint8)),
            (f"two_levels_{height}x{width}", 254 + rng.integers(0, 2, (height, width), np.uint8)),
        ):
            tensors[name] = picture
            for radius in RADII:
                add(name, picture, radius)
    tensors["random_203x205"] = rng.integers(0, 256, (203, 205), np.uint8)
    add("random_203x205", tensors["random_203x205"], 100)
    for radius in RADII + [100]:
        name = f"ties_{radius}"
        tensors[name] = tie_picture(radius, rng) if radius < 100 else wide_picture(radius, rng)
        add(name, tensors[name], radius)
    wide = wide_picture(512, rng)
    Image.fromarray(wide).save(root / WIDE, optimize=True)
    tensors["ties_512_codes"] = exact.codes(wide, 512)
    cases.append({"name": "ties_512, radius 512", "path": WIDE, "radius": 512, "expected": "ties_512_codes"})
    return tensors, {"file": "codes.safetensors", "cases": cases, "photographs": photographs(root)}
