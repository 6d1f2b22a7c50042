"""Renders of people of validation as `moue evaluate --actions` reads pictures with labels: `python labelled.py val/ --program target/release/moue`.

In the folder: the stills of au-renders as pictures that the finder takes (enlarged twice, their edges repeated around them), and labels.csv: its columns, intensities of 0 to 5.
With `--program` also what is found by PyTorch and scikit-learn, of the same crops: what moue says beside it, and the largest difference of a unit's area.
"""

import argparse
import csv
import json
import re
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

import crops
from learn import LABELS, answers, normalised
from measure import MAIN


def write(out):
    """The pictures and their table."""
    with open(crops.RENDERS / "labels.csv", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file) if row["split"] == "val"}
    units = [name for name in next(iter(rows.values())) if name.startswith("AU")]
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "labels.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", *units])
        for name, picture, scale in crops.pictures("renders", ["val"]):
            own = name.split("/")[-1].replace(".jpg", ".png")
            Image.fromarray(np.asarray(crops.framed(picture, scale)[0])).save(out / own)
            table.writerow([own, *(f"{5 * float(rows[name][unit]):.3f}" for unit in units)])


def read(folder, program):
    """Names and crops of the pictures, where moue finds a face."""
    command = [program, "analyze", folder, "--json", "--device", "cpu", "--faces", "largest", "--landmarks", "478"]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in run.stdout.splitlines():
        record = json.loads(line)
        for face in record["faces"]:
            picture = Image.open(record["input"]).convert("RGB")
            yield Path(record["input"]).name, crops.crop(picture, np.array(face["landmarks"]))


def compared(folder, program, model):
    """What moue says, and PyTorch and scikit-learn."""
    import torch
    from sklearn import metrics

    from figures import Actions

    command = [program, "evaluate", "--actions", "--data", folder / "labels.csv", "--device", "cpu", "--json"]
    native = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout)
    with open(folder / "labels.csv", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    names, faces = zip(*read(folder, program))
    scores, _ = answers(Actions(model).networks["still"], normalised(torch.from_numpy(np.stack(faces)).float()))
    places = {re.sub(r"^(\d)(?!\d)", r"0\1", label): at for at, label in enumerate(LABELS)}
    kept = [name[2:] for name, figures in native["per_label"].items() if figures["present"]]
    there = np.array([[float(rows[name]["AU" + unit.lstrip("0")]) >= 1 for unit in kept] for name in names])
    scores = scores[:, [places[unit] for unit in kept]]
    said = scores >= 0.5
    print(f"{len(names)} faces, {len(kept)} units: moue, scikit-learn")
    for name, score in (("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1", metrics.f1_score)):
        print(f"mean {name}: {native['mean'][name]:.6f}, {score(there, said, average='macro', zero_division=0):.6f}")
    areas = metrics.roc_auc_score(there, scores, average=None)
    own = np.array([native["per_label"]["AU" + unit]["auc"] for unit in kept])
    print(f"mean auc: {own.mean():.6f}, {areas.mean():.6f}; largest difference of a unit {np.abs(own - areas).max():.1e}")
    print(f"multi-label accuracy: {native['multi_label_accuracy']:.6f}, {metrics.jaccard_score(there, said, average='micro'):.6f}")
    print(f"hamming loss: {native['hamming_loss']:.6f}, {metrics.hamming_loss(there, said):.6f}")
    main = [unit.lstrip("0") in MAIN for unit in kept]
    print(f"mean auc of the {sum(main)} units of the card: {own[main].mean():.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--program", help="the program `moue`, built in release")
    parser.add_argument("--model", type=Path, default=Path(__file__).with_name("actions.safetensors"))
    options = parser.parse_args()
    write(options.folder)
    if options.program:
        compared(options.folder, options.program, options.model)


if __name__ == "__main__":
    main()
