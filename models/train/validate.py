"""How checkpoints of train.py meet the votes of the validation split: `python validate.py FOLDER/gray.pt FOLDER/gray_wide.pt [--weights 0.5,0.5]`.

Every face and its mirror image, running means of the weights; each checkpoint alone, then their weighted mean. For choices: PublicTest is read by `moue evaluate`.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import data
import preprocess
import votes
from network import Network
from train import DESCRIPTION


def probabilities(model, checkpoint, faces):
    """A member's probabilities [n, labels] of gray faces [n, h, w], the mean of each face's and its mirror image's."""
    member = next(m for m in model["members"] if m["name"] == checkpoint["member"])
    description = model["networks"][member["network"]]
    network = Network(description).to(memory_format=torch.channels_last)
    network.load_state_dict(checkpoint["average"])
    network.eval()
    steps, size = model["representations"][member["representation"]], next(iter(description["inputs"].values()))[1:]
    tables = {name: table.numpy() for name, table in checkpoint["tables"].items()}
    found = []
    for start in range(0, len(faces), 256):
        views = preprocess.views(data.rgb(faces[start : start + 256]), "mirrored")
        crops = np.concatenate([preprocess.crops(preprocess.apply(steps, view, tables), size)[:, 0] for view in views])
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            (logits,) = network(torch.from_numpy(crops).contiguous(memory_format=torch.channels_last), [network.logits_name()])
        answers = torch.softmax(logits.float(), 1).numpy()
        found.append(answers.reshape(2, -1, answers.shape[1]).mean(0))
    return np.concatenate(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="+", type=Path)
    parser.add_argument("--weights", help="one a checkpoint, with commas [default: equal]")
    parser.add_argument("--learned", type=int, metavar="N", help="N faces that were learned from, in place of those held out: how much better are they known?")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = json.loads(DESCRIPTION.read_text())
    training = votes.Training()
    chosen = training.validation
    if options.learned is not None:
        if not 0 < options.learned <= len(training.train):
            raise SystemExit(f"--learned {options.learned}: there are {len(training.train)} faces that were learned from; give 1 to that")
        chosen = np.random.default_rng(1).permutation(training.train)[: options.learned]
    faces, truth = training.faces[chosen], training.votes.of(chosen)
    every = []
    for path in options.checkpoints:
        every.append(probabilities(model, torch.load(path, weights_only=True), faces))
        print(path.stem, {name: round(value, 4) for name, value in votes.figures(every[-1], truth).items()}, flush=True)
    weights = [float(word) for word in options.weights.split(",")] if options.weights else [1.0] * len(every)
    if len(weights) != len(every):
        raise SystemExit(f"--weights has {len(weights)} numbers for {len(every)} checkpoints: give one each")
    mean = np.tensordot(np.array(weights, np.float32) / sum(weights), np.stack(every), 1)
    print("mean", {name: round(value, 4) for name, value in votes.figures(mean, truth).items()})


if __name__ == "__main__":
    main()
