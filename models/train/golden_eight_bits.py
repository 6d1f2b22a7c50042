"""A small model file with its weights twice: a member in floats, and one in eight bits of the same weights; an input, and PyTorch's answers of both."""

import json

import numpy as np
import torch

from model import Model
from quantise import SCALE, quantised

NETWORK = {
    "inputs": {"data": [3, 8, 8]},
    "outputs": ["prob"],
    "ops": [
        {"op": "conv", "name": "conv1", "in": ["data"], "out": ["conv1"], "channels": 6, "kernel": [3, 3], "pad": [1, 1, 1, 1], "bias": False},
        {"op": "batch_norm", "name": "bn1", "in": ["conv1"], "out": ["bn1"]},
        {"op": "relu", "in": ["bn1"], "out": ["relu1"]},
        {"op": "conv", "name": "depthwise", "in": ["relu1"], "out": ["depthwise"], "channels": 6, "kernel": [3, 3], "groups": 6},
        {"op": "conv", "name": "grouped", "in": ["depthwise"], "out": ["grouped"], "channels": 8, "kernel": [3, 3], "groups": 2},
        {"op": "relu", "in": ["grouped"], "out": ["relu2"]},
        {"op": "local_conv", "name": "local", "in": ["relu2"], "out": ["local"], "channels": 32, "kernel": [4, 1], "bias": False},
        {"op": "flatten", "in": ["local"], "out": ["flat"]},
        {"op": "dense", "name": "fc", "in": ["flat"], "out": ["logits"], "channels": 4},
        {"op": "softmax", "in": ["logits"], "out": ["prob"]},
    ],
}
SHAPES = {
    "conv1.weight": [6, 3, 3, 3], "bn1.weight": [6], "bn1.bias": [6], "bn1.running_mean": [6], "bn1.running_var": [6],
    "depthwise.weight": [6, 1, 3, 3], "depthwise.bias": [6], "grouped.weight": [8, 3, 3, 3], "grouped.bias": [8], "local.weight": [32, 1, 4, 8, 4, 1],
    "fc.weight": [4, 128], "fc.bias": [4],
}


def text(members):
    return {
        "moue": 1, "name": "eight_bits", "labels": ["a", "b", "c", "d"],
        "licence": "MIT OR Apache-2.0", "source": "models/train/golden_eight_bits.py", "card": "none",
        "canonical": {"size": [8, 8], "margin": 0.0, "colour": "rgb"},
        "representations": {"rgb": [{"normalise": {"mean": [128.0] * 3, "scale": [0.01] * 3}}]},
        "networks": {"small": NETWORK},
        "members": [{"name": name, "representation": "rgb", "network": "small", "weights": f"{name}/"} for name in members],
        "fusion": {"rule": "weighted_mean", "weights": [1 / len(members)] * len(members), "temperature": 1.0},
        "oversample": "none",
    }


def make(_):
    """The tensors of eight_bits.safetensors and its index, with the text of the model file that it is."""
    random = np.random.default_rng(8)
    floats = {f"floats/{name}": random.uniform(-1, 1, shape).astype(np.float32) for name, shape in SHAPES.items()}
    floats["floats/bn1.running_var"] = np.abs(floats["floats/bn1.running_var"]) + np.float32(0.1)
    for name in ("grouped", "local", "fc"):
        floats[f"floats/{name}.weight"] = (0.1 * floats[f"floats/{name}.weight"]).astype(np.float16)
    # Channels of zeros, of numbers below the normal ones, and of one large number among small ones.
    floats["floats/conv1.weight"][1] = 0
    floats["floats/conv1.weight"][2] *= np.float32(1e-40)
    floats["floats/conv1.weight"][3, 0, 0, 0] = 9
    eight_bits = {name.replace("floats/", "eight_bits/"): value for name, value in quantised(text(["floats"]), floats).items()}
    description, tensors = text(["floats", "eight_bits"]), {**floats, **eight_bits}
    assert sum(name.endswith(SCALE) for name in tensors) == 4
    data = random.uniform(-1, 1, (3, 3, 8, 8)).astype(np.float32)
    model, cases = Model(description, tensors), []
    for member, network in zip(description["members"], model.networks):
        with torch.no_grad():
            (found,) = network(torch.from_numpy(data), ["prob"])
        tensors[f"answers/{member['name']}"] = found.numpy()
        cases.append({"name": member["name"], "input": "answers/input", "expected": f"answers/{member['name']}"})
    tensors["answers/input"] = data
    return tensors, {"file": "eight_bits.safetensors", "metadata": {"moue": json.dumps(description)}, "cases": cases}
