"""Train 64-d embeddings of faces by their expression: `python embed.py sgm --network wide --begin ../train/members/gray_wide_2.safetensors:gray_wide_2 --epochs 6 --out runs/sgm.pt`.

Faces and votes are those of models/train: FER2013's training images, the class most of ten people gave; batches have as many of each class. After each epoch, classes by 11
neighbours: the gallery is the training part, the queries are the validation part that keeps look-alikes together. Checkpoints are resumed by the same command.

sgm, sgm_half: structured Gaussian manifold loss with sigma 1 and 0.5; triplet; softmax: a dense layer of eight behind the embedding, cross-entropy.

`--network` is one of the default model's networks, or a file that moue wrote of the paper's, which then begins with that file's weights: `moue zoo fmpnet --embedding 64 -o fmpnet.safetensors`.
It sees faces at its own size. `--device cuda` where there is one.
"""

import argparse
import copy
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "train"))
import data  # noqa: E402
import losses  # noqa: E402
import measure  # noqa: E402
import preprocess  # noqa: E402
import votes  # noqa: E402
from augment import Scene, View  # noqa: E402
from network import Network  # noqa: E402
from quantise import unpacked  # noqa: E402
from train import Average  # noqa: E402

DEFAULT = json.loads((HERE.parent / "train" / "default.json").read_text())
SIZE, EACH, POOR = 64, 16, 0.15
CLASSES = len(DEFAULT["labels"])
NEIGHBOURS = 11


def description(name):
    """A network of the default model, up to its features, and a dense layer of 64."""
    text = copy.deepcopy(DEFAULT["networks"][name])
    text["ops"] = [op for op in text["ops"] if op["op"] not in ("softmax", "dropout") and op.get("name") != "fc"]
    text["ops"].append({"op": "dense", "name": "embedding", "in": ["features"], "out": ["embedding"], "channels": SIZE})
    text["outputs"] = ["embedding"]
    return text


class Subject:
    """A network up to its embedding, and the representation it reads: `name` is one of the default model's, or a file of `moue zoo NAME --embedding 64`, whose weights it begins with."""

    def __init__(self, name):
        self.drawn = None
        if name in DEFAULT["networks"]:
            self.name, self.text, self.steps = name, description(name), DEFAULT["representations"]["gray"]
            return
        if not Path(name).is_file():
            raise SystemExit(f"there is no network `{name}`: give one of {', '.join(DEFAULT['networks'])}, or a file of `moue zoo NAME --embedding {SIZE} -o FILE`")
        with safe_open(name, "numpy") as file:
            model = json.loads(file.metadata()["moue"])
            self.drawn = {key: torch.from_numpy(file.get_tensor(key).astype(np.float32)) for key in file.keys()}
        if len(model["members"]) != 1:
            raise SystemExit(f"{name} has {len(model['members'])} members: give a file of one network, as `moue zoo NAME --embedding {SIZE}` writes it")
        (member,) = model["members"]
        self.name, self.text = member["network"], model["networks"][member["network"]]
        if self.text["outputs"] != ["embedding"]:
            raise SystemExit(f"{name} answers classes: make it with `moue zoo {self.name} --embedding {SIZE}`")
        normalise = next(step["normalise"] for step in model["representations"][member["representation"]] if "normalise" in step)
        self.steps = [{"gray": "matlab"}, {"lookup": "tables/gray"}, {"resize": self.window}, {"normalise": normalise}]

    @property
    def window(self):
        return next(iter(self.text["inputs"].values()))[1:]

    def network(self):
        network = Network(self.text)
        if self.drawn:
            network.load_weights(self.drawn)
        return network.to(memory_format=torch.channels_last)


def begun(network, source):
    """Takes the weights of a member, FILE:MEMBER, but those of its classifier."""
    path, _, member = source.rpartition(":")
    with safe_open(path, "numpy") as file:
        tensors = unpacked({key: file.get_tensor(key) for key in file.keys() if key.startswith(f"{member}/")})
    if not tensors:
        raise SystemExit(f"{path} has no member `{member}`: give FILE:MEMBER")
    for name, value in network.named_weights().items():
        if not name.startswith("embedding."):
            value.copy_(torch.from_numpy(tensors[f"{member}/{name}"].astype(np.float32)))


def features(text, source, faces, window, steps, tensors):
    """Features [n, c] of gray faces by the member `source`, whose network `text` describes up to its embedding."""
    text = copy.deepcopy(text)
    text["ops"], text["outputs"] = text["ops"][:-1], ["features"]
    network = Network(text).to(memory_format=torch.channels_last)
    begun(network, source)
    return embedded(network, faces, window, steps, tensors)


def principal(found, own):
    """The mean of features, and their 64 main directions [64, c], as long as the manifold loss likes best: what an embedding begins with."""
    mean = found.mean(0)
    axes = np.linalg.svd(np.cov((found - mean).T))[2][:SIZE]
    x = torch.from_numpy((found - mean) @ axes.T).float()
    batch = own.batch(torch.Generator().manual_seed(0))
    scales = [2.0 ** (i / 2) for i in range(-12, 9)]
    return mean, axes * min(scales, key=lambda scale: losses.sgm(scale * x[batch], own.classes[batch], CLASSES).item())


def set_embedding(network, mean, axes):
    layer = network.named_weights()
    layer["embedding.weight"].copy_(torch.from_numpy(axes).reshape(layer["embedding.weight"].shape))
    layer["embedding.bias"].copy_(torch.from_numpy(-axes @ mean))


class Faces:
    """FER2013's training images: what is learned from and what is chosen by, with the class that most people gave."""

    def __init__(self):
        own = votes.Training()
        self.faces = torch.from_numpy(own.faces[own.train])
        self.classes = torch.from_numpy(own.votes.of(own.train).targets().argmax(1))
        self.held, self.held_votes = own.faces[own.validation], own.votes.of(own.validation)
        self.of = [torch.nonzero(self.classes == c)[:, 0] for c in range(CLASSES)]

    def batch(self, generator, each=EACH):
        """Indices, `each` of each class; a small class has some more than once."""
        return torch.cat([part[torch.randint(len(part), (each,), generator=generator)] for part in self.of])


def embedded(network, faces, window, steps, tensors):
    """What a network answers [n, 64] of gray faces [n, 48, 48] by the exact rules: the mean of a face's and its mirror image's."""
    network.eval()
    channels = next(iter(network.description["inputs"].values()))[0]
    device = next(network.parameters()).device
    found = []
    for start in range(0, len(faces), 256):
        views = preprocess.views(data.rgb(faces[start : start + 256]), "mirrored")
        crops = np.concatenate([preprocess.crops(preprocess.apply(steps, view, tensors), window)[:, 0] for view in views])
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
            (x,) = network(torch.from_numpy(crops[:, :channels]).to(device, memory_format=torch.channels_last))
        x = x.float().cpu().flatten(1)
        found.append(x.reshape(2, -1, x.shape[1]).mean(0).numpy())
    return np.concatenate(found)


def figures(network, own, window, steps, tensors):
    """Figures of a network's embeddings, by both distances."""
    return both(embedded(network, own.faces.numpy(), window, steps, tensors), embedded(network, own.held, window, steps, tensors), own)


def both(gallery, queries, own):
    """Figures by L2, and by cosine under names that begin with `cos_`."""
    found = {}
    for kind in ("", "cos_"):
        if kind:
            gallery, queries = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (gallery, queries))
        found |= {kind + name: value for name, value in told(gallery, queries, own).items()}
    return found


def told(gallery, queries, own):
    """Accuracy and mean F1 by 11 neighbours on sets A and B of validation; Recall@1 and Acc@10 within B."""
    answer = measure.voted(own.classes.numpy()[measure.neighbours(queries, gallery, NEIGHBOURS)], CLASSES)
    found = {}
    for name, truth in (("a", own.held_votes.set_a()), ("b", own.held_votes.set_b())):
        inside = truth >= 0
        found[name], found[f"f1_{name}"] = measure.accuracy_and_f1(answer[inside], truth[inside])
    among = measure.retrieval(queries[inside], truth[inside], [1, 10])
    return {**found, "recall_1": among[1][0], "acc_10": among[10][1]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loss", choices=["sgm", "sgm_half", "triplet", "softmax"])
    parser.add_argument("--network", default="wide", help="`wide`, `compact`, or a file of `moue zoo` [default: %(default)s]")
    parser.add_argument("--begin", help="FILE:MEMBER, a member to begin with; without, random weights")
    parser.add_argument("--epochs", type=int, required=True, help="of as many faces as there are, drawn by classes")
    parser.add_argument("--peak", type=float, default=1e-3, help="Adam's rate at its highest [default: %(default)s]")
    parser.add_argument("--each", type=int, default=EACH, help="faces of each class in a batch [default: %(default)s]")
    parser.add_argument("--look", type=int, default=1, help="epochs between figures on validation, which cost as long as half an epoch; the last always has them [default: %(default)s]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    subject = Subject(options.network)
    own, steps, text, window = Faces(), subject.steps, subject.text, subject.window
    tensors = {"tables/gray": preprocess.identity_table()}
    view = View(steps, tensors, DEFAULT["canonical"]["size"], window)
    network = subject.network().to(options.device)
    channels = next(iter(text["inputs"].values()))[0]
    if options.begin:
        begun(network, options.begin)
        set_embedding(network, *principal(features(text, options.begin, own.faces.numpy(), window, steps, tensors), own))
    head = (nn.Linear(SIZE, CLASSES) if options.loss == "softmax" else nn.Identity()).to(options.device)
    average = Average(network)
    parameters = [*network.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=options.peak, weight_decay=5e-4)
    batches = len(own.faces) // (options.each * CLASSES)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.peak, total_steps=batches * options.epochs + 1, pct_start=0.1)
    done = 0
    if options.out.exists():
        state = torch.load(options.out, weights_only=True, map_location=options.device)
        network.load_state_dict(state["network"])
        head.load_state_dict(state["head"])
        average.network.load_state_dict(state["average"])
        average.steps, done = state["averaged"], state["epoch"]
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for epoch in range(done, options.epochs):
        generator = torch.Generator().manual_seed(1000 * options.seed + epoch)
        torch.manual_seed(1000 * options.seed + epoch)
        network.train()
        started, total = time.monotonic(), 0.0
        for _ in range(batches):
            at = own.batch(generator, options.each)
            classes = own.classes[at].to(options.device)
            pictures = view.pictures(Scene(own.faces[at], generator, POOR))[:, :channels]
            with torch.autocast(options.device, torch.bfloat16):
                (x,) = network(pictures.to(options.device, memory_format=torch.channels_last))
            x = x.float()
            if options.loss == "softmax":
                loss = F.cross_entropy(head(x), classes)
            elif options.loss == "triplet":
                loss = losses.triplet(x, classes, generator)
            else:
                loss = losses.sgm(x, classes, CLASSES, 0.5 if options.loss == "sgm_half" else 1.0)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update(network)
            total += loss.item()
        looks = (epoch + 1) % options.look == 0 or epoch + 1 == options.epochs
        found = {name: round(value, 4) for name, value in figures(average.network, own, window, steps, tensors).items()} if looks else {}
        line = {"loss": options.loss, "epoch": epoch + 1, "value": round(total / batches, 4), **found, "seconds": round(time.monotonic() - started)}
        state = {"network": network.state_dict(), "head": head.state_dict(), "average": average.network.state_dict(), "averaged": average.steps, "epoch": epoch + 1}
        torch.save(state | {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}, options.out.with_suffix(".part"))
        options.out.with_suffix(".part").replace(options.out)
        with open(options.out.with_suffix(".jsonl"), "a") as log:
            log.write(json.dumps(line) + "\n")
        print(line, flush=True)


if __name__ == "__main__":
    main()
