"""The motion that flow.py makes pairs of, and how far a flow is from it."""

import numpy as np


def displacement(x, y, height, width, amplitude):
    """How far what is seen at x, y of the second picture was moved."""
    return amplitude * np.sin(2 * np.pi * y / height + 0.3), amplitude * 0.7 * np.cos(2 * np.pi * x / width)


def motion(height, width, amplitude):
    """The flow [h, w, 2] from the first picture to the second, x first: at p it is the displacement at p + flow, to which steps converge."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for _ in range(100):
        dx, dy = displacement(x + dx, y + dy, height, width, amplitude)
    return np.stack([dx, dy], -1)


def off(flow, truth, edge):
    """The mean distance in pixels, without an edge that the motion may leave."""
    inside = np.s_[edge:-edge, edge:-edge]
    return float(np.linalg.norm(flow - truth, axis=-1)[inside].mean())
