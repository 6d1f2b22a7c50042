"""Resized rows and columns by ONNX's rules (src/operators/resample.rs): nearest and linear, every coordinate mode."""

from math import ceil, floor

import torch


def place(i, mode, scale, source, target):
    """The input coordinate of output coordinate `i`."""
    if mode in ("pytorch_half_pixel", "align_corners") and target == 1:
        return 0.0
    if mode == "align_corners":
        return i * (source - 1) / (target - 1)
    if mode == "asymmetric":
        return i / scale
    if mode == "tf_half_pixel_for_nn":
        return (i + 0.5) / scale
    offset = source / 2 * (1 - target / (scale * source)) if mode == "half_pixel_symmetric" else 0.0
    return offset + (i + 0.5) / scale - 0.5


def nearest(x, rounding):
    if rounding in ("floor", "ceil"):
        return floor(x) if rounding == "floor" else ceil(x)
    return ceil(x - 0.5) if rounding == "round_prefer_floor" else floor(x + 0.5)


def along(x, axis, op, target, scale):
    source = x.shape[axis]
    places = [place(i, op.get("coordinates", "half_pixel"), scale or target / source, source, target) for i in range(target)]
    if op["mode"] == "nearest":
        index = [min(max(nearest(p, op.get("rounding", "round_prefer_floor")), 0), source - 1) for p in places]
        return x.index_select(axis, torch.tensor(index))
    places = [min(max(p, 0.0), source - 1.0) for p in places]
    first = [min(int(p), source - 1) for p in places]
    second = [min(f + 1, source - 1) for f in first]
    share = torch.tensor([p - f for p, f in zip(places, first)], dtype=x.dtype).reshape([-1] + [1] * (x.dim() - axis - 1))
    return x.index_select(axis, torch.tensor(first)) * (1 - share) + x.index_select(axis, torch.tensor(second)) * share


def resize(op, x):
    """The operator `resize` on [n, c, h, w]."""
    scales = op.get("scale") or (None, None)
    for axis, target, scale in zip((2, 3), op["size"], scales):
        x = along(x, axis, op, target, scale)
    return x
