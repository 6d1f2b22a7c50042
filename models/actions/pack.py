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
from learn import LABELS, NEVER, PRESENT, answers, area, fused, log_odds, normalised, threshold
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


def at_rest(motion):
    """Probabilities [labels] of motion where nothing moves."""
    from motion import normalised as normalised_stacks

    stack = flows.stack(np.full((1, 2, *crops.SIZE), flows.MISSING, np.uint8), 0)
    return answers(motion, normalised_stacks(torch.from_numpy(stack[None]).float()))[0][0]


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


def streams_of(label, still_scores, still_truth, clip_still, clip_motion, rest, positive):
    """Which networks read a label, the still one first; none where neither does well enough."""
    streams = []
    if label not in (*NEVER, "45") and area(still_scores, still_truth) >= LEAST:
        streams.append("still")
    if positive.sum() >= FRAMES and label not in NEVER:
        both = area(fused(clip_still, clip_motion, rest), positive)
        if (not streams and area(clip_motion, positive) >= LEAST) or (streams and both >= area(clip_still, positive)):
            streams.append("motion")
    return streams


def rules(still_scores, still_truth, rest, clip_still, clip_motion, clip_truth):
    """Of each label that is read: the streams, the thresholds, of a photograph and of a frame of a video, and the log odds of motion at rest where both read it."""
    found, rest = {}, log_odds(rest).round(4)
    for i, label in enumerate(LABELS):
        scores, truth, positive = still_scores[:, i], still_truth[:, i] >= PRESENT, clip_truth[:, i] >= PRESENT
        clip = clip_still[:, i], clip_motion[:, i], rest[i]
        streams = streams_of(label, scores, truth, *clip, positive)
        if not streams:
            continue
        limits = {"still": threshold(scores, truth)} if "still" in streams else {}
        in_videos = {("still",): clip[0], ("motion",): clip[1]}.get(tuple(streams), fused(*clip))
        limits["video"] = threshold(in_videos, positive) if positive.sum() >= FRAMES else limits["still"]
        found[label] = {"streams": streams, "thresholds": {name: round(value, 4) for name, value in limits.items()}}
        if len(streams) == 2:
            found[label]["rest"] = round(float(rest[i]), 4)
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
    reads = rules(scores, known(check), at_rest(motion), *on_clips(still, motion, Clips([options.clips], "val")))
    text = dict(crops.TEXT)
    head = {key: text.pop(key) for key in ("moue", "name", "task", "labels")}
    actions = {"intensity": 5, "present": PRESENT, "reads": reads, "not_read": [label for label in LABELS if label not in reads]}
    text = {**head, "licence": LICENCE, "source": SOURCE, "card": "models/actions/README.md", **text, "actions": actions}
    options.out.write_bytes(save(tensors | others, {"moue": json.dumps(text)}))
    print(f"{options.out}: {options.out.stat().st_size} bytes, reads {len(reads)} labels, not {', '.join(actions['not_read'])}")
    print("both streams: " + ", ".join(label for label, rule in reads.items() if len(rule["streams"]) == 2))


if __name__ == "__main__":
    main()
