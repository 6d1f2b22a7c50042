"""Whether class-activation maps tell the truth, member by member: `python occlusion.py`.

Each validation face (every 14th) is read with a square covered, a third of its side, at every sixth of it, in the face's mean gray. The label's logit over
the mean of the others' falls by so much; the map says how much that square speaks for the label. Prints their correlation over the squares of a face, the mean over
faces, and how much the logit falls where the map is hottest and coldest, a quarter of the squares each. Slow; nothing here chooses anything.
"""

import argparse

import numpy as np
import torch
from torch.nn import functional as F

import data
import preprocess
from evaluate import DEFAULT
from model import Model

EVERY = 14
PARTS = 3


def over_others(values, label):
    """Of [n, labels, ...] the label's value less the mean of the others', [n, ...]."""
    own = values[np.arange(len(values)), label]
    return own - (values.sum(1) - own) / (values.shape[1] - 1)


def answers(model, index, faces):
    """Logits [n, labels] and the last map [n, c, h, w] of a member, of the centre crop."""
    network = model.networks[index]
    ops = network.description["ops"]
    last = next(op["in"][0] for op in ops if op["op"] == "global_average_pool")
    size = next(iter(network.description["inputs"].values()))[1:]
    crops = preprocess.crops(model.represent(model.text["members"][index], data.rgb(faces)), size)[:, 0]
    with torch.no_grad():
        found = network(torch.from_numpy(crops).contiguous(memory_format=torch.channels_last), [network.logits_name(), last])
    return [value.float().numpy() for value in found]


def maps(model, index, last, label, size):
    """Class-activation maps [n, size, size] over the network's input, its edge repeated over what it does not read."""
    weight = model.tensors[model.text["members"][index]["weights"] + "fc.weight"].astype(np.float32)
    activation = over_others(np.einsum("kc,nchw->nkhw", weight, last), label)
    inner = next(iter(model.networks[index].description["inputs"].values()))[1]
    large = F.interpolate(torch.from_numpy(activation)[:, None], (inner, inner), mode="bilinear", align_corners=False)[:, 0].numpy()
    edge = (size - inner) // 2
    return np.pad(large, ((0, 0), (edge, size - inner - edge), (edge, size - inner - edge)), "edge")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
    model = Model.load(DEFAULT)
    all_faces, _, _, validation = data.training_data()
    faces = all_faces[validation[::EVERY]]
    size = faces.shape[1]
    side = size // PARTS
    starts = range(0, size - side + 1, side // 2)
    gray = faces.reshape(len(faces), -1).mean(1).astype(np.uint8)[:, None, None]
    print(f"{len(faces)} faces, {len(starts) ** 2} squares each\n| member | correlation | falls by where hot | where cold |\n|---|---|---|---|")
    for index, member in enumerate(model.text["members"]):
        logits, last = answers(model, index, faces)
        label = logits.argmax(1)
        before, heat = over_others(logits, label), maps(model, index, last, label, size)
        hot, lost = [], []
        for top in starts:
            for left in starts:
                covered = faces.copy()
                covered[:, top : top + side, left : left + side] = gray
                lost.append(before - over_others(answers(model, index, covered)[0], label))
                hot.append(heat[:, top : top + side, left : left + side].mean((1, 2)))
        hot, lost = np.array(hot), np.array(lost)
        correlation = np.mean([np.corrcoef(hot[:, face], lost[:, face])[0, 1] for face in range(len(faces))])
        order, quarter = np.argsort(-hot, 0), len(hot) // 4
        most, least = (np.take_along_axis(lost, part, 0).mean() for part in (order[:quarter], order[-quarter:]))
        print(f"| `{member['name']}` | {correlation:.2f} | {most:.2f} | {least:.2f} |", flush=True)


if __name__ == "__main__":
    main()
