"""Make the model file: `python pack.py --still still.pt --motion motion.pt --check renders.npz --clips clips-val/ --out actions.safetensors`.

Weights of convolutions and dense layers are rounded to f16. Thresholds are learned of people of validation: of the still network alone on their renders, fused on their
clips. The still stream reads a label whose area under the ROC is at least 0.75 there; motion joins where both together are no worse than the still stream alone, and reads
alone what only it can. Labels that are seen in fewer than 30 frames of the clips stay with the still stream.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save

import crops
import flows
import measure
from learn import LABELS, NEVER, PRESENT, answers, area, fused, normalised, threshold
from network import Network
from teacher import known

LICENCE = "MIT OR Apache-2.0; learned of renders of the London set (CC BY 4.0) on ICT-FaceKit (MIT), and of a teacher on faces without a licence of their own, see the card"
SOURCE = "models/actions of this repository"
LEAST, FRAMES = 0.75, 30


def member_tensors(name, network):
    """A member's weights behind its prefix: f16 for convolutions and dense layers, f32 for the rest."""
    values = {f"{name}/{key}": value.detach().contiguous().numpy() for key, value in network.named_weights().items()}
    return {key: value.astype(np.float16 if value.ndim > 1 else np.float32) for key, value in values.items()}


def stored(name, source):
    """The network of a checkpoint's running mean, or of a model file, with weights as the file stores them, and these."""
    network = Network(crops.TEXT["networks"][name])
    if source.suffix == ".safetensors":
        network.load_weights({key: value.astype(np.float32) for key, value in load_file(source).items()}, f"{name}/")
    else:
        network.load_state_dict(torch.load(source, weights_only=True)["average"])
    tensors = member_tensors(name, network)
    network.load_weights({key: value.astype(np.float32) for key, value in tensors.items()}, f"{name}/")
    return network.eval(), tensors


def on_clips(still, motion, clips, step=1):
    """Probabilities of both streams and the intensities of frames of clips: still, motion, truth, each [n, labels]."""
    from motion import normalised as normalised_stacks

    indices = np.arange(0, len(clips), step)
    faces = clips.crops.reshape(-1, *crops.SIZE)[indices]
    of_still = answers(still, normalised(torch.from_numpy(faces).float()))[0]
    parts, truth = [], []
    for start in range(0, len(indices), 256):
        stacks, target = clips.stacks(indices[start : start + 256])
        parts.append(answers(motion, normalised_stacks(torch.from_numpy(stacks).float()))[0])
        truth.append(target)
    return of_still, np.concatenate(parts), np.concatenate(truth)


def rules(still_scores, still_truth, clip_still, clip_motion, clip_truth):
    """Of each label: the streams that read it, and its thresholds, of a photograph and of a frame of a video; of what is not read, none."""
    found = {}
    for i, label in enumerate(LABELS):
        streams, limits = [], {}
        if label not in (*NEVER, "45") and area(still_scores[:, i], still_truth[:, i] >= PRESENT) >= LEAST:
            streams.append("still")
            limits["still"] = threshold(still_scores[:, i], still_truth[:, i] >= PRESENT)
        positive = clip_truth[:, i] >= PRESENT
        enough = positive.sum() >= FRAMES
        if enough and label not in NEVER:
            alone, other = area(clip_still[:, i], positive), area(clip_motion[:, i], positive)
            both = area(fused([clip_still[:, i], clip_motion[:, i]]), positive)
            if (not streams and other >= LEAST) or (streams and both >= alone):
                streams.append("motion")
        if streams:
            parts = {"still": clip_still[:, i], "motion": clip_motion[:, i]}
            limits["video"] = threshold(fused([parts[stream] for stream in streams]), positive) if enough else limits["still"]
            found[label] = {"streams": streams, "thresholds": {name: round(value, 4) for name, value in limits.items()}}
    return found


def main():
    from motion import Clips

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--still", type=Path, required=True, help="a checkpoint, or a model file to take it from")
    parser.add_argument("--motion", type=Path, required=True, help="likewise")
    parser.add_argument("--check", type=Path, required=True, help="what crops.py read of the renders of people of validation")
    parser.add_argument("--clips", type=Path, required=True, help="clips of people of validation, by renders.py")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    still, tensors = stored("still", options.still)
    motion, others = stored("motion", options.motion)
    check = np.load(options.check)
    scores = answers(still, normalised(torch.from_numpy(check["crops"]).float()))[0]
    reads = rules(scores, known(check), *on_clips(still, motion, Clips([options.clips], "val")))
    text = dict(crops.TEXT)
    head = {key: text.pop(key) for key in ("moue", "name", "task", "labels")}
    actions = {"intensity": 5, "present": PRESENT, "reads": reads, "not_read": [label for label in LABELS if label not in reads]}
    text = {**head, "licence": LICENCE, "source": SOURCE, "card": "models/actions/README.md", **text, "actions": actions}
    options.out.write_bytes(save(tensors | others, {"moue": json.dumps(text)}))
    print(f"{options.out}: {options.out.stat().st_size} bytes, reads {len(reads)} labels, not {', '.join(actions['not_read'])}")
    print("both streams: " + ", ".join(label for label, rule in reads.items() if len(rule["streams"]) == 2))


if __name__ == "__main__":
    main()
