"""Weights in eight bits: how far they are from those they were made of, and what is refused. Without PyTorch."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

import quantise

GOLDEN = Path(__file__).resolve().parents[2] / "tests/goldens/eight_bits.safetensors"


@pytest.fixture(scope="module")
def golden():
    with safe_open(GOLDEN, "numpy") as file:
        return json.loads(file.metadata()["moue"]), {name: file.get_tensor(name) for name in file.keys()}


def test_a_weight_is_within_half_a_scale():
    weight = np.random.default_rng(1).normal(size=(7, 5, 3, 3)).astype(np.float32)
    weight[2] = 0
    weight[4, 0] *= 1000
    values, scales = quantise.rows(weight)
    assert values.dtype == np.int8 and scales.dtype == np.float32 and scales.shape == (7,)
    assert (np.abs(values.reshape(7, -1)).max(1) == [127, 127, 0, 127, 127, 127, 127]).all()
    apart = np.abs(weight.astype(np.float64) - values.astype(np.float64) * scales.reshape(-1, 1, 1, 1).astype(np.float64))
    assert (apart <= scales.reshape(-1, 1, 1, 1) / 2 * (1 + 1e-5)).all()


def test_convolutions_and_dense_layers_alone_are_in_eight_bits(golden):
    text, tensors = golden
    floats = {name: value for name, value in tensors.items() if name.startswith("floats/")}
    found = quantise.quantised(text, floats)
    integers = {name for name, value in found.items() if value.dtype == np.int8}
    assert integers == {f"floats/{name}.weight" for name in ("conv1", "grouped", "local", "fc")}
    assert set(found) == set(floats) | {name + quantise.SCALE for name in integers}
    assert all(found[name] is floats[name] for name in set(floats) - integers)
    again = quantise.quantised(text, found)
    assert set(again) == set(found) and all(again[name] is found[name] for name in found)


def test_what_is_read_is_the_product(golden):
    _, tensors = golden
    found = quantise.unpacked(tensors)
    assert set(found) == {name for name in tensors if not name.endswith(quantise.SCALE)}
    name = "eight_bits/fc.weight"
    assert found[name].dtype == np.float32
    assert (found[name][3] == tensors[name][3] * tensors[name + quantise.SCALE][3]).all()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tensors, name: tensors.pop(name + quantise.SCALE),
        lambda tensors, name: tensors.update({name + quantise.SCALE: np.ones(3, np.float32)}),
        lambda tensors, name: tensors.update({name + quantise.SCALE: np.ones(4, np.float64)}),
        lambda tensors, name: tensors.update({name + quantise.SCALE: np.array([1, 1, -1, 1], np.float32)}),
        lambda tensors, name: tensors.update({name + quantise.SCALE: np.array([1, 1, np.nan, 1], np.float32)}),
        lambda tensors, name: tensors.update({name + quantise.SCALE: np.array([1, 1, 3e36, 1], np.float32)}),
        lambda tensors, name: tensors.update({name: np.full((4, 128), -128, np.int8)}),
    ],
    ids=["no scales", "too few", "f64", "negative", "NaN", "too large", "-128"],
)
def test_impossible_scales_and_values_are_refused_by_name(golden, spoil):
    tensors = dict(golden[1])
    spoil(tensors, "eight_bits/fc.weight")
    with pytest.raises(ValueError, match="eight_bits/fc.weight"):
        quantise.unpacked(tensors)
