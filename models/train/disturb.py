"""What a camera and a scene do to a face: disturbances of gray faces [n, h, w] of u8, each by a level, to u8 again."""

import numpy as np
from scipy.ndimage import gaussian_filter, rotate

import preprocess

SEED = 7


def whole(faces):
    return np.clip(np.floor(faces + 0.5), 0, 255).astype(np.uint8)


def gamma(faces, exponent):
    """255 (v / 255)^exponent."""
    return whole(255 * (faces / 255.0) ** exponent)


def contrast(faces, factor):
    """Levels drawn to or from the middle."""
    return whole((faces - 127.5) * factor + 127.5)


def blur(faces, sigma):
    """Gaussian, sigma in pixels of the 48 x 48 face."""
    return whole(gaussian_filter(faces.astype(np.float64), (0, sigma, sigma), mode="nearest"))


def noise(faces, sigma):
    """Gaussian, sigma in levels, the same for every model."""
    return whole(faces + np.random.default_rng(SEED).normal(0, sigma, faces.shape))


def small(faces, side):
    """Shrunk to `side` pixels and back, both by the rule of the canonical crop."""
    size = faces.shape[1:]

    def both_ways(face):
        picture = np.repeat(face[..., None], 3, axis=-1)
        shrunk = preprocess.canonical(picture, (0, 0, size[1], size[0]), (side, side))
        return preprocess.canonical(shrunk, (0, 0, side, side), size)[..., 0]

    return np.stack([both_ways(face) for face in faces])


def turned(faces, degrees):
    """Rotated in the plane, edges repeated."""
    return whole(rotate(faces.astype(np.float64), degrees, axes=(2, 1), reshape=False, order=1, mode="nearest"))


# Rows and columns of the 48 x 48 face: where eyes and mouth lie in FER2013's mean face.
COVERED = {"eyes": (slice(12, 23), slice(6, 42)), "mouth": (slice(32, 43), slice(12, 36))}


def covered(faces, part):
    """A part holds the face's mean level; `quarter`: one of the four, in turn."""
    found = faces.copy()
    middle = faces.shape[1] // 2, faces.shape[2] // 2
    for at, face in enumerate(found):
        if part == "quarter":
            rows, columns = (slice(m, None) if at >> bit & 1 else slice(m) for bit, m in enumerate(middle))
        elif part in COVERED:
            rows, columns = COVERED[part]
        else:
            continue
        face[rows, columns] = whole(face.mean())
    return found


# Name: the disturbance, its levels with the one that changes nothing, what the level is.
DISTURBANCES = {
    "gamma": (gamma, [0.4, 0.5, 0.63, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5], 1.0, "exponent"),
    "contrast": (contrast, [0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0], 1.0, "factor"),
    "blur": (blur, [0.0, 0.5, 1.0, 1.5, 2.0, 3.0], 0.0, "sigma, pixels of 48"),
    "noise": (noise, [0.0, 5.0, 10.0, 20.0, 40.0], 0.0, "sigma, levels of 255"),
    "small faces": (small, [48, 32, 24, 16, 12, 8], 48, "side, pixels"),
    "rotation": (turned, [-45, -30, -20, -10, 0, 10, 20, 30, 45], 0, "degrees"),
    "covered": (covered, ["nothing", *COVERED, "quarter"], "nothing", "part of the face"),
}
