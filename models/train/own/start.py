"""The network that is fine-tuned: of moue's zoo with random weights, or of torchvision's; its last layer is drawn anew, all but its ends are frozen."""

import json
import tempfile
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn

from network import Network
from own.program import moue

HEAD_DEVIATION = 0.01
# What torchvision's weights were trained to see, red first: deviations of ImageNet's values, in parts of 255.
IMAGENET = (0.229, 0.224, 0.225)


def load(program, arch, weights, seed):
    """The start of a fine-tuning: the zoo's `arch` with random weights of `seed`, or the file `weights`, which must be of that architecture."""
    if weights is not None and weights.suffix != ".safetensors":
        raise SystemExit(f"{weights} is no .safetensors: save the state dict with `safetensors.torch.save_file(model.state_dict(), FILE)`")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "start.safetensors"
        if weights is None:
            moue(program, "zoo", arch, "--seed", str(seed), "-o", path)
        else:
            moue(program, "import", weights, "-o", path)
        with safe_open(path, "pt") as file:
            text = json.loads(file.metadata()["moue"])
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}
    if weights is not None and text["name"] != arch:
        raise SystemExit(f"{weights} has the weights of {text['name']}, not of {arch}: give --arch {text['name']}, or the weights of {arch}")
    return Start(arch, weights, seed, text, tensors)


class Start:
    """A network's description without its last layer's size, its weights, and the scale of the values that it reads."""

    def __init__(self, arch, weights, seed, text, tensors):
        self.arch, self.weights, self.seed = arch, weights, seed
        member = text["members"][0]
        self.description = text["networks"][member["network"]]
        self.tensors = {name.removeprefix(member["weights"]): value for name, value in tensors.items()}
        self.scale = [1 / 127.5] * 3 if weights is None else [1 / (255 * deviation) for deviation in IMAGENET]
        self.cut_head(len(text["members"]))

    def cut_head(self, members):
        """Leaves out what follows the last dense layer: a softmax, which `network` puts there again."""
        ops, inputs = self.description["ops"], list(self.description["inputs"].values())
        dense = [at for at, op in enumerate(ops) if op["op"] == "dense"]
        tail = [op["op"] for op in ops[dense[-1] + 1 :]] if dense else None
        convolutions = any(op["op"] == "conv" for op in ops)
        if members != 1 or len(inputs) != 1 or inputs[0][0] != 3 or len(inputs[0]) != 3 or tail not in ([], ["softmax"]) or not convolutions:
            known = "alexnet, caffenet, vgg_s, vgg_m_2048, vgg_m_4096, googlenet, vgg16, resnet18, resnet101 or resnet101_caffe"
            raise SystemExit(f"{self.arch} reads no three channels or does not end in classes: give --arch {known}")
        self.description["ops"] = ops[: dense[-1] + 1]

    @property
    def size(self):
        """Height and width of the input."""
        return next(iter(self.description["inputs"].values()))[1:]

    def digest(self):
        """What tells whether the weights are the same."""
        found = sha256()
        for name in sorted(self.tensors):
            found.update(name.encode())
            found.update(self.tensors[name].contiguous().numpy())
        return found.hexdigest()

    def told(self):
        """Where the weights come from, for the card."""
        if self.weights is None:
            return f"{self.arch} of moue's zoo with random weights of seed {self.seed}: no pretrained weights"
        return f"{self.arch} with the weights of {self.weights.name}"

    def network(self, classes):
        """The network of so many classes: weights as they came, the last dense layer drawn anew, all but the last convolution and the dense layers frozen."""
        ops = [dict(op) for op in self.description["ops"]]
        ops[-1]["channels"] = classes
        ops.append({"op": "softmax", "in": ops[-1]["out"], "out": ["prob"]})
        network = Network({**self.description, "outputs": ["prob"], "ops": ops})
        head = ops[-2]["name"]
        generator = torch.Generator().manual_seed(self.seed)
        with torch.no_grad():
            for name, value in network.named_weights().items():
                if name == f"{head}.weight":
                    value.normal_(0, HEAD_DEVIATION, generator=generator)
                elif name == f"{head}.bias":
                    value.zero_()
                else:
                    value.copy_(self.tensors[name])
        freeze(network)
        return network.to(memory_format=torch.channels_last)


def freeze(network):
    """Lets the last convolution and the dense layers learn, and nothing else."""
    last = max(at for at, layer in network.layer_of.items() if isinstance(layer, nn.Conv2d))
    for at, layer in network.layer_of.items():
        layer.requires_grad_(at == last or isinstance(layer, nn.Linear))


def learning(network):
    """Names of the layers that learn."""
    return [name for name, layer in zip(network.names, network.layers) if next(layer.parameters()).requires_grad]


def ready(network, training):
    """Dropout as `training` says; frozen batch-norms keep their statistics always."""
    network.train(training)
    for layer in network.layers:
        if isinstance(layer, nn.BatchNorm2d):
            layer.eval()
    return network
