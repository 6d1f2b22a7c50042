"""Run networks with seed 1 on one picture, and write what every stage holds: `python make.py NAME...`, without names all.

goldens.safetensors has two f32 tensors a network: NAME/maxima, the largest absolute value of each stage, and NAME/values, the kept
values of all stages one after the other, in the order of the stages in networks.json. A stage of at most 64 numbers is kept whole;
of a longer one the 32 numbers at the flat indices floor((j + 0.5) * size / 32), j = 0 .. 31. Entries of other networks stay.
"""

import importlib
import json
import sys
from math import prod
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).parent
SEED, WHOLE, KEPT = 1, 64, 32
FAMILIES = {
    "alexnet": ["alexnet", "caffenet", "an_finetune", "one_vs_all"],
    "flow": ["flow"],
    "vgg_s_m": ["vgg_s", "vgg_s_emotiw", "vgg_m_2048", "vgg_m_4096"],
    "googlenet": ["googlenet"],
    "vgg16": ["vgg16"],
    "resnet": ["resnet101_caffe", "resnet101", "resnet18"],
    "preact": ["preactresnet18", "preactresnet18_embedding"],
    "cvgg13": ["cvgg13", "cvgg13_embedding"],
    "fmpnet": ["fmpnet"],
}
MODULES = {name: module for module, names in FAMILIES.items() for name in names}


def positions(size):
    """The flat indices kept of a tensor of `size` numbers."""
    return np.arange(size) if size <= WHOLE else (2 * np.arange(KEPT) + 1) * size // (2 * KEPT)


def check(name, found):
    """The maxima of the stages, after making sure that f16 could hold all and that none vanishes."""
    for stage, value in found.items():
        assert np.isfinite(value).all(), (name, stage)
    maxima = np.array([np.abs(value).max() for value in found.values()], np.float32)
    assert maxima.max() < 1000 and maxima.min() > 0.01, (name, maxima)
    return maxima


def entry(network):
    total, running = network.parameters()
    return {
        "input": network.input_shape, "classes": network.classes, "parameters": total, "running": running, **network.extra(),
        "stages": [[name, shape] for name, shape in network.stages],
    }


def write(entries):
    """networks.json, a line a stage."""
    blocks = []
    for name in (name for name in MODULES if name in entries):
        head = {key: value for key, value in entries[name].items() if key != "stages"}
        lines = ",\n".join(f"    {json.dumps(stage)}" for stage in entries[name]["stages"])
        blocks.append(f'  "{name}": {json.dumps(head)[:-1]}, "stages": [\n{lines}\n  ]}}')
    (HERE / "networks.json").write_text("{\n" + ",\n".join(blocks) + "\n}\n")


def main(names):
    file = HERE / "goldens.safetensors"
    tensors = load_file(file) if file.exists() else {}
    entries = json.loads((HERE / "networks.json").read_text()) if (HERE / "networks.json").exists() else {}
    for name in names:
        network = importlib.import_module(MODULES[name]).NETWORKS[name](SEED)
        found = network.run()
        maxima = check(name, found)
        entries[name] = entry(network)
        tensors[f"{name}/maxima"] = maxima
        tensors[f"{name}/values"] = np.concatenate([value.ravel()[positions(value.size)] for value in found.values()])
        assert [prod(shape) for _, shape in network.stages] == [value.size for value in found.values()]
        low, high = (list(found)[i] for i in (maxima.argmin(), maxima.argmax()))
        counted = f"{len(found)} stages, {entries[name]['parameters']} parameters"
        print(f"{name}: {counted}, maxima {maxima.min():.3g} ({low}) to {maxima.max():.4g} ({high})", flush=True)
        save_file(dict(sorted(tensors.items())), file)
        write(entries)


if __name__ == "__main__":
    main(sys.argv[1:] or list(MODULES))
