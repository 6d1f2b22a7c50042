"""Write torchvision.json: logits of torchvision's networks with seeded weights by their names, on a seeded image. Weights of two and more dimensions
are uniform within sqrt(6 / fan-in); weights and variances of batch-norms within 0.25 of 1; all else within 0.1 of 0 (../zoo/seeded.py)."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "zoo"))
from seeded import signed  # noqa: E402

SEED = 7
CLASSES = 7


def weight(name, shape):
    values = signed(name, SEED, 0, int(np.prod(shape)))
    if len(shape) > 1:
        return values * np.sqrt(6 / np.prod(shape[1:]))
    return 1 + 0.25 * values if name.endswith((".weight", ".running_var")) else 0.1 * values


def main():
    torch.set_num_threads(1)
    image = signed("input", SEED, 0, 3 * 224 * 224).astype(np.float32).reshape(1, 3, 224, 224)
    found = {}
    for name in ["alexnet", "vgg16", "resnet18", "resnet101", "googlenet"]:
        options = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
        network = getattr(torchvision.models, name)(weights=None, num_classes=CLASSES, **options).eval()
        state = network.state_dict()
        for key, value in state.items():
            if value.dim():
                value.copy_(torch.from_numpy(weight(key, tuple(value.shape)).astype(np.float32).reshape(value.shape)))
        with torch.no_grad():
            found[name] = {"logits": network(torch.from_numpy(image))[0].tolist(), "tensors": {k: list(v.shape) for k, v in state.items() if v.dim()}}
    (HERE / "torchvision.json").write_text("{\n" + ",\n".join(f'  "{k}": {json.dumps(v)}' for k, v in found.items()) + "\n}\n")


if __name__ == "__main__":
    main()
