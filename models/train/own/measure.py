"""What a model file answers: probabilities of crops, and figures of them."""

import numpy as np
import torch

from own.learn import inputs

BATCH = 32
TOP = 5


def probabilities(model, crops, places, device):
    """Probabilities [n, labels] of the n canonical crops [.., h, w, 3] of u8 at `places`, by a model of one member (model.Model)."""
    member, network = model.text["members"][0], model.networks[0].to(device)
    steps, found = model.text["representations"][member["representation"]], []
    for start in range(0, len(places), BATCH):
        with torch.no_grad():
            found.append(network(inputs(steps, model.tensors, crops[places[start : start + BATCH]], device))[0].cpu().numpy())
    return np.concatenate(found) if found else np.zeros((0, len(model.text["labels"])), np.float32)


def figures(found, labels, classes):
    """Counts and shares of probabilities [n, classes] against label indices [n]; of nothing where there are none."""
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (labels, found.argmax(1)), 1)
    if not len(labels):
        return {"pictures": 0, "confusion": confusion.tolist()}
    rank = (found > found[np.arange(len(labels)), labels][:, None]).sum(1)
    top = {str(k): float((rank < k).mean()) for k in range(1, min(TOP, classes) + 1)}
    recall = [confusion[at, at] / confusion[at].sum() for at in range(classes) if confusion[at].any()]
    loss = -np.log(np.maximum(found[np.arange(len(labels)), labels], 1e-12)).mean()
    return {
        "pictures": len(labels), "accuracy": top["1"], "mean_recall": float(np.mean(recall)), "loss": float(loss), "top": top, "confusion": confusion.tolist(),
    }
