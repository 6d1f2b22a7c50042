"""Renders of people of validation as `moue evaluate --actions` reads pictures with labels: `python labelled.py --out val/`.

In `--out`: the stills of au-renders as pictures that the finder takes (enlarged twice, their edges repeated around them), and labels.csv: its columns, intensities of 0 to 5.
With `--crops FILE.npz`, what crops.py read of them, also what Python makes of the same faces: the figures of scikit-learn.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from PIL import Image

import crops
from learn import LABELS, PRESENT, answers, normalised


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


def figures(model, path):
    """Those of the crops that crops.py made, by scikit-learn."""
    import torch
    from sklearn import metrics

    from figures import Actions
    from teacher import known

    torch.set_num_threads(1)
    own, read = Actions(model), np.load(path)
    scores, _ = answers(own.networks["still"], normalised(torch.from_numpy(read["crops"]).float()))
    there = known(read) >= PRESENT
    kept = [i for i, label in enumerate(LABELS) if own.reads.get(label, {}).get("thresholds", {}).get("still") is not None and there[:, i].any()]
    there, scores = there[:, kept], scores[:, kept]
    said = scores >= 0.5
    print(f"{len(there)} faces, {len(kept)} labels")
    for name, score in (("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1", metrics.f1_score)):
        print(f"{name}, mean: {score(there, said, average='macro', zero_division=0):.4f}")
    print(f"auc, mean: {metrics.roc_auc_score(there, scores, average='macro'):.4f}")
    print(f"multi-label accuracy: {metrics.jaccard_score(there, said, average='micro'):.4f}")
    print(f"hamming loss: {metrics.hamming_loss(there, said):.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--crops", type=Path)
    parser.add_argument("--model", type=Path, default=Path(__file__).with_name("actions.safetensors"))
    options = parser.parse_args()
    if options.out:
        write(options.out)
    if options.crops:
        figures(options.model, options.crops)


if __name__ == "__main__":
    main()
