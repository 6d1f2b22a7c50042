"""Pictures of cards, as SVG whose bytes follow from what they show."""

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.fonttype"] = "none"
matplotlib.rcParams["svg.hashsalt"] = "moue"
import matplotlib.pyplot as plt
import numpy as np


def confusion(counts, labels, title):
    """A figure of counts [labelled, answered], each row in per cent of its label; a row without pictures stays empty."""
    counts = np.array(counts)
    rows = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = 1.4 + 0.6 * len(labels)
    figure, axes = plt.subplots(figsize=(round(max(side, 3.2), 1), round(max(side - 0.7, 2.8), 1)))
    axes.imshow(rows, cmap="Blues", vmin=0, vmax=1)
    for i, row in enumerate(rows):
        for j, share in enumerate(row):
            if counts[i].any():
                axes.text(j, i, f"{100 * share:.0f}", ha="center", va="center", color="white" if share > 0.5 else "black")
    axes.set_xticks(range(len(rows)), labels, rotation=35, ha="right")
    axes.set_yticks(range(len(rows)), [f"{label} ({total})" for label, total in zip(labels, counts.sum(1).tolist())])
    axes.set(xlabel="answered", ylabel="labelled", title=title)
    return figure


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
