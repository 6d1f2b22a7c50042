"""seeded.py against the rules written over again one number at a time, with known answers of FNV-1a and splitmix64."""

import json
import struct
from fractions import Fraction
from math import prod, sqrt
from pathlib import Path

import numpy as np
import pytest

import seeded

M = 2**64


def hash_of(name):
    h = 14695981039346656037
    for byte in bytearray(name, "utf-8"):
        h = (h ^ byte) * 1099511628211 % M
    return h


def value(name, seed, i):
    z = ((seed ^ hash_of(name)) + (i + 1) * 0x9E3779B97F4A7C15) % M
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % M
    z = (z ^ z >> 27) * 0x94D049BB133111EB % M
    return z ^ z >> 31


def s(name, seed, i):
    return float(Fraction(value(name, seed, i) >> 40, 2**23) - 1)


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def rule(name, shape, seed, layer, damped, i):
    part, x = name.split(".")[-1], s(name, seed, i)
    if layer == "input":
        return f32(x)
    if layer == "conv":
        x = x * sqrt(6 / prod(shape[1:])) if part == "weight" else x * 0.05
    elif part in ("weight", "running_var"):
        x = 1 + 0.25 * x
    else:
        x = 0.1 * x
    return f32(0.25 * x if damped and part == "weight" else x)


def test_known_answers():
    assert [seeded.fnv1a(name) for name in ("", "a", "foobar")] == [0xCBF29CE484222325, 0xAF63DC4C8601EC8C, 0x85944171F73967E8]
    assert hash_of("foobar") == 0x85944171F73967E8
    assert [int(v) for v in seeded.stream("", 0xCBF29CE484222325, 0, 3)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


@pytest.mark.parametrize("name, seed", seeded.STREAMS)
def test_streams(name, seed):
    far = seeded.CHUNK + 3
    assert [int(v) for v in seeded.stream(name, seed, 0, 50)] == [value(name, seed, i) for i in range(50)]
    assert [int(v) for v in seeded.stream(name, seed, far, far + 2)] == [value(name, seed, i) for i in (far, far + 1)]
    assert seeded.signed(name, seed, 0, 50).tolist() == [s(name, seed, i) for i in range(50)]
    assert seeded.unit(name, seed, 0, 50).tolist() == [float(Fraction(value(name, seed, i) >> 40, 2**24)) for i in range(50)]


@pytest.mark.parametrize("case", seeded.TENSORS, ids=lambda case: case[0])
def test_tensors(case):
    name, shape, seed, layer, damped = case
    found = seeded.tensor(*case)
    assert found.dtype == np.float32 and list(found.shape) == shape
    flat = found.ravel()
    indices = sorted({0, 1, 2, flat.size // 2, flat.size - 1, *(i for i in (seeded.CHUNK - 1, seeded.CHUNK) if i < flat.size)})
    assert [float(flat[i]) for i in indices] == [rule(name, shape, seed, layer, damped, i) for i in indices]


def test_damping_is_of_weights_only():
    for layer, part in (("conv", "bias"), ("norm", "bias"), ("norm", "running_mean"), ("norm", "running_var")):
        case = (f"x.{part}", [8], 1, layer)
        assert (seeded.tensor(*case, damped=True) == seeded.tensor(*case)).all()


def test_golden():
    text = Path(__file__).with_name("seeded.json").read_text(encoding="utf-8")
    assert text == seeded.golden()
    for row in json.loads(text)["streams"]:
        assert [int(v, 16) for v in row["values"]] == [value(row["name"], int(row["seed"], 16), i) for i in range(8)]
    for row in json.loads(text)["tensors"]:
        case = [row[key] for key in ("name", "shape", "seed", "layer", "damped")]
        assert [f32(v) for v in row["first"]] == [rule(*case, i) for i in range(8)]
