"""FMPNet in PyTorch: convolutions and fractional max pooling with given samples, on one gray channel.

The sample of pooling p is the stream "fmp{p}.sample" as u in [0, 1), two values, the same for all pictures and channels. PyTorch
(ATen/native/FractionalMaxPooling.h and FractionalMaxPool2d.cpp) takes value 0 for the columns (width), value 1 for the rows.
"""

from math import prod

import numpy as np
import torch

import seeded

KERNEL, RATIO = 3, 0.5
CONVS = [
    [("1", 64, 5)],
    [("2_1", 64, 3), ("2_2", 64, 3)],
    [("3_1", 128, 3), ("3_2", 128, 3)],
]


def starts(sample, size, out, kernel=KERNEL):
    """The window starts of one axis, as PyTorch computes them: all in float32, each operation rounded; casts truncate.

    alpha = (size - kernel) / (out - 1); start i = int((i + sample) * alpha) - int(sample * alpha); the last is size - kernel.
    """
    sample = np.float32(sample)
    alpha = np.float32(size - kernel) / np.float32(out - 1)
    return [int((np.float32(i) + sample) * alpha) - int(sample * alpha) for i in range(out - 1)] + [size - kernel]


class FmpNet:
    input_shape, classes = [1, 1, 48, 48], None

    def __init__(self, seed):
        self.seed, self.weights, self.stages, self.poolings = seed, [], [], []

    def weight(self, name, shape):
        self.weights.append((name, shape))
        return torch.from_numpy(seeded.tensor(name, shape, self.seed, "conv"))

    def layer(self, name, x, count, kernel=None):
        """A convolution that keeps the size, or without a kernel a dense layer."""
        shape = [count, x.shape[1], kernel, kernel] if kernel else [count, x.shape[1]]
        weight, bias = self.weight(f"{name}.weight", shape), self.weight(f"{name}.bias", [count])
        return torch.nn.functional.conv2d(x, weight, bias, padding=kernel // 2) if kernel else torch.nn.functional.linear(x, weight, bias)

    def fractional(self, name, x):
        sample = seeded.unit(f"{name}.sample", self.seed, 0, 2)
        given = torch.from_numpy(sample.astype(np.float32)).expand(*x.shape[:2], 2).contiguous()
        y = torch.nn.FractionalMaxPool2d(KERNEL, output_ratio=RATIO, _random_samples=given)(x)
        columns, rows = (starts(u, size, out) for u, size, out in zip(sample, x.shape[:1:-1], y.shape[:1:-1]))
        self.poolings.append({"name": name, "sample": sample.tolist(), "columns": columns, "rows": rows})
        return y

    @torch.no_grad()
    def run(self):
        torch.set_num_threads(1)
        torch.backends.mkldnn.enabled = False
        self.weights, self.poolings, values = [], [], {}
        x = torch.from_numpy(seeded.picture(self.input_shape, self.seed))
        for p, convs in enumerate(CONVS, 1):
            for name, channels, kernel in convs:
                x = values[f"conv{name}"] = self.layer(f"conv{name}", x, channels, kernel)
                x = values[f"relu{name}"] = torch.relu(x)
            x = values[f"fmp{p}"] = self.fractional(f"fmp{p}", x)
        x = x.flatten(1)
        for i in (4, 5):
            x = values[f"fc{i}"] = self.layer(f"fc{i}", x, 1024)
            x = values[f"relu{i}"] = torch.relu(x)
        values["embedding"] = self.layer("embedding", x, 64)
        self.stages = [(name, list(value.shape)) for name, value in values.items()]
        return {name: value.numpy() for name, value in values.items()}

    def parameters(self):
        return sum(prod(shape) for _, shape in self.weights), 0

    def extra(self):
        return {"fractional": self.poolings}


NETWORKS = {"fmpnet": FmpNet}
