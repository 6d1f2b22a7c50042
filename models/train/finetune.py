"""Fine-tune a network on pictures of one's own: `python finetune.py DIR... --arch alexnet --out FOLDER`.

Each DIR has one folder of pictures a class; classes of the same name are one. moue finds and aligns the faces. A part is kept apart to judge by, the rest is
balanced; the last convolution and the dense layers learn. FOLDER gets model.safetensors, for `moue analyze --model`, and its card, README.md.
Stopped, the same command goes on after the last whole epoch and ends with the same model.
"""

import argparse
import csv
import shlex
import sys
from pathlib import Path

import torch

from model import Model
from own import card, faces, measure, model_file
from own.divide import First, Second
from own.learn import Run
from own.notes import Notes
from own.program import BUILT
from own.start import learning, load

MARGIN = 0.25


def read_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--arch", required=True, help="alexnet, vgg16, resnet18, resnet101 or another of `moue zoo`")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a state dict of torchvision's, .safetensors; without it weights are random")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--second", type=Path, metavar="DIR", help="another collection, never learned from, to measure on")
    parser.add_argument("--whole", type=Path, action="append", default=[], metavar="DIR", help="one of the folders, whose pictures are faces already")
    parser.add_argument("--margin", type=float, default=MARGIN, help="around a face, in parts of its height [default: %(default)s]")
    parser.add_argument("--gray", action="store_true", help="show the network gray pictures")
    parser.add_argument("--test-share", type=float, default=0.2, help="kept apart, of each class [default: %(default)s]")
    parser.add_argument("--per-class", type=int, metavar="N", help="pictures a class and epoch [default: as many as the largest class has]")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=str(BUILT) if BUILT.is_file() else "moue", help="the program `moue` [default: %(default)s]")
    parser.add_argument("--device", default="cpu", help="where PyTorch learns: cpu or cuda")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    for folder in [*options.folders, *options.whole, *([options.second] if options.second else [])]:
        if not folder.is_dir():
            parser.error(f"{folder} is no folder")
    resolved = [folder.resolve() for folder in options.folders]
    second = options.second.resolve() if options.second else None
    if len(set(resolved)) < len(resolved):
        parser.error("a folder is given twice")
    if second in resolved:
        parser.error(f"{options.second} is learned from: the second collection must be another")
    for folder in options.whole:
        if folder.resolve() not in (*resolved, second):
            parser.error(f"--whole {folder}: it is none of the folders given; give it as DIR or --second too")
    if options.weights and not options.weights.is_file():
        parser.error(f"--weights {options.weights} is no file")
    if not (0 < options.test_share < 1 and 0 <= options.margin <= 1 and options.rate > 0):
        parser.error("--test-share lies between 0 and 1, --margin from 0 to 1, --rate above 0")
    if min(options.epochs, options.batch, options.threads, options.per_class or 1) < 1 or options.seed < 0:
        parser.error("--epochs, --batch, --threads and --per-class are at least 1, --seed at least 0")
    if options.device != "cpu" and not torch.cuda.is_available():
        parser.error(f"--device {options.device}: PyTorch sees no such device here; leave the option out to learn on the processor")
    options.whole = {folder.resolve() for folder in options.whole}
    return options


def train(options, start, first, view, run, notes):
    """The network after all epochs, and what each of them was like."""
    network = start.network(len(first.labels)).to(options.device)
    told = {
        "start": start.told(), "weights": start.digest(), "classes": ", ".join(first.labels), "pictures": first.digest, "gray": options.gray,
        "margin": options.margin, "test share": options.test_share, "pictures a class": first.each, "epochs": options.epochs, "batch": options.batch,
        "rate": options.rate, "seed": options.seed,
    }
    learner = Run(network, first, view, options, told, run / "checkpoint.pt")
    learner.all(notes)
    return network, learner.log


def judge(options, path, first, second):
    """Figures of the model file on what it learned from, on what was kept apart and on the second collection."""
    model = Model.load(path)
    judged = {"learned from": (first, first.train), "kept apart": (first, first.test)}
    if second:
        judged[f"second collection, {options.second.resolve().name}"] = (second, second.places)
    found = {}
    for name, (of, places) in judged.items():
        answers = measure.probabilities(model, of.crops.array, places, options.device)
        found[name] = measure.figures(answers, of.indices[places], len(first.labels))
    return found


def write_list(path, head, rows):
    with open(path, "w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        csv.writer(file).writerows([head, *rows])


def write_lists(folder, first, second):
    """parts.csv: which picture was learned from and which kept apart; left_out.csv: which was not used, and why."""
    learned = set(first.train.tolist())
    divided = ["learned from" if at in learned else "kept apart" for at in range(len(first.crops))]
    rows = [[p.path, p.label, p.source, part] for p, part in zip(first.crops.pictures, divided)]
    write_list(folder / "parts.csv", ["file", "class", "collection", "part"], rows)
    left_out = [*first.crops.left_out, *(second.crops.left_out if second else [])]
    write_list(folder / "left_out.csv", ["file", "class", "reason"], [[p.path, p.label, reason] for p, reason in left_out])


def main(arguments=None):
    options = read_options(arguments)
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.deterministic = True
    run, path, notes = options.out / "run", options.out / "model.safetensors", Notes()
    run.mkdir(parents=True, exist_ok=True)

    start = load(options.program, options.arch, options.weights, options.seed)
    if options.weights is None:
        notes.say(f"no --weights: {options.arch} starts from random weights, and its frozen layers stay random")
    canonical = faces.canonical(start.size, options.margin)
    first = First(options, canonical, run, notes)
    second = Second(options, first, canonical, run, notes) if options.second else None
    view = model_file.View(options.gray, model_file.mean_of(first.crops.array, first.train, options.gray), start.scale)
    network, log = train(options, start, first, view, run, notes)
    model_file.write(path, network, start, first.labels, canonical, view)

    found = judge(options, path, first, second)
    write_lists(options.out, first, second)
    command = shlex.join(["python", "models/train/finetune.py", *(arguments or sys.argv[1:])])
    shown = {"options": options, "start": start, "first": first, "learning": learning(network), "log": log, "parts": found, "notes": notes}
    card.write(options.out, {**shown, "command": command})
    print(card.accuracy_table(found))
    print(f"{path}: {path.stat().st_size:,} bytes; its card is {options.out / 'README.md'}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("stopped: the same command goes on after the last whole epoch")
