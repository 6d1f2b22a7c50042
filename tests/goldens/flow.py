"""Writes flow.safetensors: what OpenCV's calcOpticalFlowFarneback says of small pairs, for tests/kernels/flow.rs.

    pip install opencv-python-headless==5.0.0.93 numpy==2.4.6 pillow safetensors
    python tests/goldens/flow.py
"""

import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from safetensors.numpy import save_file

HERE = Path(__file__).parent
TWO_STREAM = (0.5, 3, 15, 3, 2, 1.1, 0)
OPENCV = (0.5, 3, 15, 3, 5, 1.2, 0)


def face(width, height):
    picture = Image.open(HERE / "../../examples/astronaut.png").convert("L").crop((150, 20, 300, 170))
    return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS))


def warped(picture, amplitude):
    """Moved by smooth waves of so many pixels."""
    height, width = picture.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    dx = amplitude * np.sin(2 * np.pi * y / height + 0.3)
    dy = amplitude * 0.7 * np.cos(2 * np.pi * x / width)
    return cv2.remap(picture, x - dx, y - dy, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)


def masked(picture):
    height, width = picture.shape
    y, x = np.mgrid[:height, :width]
    inside = ((x - width / 2) / (0.4 * width)) ** 2 + ((y - height / 2) / (0.5 * height)) ** 2 <= 1
    return np.where(inside, picture, 0).astype(np.uint8)


def main():
    random = np.random.default_rng(1)
    face_79, face_96, face_129 = face(79, 67), face(96, 65), face(129, 129)
    frames = {
        "face": face_79,
        "moved": warped(face_79, 2.0),
        "wide": face_96,
        "wide_moved": warped(face_96, 1.5),
        "large": face_129,
        "large_moved": warped(face_129, 3.0),
        "small": face(64, 64),
        "edge": np.where(np.add.outer(np.arange(64), np.arange(64)) > 64, 220, 20).astype(np.uint8),
    }
    frames["edge_moved"] = np.roll(frames["edge"], 1, 1)
    white = random.integers(0, 256, (33, 41), dtype=np.uint8)
    frames |= {"white": white[:, :40].copy(), "white_moved": white[:, 1:].copy()}
    for name in ("face", "moved"):
        frames[f"{name}_masked"] = masked(frames[name])
        frames[f"{name}_noisy"] = np.clip(frames[name] + random.normal(0, 5, frames[name].shape), 0, 255).astype(np.uint8)
    initial = (1.5, 0.5)
    cases = [
        ("large", "face", "large", "large_moved", TWO_STREAM),
        ("gaussian", "face", "face", "moved", (*TWO_STREAM[:6], 256)),
        ("noise", "face", "face_noisy", "moved_noisy", TWO_STREAM),
        ("even window", "face", "face", "moved", (0.5, 3, 12, 2, 2, 1.1, 0)),
        ("scale 0.7", "face", "face", "moved", (0.7, 4, 15, 3, 2, 1.1, 0)),
        ("level 0", "face", "face", "moved", (0.5, 0, 15, 3, 2, 1.1, 0)),
        ("initial", "face", "face", "moved", (*TWO_STREAM[:6], 4)),
        ("equal", "face", "small", "small", TWO_STREAM),
        ("white noise", "face", "white", "white_moved", (0.5, 3, 15, 3, 7, 1.5, 256)),
        ("wide", "poly", "wide", "wide_moved", OPENCV),
        ("masked", "poly", "face_masked", "moved_masked", TWO_STREAM),
        ("masked, poly_n 5", "poly", "face_masked", "moved_masked", OPENCV),
        ("ten iterations", "poly", "face_masked", "moved_masked", (0.5, 5, 13, 10, 5, 1.1, 0)),
        ("edge", "one-dimensional", "edge", "edge_moved", OPENCV),
    ]
    tensors, table = {f"frames/{name}": frame for name, frame in frames.items()}, []
    for name, kind, first, second, parameters in cases:
        case = {"name": name, "class": kind, "first": first, "second": second, "parameters": list(parameters)}
        begun = None
        if parameters[6] & 4:
            case["initial"] = list(initial)
            begun = np.full((*frames[first].shape, 2), initial, np.float32)
        flow = cv2.calcOpticalFlowFarneback(frames[first], frames[second], begun, *parameters)
        # Of one-dimensional structure OpenCV's own numbers are of no use: they are finite, and so should others be.
        if kind != "one-dimensional":
            tensors[f"flows/{name}"] = flow
        table.append(case)
    save_file(tensors, HERE / "flow.safetensors", {"cases": json.dumps(table), "opencv": cv2.__version__})


if __name__ == "__main__":
    main()
