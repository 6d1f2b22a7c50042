"""A model file, run in PyTorch: the JSON text of its `moue` metadata, its tables, its members and their fusion."""

import json

import numpy as np
import torch
from safetensors import safe_open

import preprocess
from network import Network
from quantise import unpacked


class Model:
    """A model of its JSON text (a dict) and its tensors (numpy arrays by name)."""

    def __init__(self, text, tensors):
        self.text, self.tensors = text, unpacked(tensors)
        weights = {name: value.astype(np.float32) for name, value in self.tensors.items() if value.dtype != np.uint8}
        self.networks = []
        for member in text["members"]:
            network = Network(text["networks"][member["network"]])
            network.load_weights(weights, member["weights"])
            self.networks.append(network.eval().to(memory_format=torch.channels_last))

    @classmethod
    def load(cls, path):
        with safe_open(path, "numpy") as file:
            return cls(json.loads(file.metadata()["moue"]), {name: file.get_tensor(name) for name in file.keys()})

    def represent(self, member, canonicals):
        """A member's normalised pictures [n, h, w, 3] of f32 from canonical crops [n, h, w, 3] of u8."""
        return preprocess.apply(self.text["representations"][member["representation"]], canonicals, self.tensors)

    def inputs(self, index, canonicals):
        """Network inputs [n, crops, 3, h, w] of f32 of member `index`."""
        member = self.text["members"][index]
        size = next(iter(self.text["networks"][member["network"]]["inputs"].values()))[1:]
        oversample = self.text["oversample"]
        views = preprocess.views(canonicals, oversample)
        return np.concatenate([preprocess.crops(self.represent(member, view), size, oversample) for view in views], 1)

    def outputs(self, index, inputs):
        """Logits and probabilities [n, crops, labels] of f32 of member `index`."""
        network = self.networks[index]
        flat = torch.from_numpy(inputs.reshape(-1, *inputs.shape[2:])).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            found = network(flat, [network.logits_name(), *network.description["outputs"]])
        return [t.float().numpy().reshape(*inputs.shape[:2], -1) for t in found]

    def member_probabilities(self, canonicals):
        """Probabilities [members, n, labels] of f32, averaged over crops."""
        parts = []
        for start in range(0, len(canonicals), 256):
            batch = canonicals[start : start + 256]
            parts.append(np.stack([self.outputs(i, self.inputs(i, batch))[1].mean(1) for i in range(len(self.networks))]))
        return np.concatenate(parts, 1)

    def fuse(self, probabilities):
        """Fused probabilities [n, labels] from those of the members [members, n, labels]: their weighted mean, calibrated; of a taught model logits are fused."""
        mean = np.tensordot(np.array(self.text["fusion"]["weights"], np.float32), probabilities, 1)
        if self.text["fusion"]["rule"] == "mean_logits":
            power = np.exp((mean - mean.max(1, keepdims=True)) / self.text["fusion"].get("temperature", 1.0))
            return (power / power.sum(1, keepdims=True)).astype(np.float32)
        power = (mean / mean.max(1, keepdims=True)) ** (1 / self.text["fusion"].get("temperature", 1.0))
        return (power / power.sum(1, keepdims=True)).astype(np.float32)
