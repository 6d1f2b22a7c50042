"""MediaPipe's face networks by LiteRT, one thread: pictures of u8 in, numbers out. Shapes and constants: each function says."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
cv2.setNumThreads(1)

WEIGHTS = DATA / "weights" / "mediapipe"


@cache
def _interpreter(name):
    net = Interpreter(model_path=str(WEIGHTS / name), num_threads=1)
    net.allocate_tensors()
    return net


def _run(name, value):
    net = _interpreter(name)
    net.set_tensor(net.get_input_details()[0]["index"], value)
    net.invoke()
    return [net.get_tensor(output["index"]) for output in net.get_output_details()]


def _sigmoid(logits):
    return 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))


def full_range_anchors():
    """Centres [2304, 2] of the 48 x 48 cells, in units of the input's side."""
    i = np.arange(48)
    y, x = np.meshgrid(i, i, indexing="ij")
    return (np.stack([x, y], -1).reshape(-1, 2) + 0.5) / 48


def short_range_anchors():
    """Centres [896, 2]: 16 x 16 cells of two anchors, then 8 x 8 cells of six."""
    rows = []
    for cells, copies in ((16, 2), (8, 6)):
        i = np.arange(cells)
        y, x = np.meshgrid(i, i, indexing="ij")
        rows.append(np.repeat((np.stack([x, y], -1).reshape(-1, 2) + 0.5) / cells, copies, axis=0))
    return np.concatenate(rows)


DETECTORS = {
    "full": ("face_detection_full_range.tflite", 192, full_range_anchors()),
    "short": ("tflite/face_detector.tflite", 128, short_range_anchors()),
}


def detect(kind, tile):
    """Every anchor's answer on a square tile of u8: scores [n], and points [n, 8, 2] in units of its side.

    Points: the box's upper left and lower right corner, then the six key points: the eye on the picture's left, that on its right, nose, mouth,
    the ear on the left, that on the right.
    """
    name, side, anchors = DETECTORS[kind]
    outputs = _run(name, tile[None].astype(np.float32) / 127.5 - 1)
    raw, logits = sorted(outputs, key=lambda output: -output.shape[-1])
    raw = raw[0].astype(np.float64) / side
    centre, size = raw[:, :2] + anchors, raw[:, 2:4]
    keys = raw[:, 4:].reshape(-1, 6, 2) + anchors[:, None]
    return _sigmoid(logits[0, :, 0]), np.concatenate([(centre - size / 2)[:, None], (centre + size / 2)[:, None], keys], 1)


def mesh(crop):
    """478 landmarks (x, y, z) in pixels of the 256 x 256 crop of u8, and the probability that it shows a face."""
    outputs = _run("tflite/face_landmarks_detector.tflite", crop[None].astype(np.float32) / 255)
    points = next(output for output in outputs if output.size == 478 * 3)
    presence = next(output for output in outputs if output.shape == (1, 1, 1, 1))
    return points.reshape(478, 3).astype(np.float64), float(_sigmoid(presence).item())


@cache
def _blendshape_indices():
    text = (WEIGHTS / "blendshape_landmark_indices.txt").read_text()
    return np.array([int(word) for word in text.replace(",", " ").split()])


def blendshapes(landmarks):
    """The 52 blendshapes of landmarks [478, 2 or 3] in pixels of the photograph."""
    return _run("tflite/face_blendshapes.tflite", landmarks[_blendshape_indices(), :2][None].astype(np.float32))[0].reshape(52)
