"""Optical flow of aligned crops, and the stacks of ten that the motion network reads.

Flow i of a clip leads from frame i to frame i + 1. It is Farneback's, by OpenCV, with the parameters of models/actions/actions.json, as u8: 12 levels a pixel around 128.
The stack of frame n holds flows n - 5 to n + 4, across and down in turn: 20 channels; where there is no flow, 128.
"""

import cv2
import numpy as np

from crops import TEXT

RULE = next(step["flow"] for step in TEXT["representations"]["motion"] if "flow" in step)
FIRST, LAST, MISSING = RULE["from"], RULE["to"], RULE["missing"]


def levels(flow):
    """Flow in pixels as u8."""
    return np.clip(np.floor(flow * np.float32(RULE["times"]) + np.float32(RULE["plus"] + 0.5)), 0, 255).astype(np.uint8)


def between(a, b):
    """The flow [2, h, w] of f32 in pixels, across and down, from crop a to crop b, each [h, w] of u8."""
    found = cv2.calcOpticalFlowFarneback(
        a, b, None, RULE["pyramid_scale"], RULE["levels"], RULE["window"], RULE["iterations"], RULE["poly_n"], RULE["poly_sigma"], 0
    )
    return found.transpose(2, 0, 1)


def of_clip(frames):
    """The flows [frames - 1, 2, h, w] of u8 of successive crops [frames, h, w] of u8."""
    return np.stack([levels(between(a, b)) for a, b in zip(frames[:-1], frames[1:])])


def stack(flows, n):
    """What the motion network reads of frame n: [20, h, w] of u8 from the flows [frames - 1, 2, h, w] of a clip."""
    missing = np.full(flows.shape[1:], MISSING, np.uint8)
    return np.concatenate([flows[i] if 0 <= i < len(flows) else missing for i in range(n + FIRST, n + LAST + 1)])
