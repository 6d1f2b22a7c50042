"""Writes two_stream.safetensors: the two-stream system of Bocklisch and others (2015) on a short clip, stage by stage, for tests/networks/two_stream.rs.

The steps are written from a summary of the report and, in the case "program", from what its authors' program does in other ways; pixels are OpenCV's, networks run in ONNX Runtime
with the seeded weights of tests/zoo. No line here reads moue's own code.

    pip install -r tests/zoo/requirements.txt opencv-python-headless==5.0.0.93
    python tests/goldens/two_stream.py
"""

import importlib
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from safetensors.numpy import save_file

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "../zoo"))

SIDE, STACK, SEED = 227, 10, 1
WIDTH, HEIGHT = 210, 250
# Left and top of each frame in the photograph: the face moves the other way.
PLACES = [(118, 20), (119, 20), (121, 21), (122, 23), (122, 24), (120, 24), (119, 23), (119, 22), (118, 20), (116, 20), (117, 21), (117, 21)]
RECT = (18, 6, 171, 206)
READ = [0, 5, 11]
STILL_KEPT, MOTION_KEPT = 500, 100
FLOW = (0.5, 3, 15, 3, 2, 1.1, 0)


def clip():
    photo = cv2.imread(str(HERE / "../../examples/astronaut.png"))
    return [photo[y : y + HEIGHT, x : x + WIDTH] for x, y in PLACES]


def masked(picture):
    height, width = picture.shape[:2]
    mask = np.zeros_like(picture)
    cv2.ellipse(mask, (int(width * 0.5), int(height * 0.5)), (int(width * 0.4), int(height * 0.5)), 0, 0, 360, (255, 255, 255), -1)
    return np.bitwise_and(picture, mask)


def equalised(picture):
    channels = list(cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb)))
    channels[0] = cv2.equalizeHist(channels[0])
    return cv2.cvtColor(cv2.merge(channels), cv2.COLOR_YCrCb2BGR)


def cut(picture):
    x, y, width, height = RECT
    return picture[y : y + height, x : x + width]


def flow_bytes(before, after, program):
    flow = cv2.calcOpticalFlowFarneback(before, after, None, *FLOW)
    if program:
        return [cv2.convertScaleAbs(flow[..., axis], None, 12, 128) for axis in (0, 1)]
    return [np.clip(np.rint(12 * flow[..., axis] + 128), 0, 255).astype(np.uint8) for axis in (0, 1)]


def stages(frames, program):
    """Faces [N, 3, 227, 227] as bytes, stacks [N, 10, 2, 227, 227] as bytes."""
    if program:
        faces = [masked(cut(equalised(frame))) for frame in frames]
    else:
        faces = [equalised(masked(cut(frame))) for frame in frames]
    gray = [masked(cut(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))) for frame in frames]
    small = [[cv2.resize(axis, (SIDE, SIDE)) for axis in flow_bytes(a, b, program)] for a, b in zip(gray, gray[1:])]
    missing = [np.full((SIDE, SIDE), 128, np.uint8)] * 2
    flow = lambda k: small[k - 1] if 1 <= k < len(frames) else missing
    stacks = [[flow(k) for k in range(n - STACK // 2, n + STACK // 2)] for n in range(len(frames))]
    return np.stack([cv2.resize(face, (SIDE, SIDE)).transpose(2, 0, 1) for face in faces]), np.array(stacks)


def kept(width, height):
    """The program's second mask, whose axes are the other way round."""
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (int(width * 0.5), int(height * 0.5)), (int(width * 0.5), int(height * 0.4)), 0, 0, 360, 255, -1)
    return mask > 0


def inputs(faces, stacks, program):
    """What the networks read, and the means: of blue, green and red, and of both directions."""
    def mean(bytes_):
        count = np.count_nonzero(bytes_) if program else bytes_.size
        return bytes_.sum(dtype=np.int64) / count

    means = [mean(faces[:, c]) for c in range(3)] + [mean(stacks[:, :, axis]) for axis in range(2)]
    still = faces.astype(np.float32) - np.array(means[:3], np.float32)[:, None, None]
    motion = stacks.astype(np.float32) - np.array(means[3:], np.float32)[:, None, None]
    if program:
        inside = kept(SIDE, SIDE)
        still, motion = np.where(inside, still, np.float32(0)), np.where(inside, motion, np.float32(0))
    largest = np.abs(motion).max(axis=(1, 3, 4))
    motion = motion / np.where(largest > 0, largest, 1)[:, None, :, None, None]
    return still, motion.reshape(len(motion), -1, SIDE, SIDE).astype(np.float32), means, largest


def answers(module, name, seed, tensor):
    model = importlib.import_module(module).NETWORKS[name](seed).model()
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["prob"], {"data": one[None]})[0] for one in tensor]).astype(np.float32)


def main():
    frames, tensors, cases = clip(), {}, {}
    positions = lambda count: (2 * np.arange(count) + 1) * SIDE * SIDE // (2 * count)
    for case in ("report", "program"):
        faces, stacks = stages(frames, case == "program")
        still, motion, means, largest = inputs(faces, stacks, case == "program")
        cases[case] = {"means": [float(mean) for mean in means]}
        flat = lambda tensor: tensor.reshape(*tensor.shape[:2], -1)
        tensors[f"{case}/sums"] = flat(faces).sum(2, dtype=np.int64)
        tensors[f"{case}/still"] = np.ascontiguousarray(flat(faces)[..., positions(STILL_KEPT)])
        tensors[f"{case}/motion"] = np.ascontiguousarray(flat(motion)[..., positions(MOTION_KEPT)])
        tensors[f"{case}/largest"] = largest.astype(np.float32)
        if case == "report":
            one, other = answers("alexnet", "an_finetune", SEED, still[READ]), answers("flow", "flow", SEED + 1, motion[READ])
            tensors |= {"still": one, "motion": other, "fused": (one + other) / 2}
        print(case, means, largest.max(0))
    metadata = {"cases": cases, "size": [WIDTH, HEIGHT], "places": PLACES, "rect": RECT, "read": READ}
    save_file(tensors, HERE / "two_stream.safetensors", {name: json.dumps(value) for name, value in metadata.items()})


if __name__ == "__main__":
    main()
