"""Seeded tensors: every value follows from the tensor's name, its index and a seed alone.

h = FNV-1a 64 of the name's UTF-8 bytes; state = seed XOR h; value i = mix(state + (i + 1) * GOLDEN mod 2^64), mix the finaliser
of splitmix64; u = (value >> 40) / 2^24 in [0, 1); s = 2u - 1 in [-1, 1). Both are exact in f64 and in f32.

`python seeded.py` rewrites seeded.json, the first values of some streams and tensors.
"""

import json
from math import prod, sqrt
from pathlib import Path

import numpy as np

OFFSET, PRIME = 0xCBF29CE484222325, 0x100000001B3
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
DAMPING = 0.25
CHUNK = 1 << 20


def fnv1a(name):
    """The 64-bit FNV-1a hash of the UTF-8 bytes of `name`."""
    h = OFFSET
    for byte in name.encode():
        h = (h ^ byte) * PRIME & (1 << 64) - 1
    return h


def stream(name, seed, begin, end):
    """Values begin .. end of the stream, u64."""
    z = np.uint64(seed ^ fnv1a(name)) + np.arange(begin + 1, end + 1, dtype=np.uint64) * GOLDEN
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))


def unit(name, seed, begin, end):
    """The stream as u in [0, 1), f64."""
    return (stream(name, seed, begin, end) >> np.uint64(40)).astype(np.float64) * 2.0**-24


def signed(name, seed, begin, end):
    """The stream as s in [-1, 1), f64."""
    return 2 * unit(name, seed, begin, end) - 1


def tensor(name, shape, seed, layer, damped=False):
    """The f32 tensor `name` of a layer of type "conv" (locally connected and dense too), "norm" or "input"; computed in f64, rounded once.

    conv weight: s * sqrt(6 / fan_in), fan_in the product of shape[1:], of a locally connected one of shape[3:]; conv bias: 0.05 s. norm weight and running_var: 1 + 0.25 s;
    norm bias and running_mean: 0.1 s. input: s. `damped`: the weight of a layer that an addition reads directly, times 0.25.
    """
    part = name.rsplit(".", 1)[-1]
    if layer == "conv":
        base, scale = 0.0, {"weight": sqrt(6 / prod(shape[3 if len(shape) == 6 else 1 :])), "bias": 0.05}[part]
    elif layer == "norm":
        base, scale = {"weight": (1.0, 0.25), "bias": (0.0, 0.1), "running_mean": (0.0, 0.1), "running_var": (1.0, 0.25)}[part]
    else:
        base, scale = 0.0, 1.0
    factor = DAMPING if damped and part == "weight" else 1.0
    result = np.empty(prod(shape), np.float32)
    for begin in range(0, result.size, CHUNK):
        end = min(begin + CHUNK, result.size)
        result[begin:end] = (base + signed(name, seed, begin, end) * scale) * factor
    return result.reshape(shape)


def picture(shape, seed):
    """The input picture [N, C, H, W]: the stream "data" as s."""
    return tensor("data", shape, seed, "input")


STREAMS = [
    ("", 0),
    ("a", 0),
    ("data", 1),
    ("conv1.weight", 1),
    ("inception_3a/3x3_reduce.weight", 1),
    ("fmp1.sample", 1),
    ("é", 2**64 - 1),
]
TENSORS = [
    ("data", [1, 3, 2, 2], 1, "input", False),
    ("conv1.weight", [64, 3, 7, 7], 1, "conv", False),
    ("conv2.weight", [256, 48, 5, 5], 1, "conv", False),
    ("conv1.bias", [64], 1, "conv", False),
    ("fc6.weight", [4096, 9216], 1, "conv", False),
    ("layer1.0.conv2.weight", [64, 64, 3, 3], 1, "conv", True),
    ("bn1.weight", [64], 1, "norm", False),
    ("bn1.bias", [64], 1, "norm", False),
    ("bn1.running_mean", [64], 1, "norm", False),
    ("bn1.running_var", [64], 1, "norm", False),
    ("layer1.0.bn2.weight", [64], 1, "norm", True),
    ("layer1.0.bn2.bias", [64], 1, "norm", True),
]


def golden():
    """The text of seeded.json: u64 numbers as hexadecimal strings, f64 and f32 numbers as shortest decimals that round back."""
    streams = [
        {
            "name": name, "seed": f"{seed:016x}", "hash": f"{fnv1a(name):016x}", "values": [f"{v:016x}" for v in stream(name, seed, 0, 8)],
            "signed": signed(name, seed, 0, 8).tolist(),
        }
        for name, seed in STREAMS
    ]
    tensors = [
        {"name": name, "shape": shape, "seed": seed, "layer": layer, "damped": damped,
         "first": [float(str(v)) for v in tensor(name, shape, seed, layer, damped).ravel()[:8]]}
        for name, shape, seed, layer, damped in TENSORS
    ]
    lists = []
    for key, rows in (("streams", streams), ("tensors", tensors)):
        lines = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
        lists.append(f'  "{key}": [\n{lines}\n  ]')
    return "{\n" + ",\n".join(lists) + "\n}\n"


if __name__ == "__main__":
    Path(__file__).with_name("seeded.json").write_text(golden(), encoding="utf-8")
