"""Weights in eight bits, as a model file holds them: `NAME.weight` of i8 beside `NAME.weight.scale` of f32, one scale an output channel. Without PyTorch."""

import numpy as np

SCALE = ".scale"
MOST = np.float32(127)


def quantised(text, tensors):
    """The tensors (numpy arrays by name) of the model of `text` (a dict), weights of convolutions, locally connected and dense layers in eight bits: those that `moue model quantise` gives."""
    names = set()
    for member in text["members"]:
        ops = text["networks"][member["network"]]["ops"]
        names |= {f"{member['weights']}{op['name']}.weight" for op in ops if op["op"] in ("conv", "local_conv", "dense")}
    found = {}
    for name, value in tensors.items():
        # Depthwise ones stay: their scales would take half of what eight bits save. The second size of a locally connected layer is that of its output's rows.
        if name in names and value.dtype != np.int8 and (value.shape[1] > 1 or value.ndim > 4):
            found[name], found[name + SCALE] = rows(value.astype(np.float32))
        else:
            found[name] = value
    return found


def rows(weight):
    """A weight [channels, ...] of f32 as integers from -127 to 127, and their scales [channels] of f32: a weight is within half a scale of the product."""
    flat = weight.reshape(len(weight), -1)
    # A row of zeros has a scale too.
    scales = np.maximum(np.abs(flat).max(1) / MOST, np.finfo(np.float32).tiny)
    return np.rint(flat / scales[:, None]).clip(-MOST, MOST).astype(np.int8).reshape(weight.shape), scales


def unpacked(tensors):
    """The tensors of a model file with those of i8 times their scales, in f32; the scales are gone."""
    eight_bits = {name for name, value in tensors.items() if value.dtype == np.int8}
    found = {}
    for name, value in tensors.items():
        if name in eight_bits:
            found[name] = value.astype(np.float32) * scales_of(name, tensors).reshape(-1, *[1] * (value.ndim - 1))
        elif name.removesuffix(SCALE) not in eight_bits:
            found[name] = value
    return found


def scales_of(name, tensors):
    value, scales = tensors[name], tensors.get(name + SCALE)
    if scales is None or scales.dtype != np.float32 or scales.shape != value.shape[:1] or value.ndim < 2:
        raise ValueError(f"{name} is {list(value.shape)} of i8: it needs {name}{SCALE} of f32, one a row")
    with np.errstate(over="ignore"):
        if not ((scales > 0) & np.isfinite(scales * MOST)).all() or value.min(initial=0) < -MOST:
            raise ValueError(f"{name} of i8: values are -127 to 127, scales above 0 and finite")
    return scales
