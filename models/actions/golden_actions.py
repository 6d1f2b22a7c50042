"""Write tests/goldens/actions.safetensors: what the model of action units makes of a photograph and of a moving face, for programs that are held to it.

The photograph is examples/astronaut.png (NASA, public domain). The clip is its crop, aligned and then bent by known smooth fields: it shows nobody's expression, and every
number is what OpenCV and PyTorch make of it with the weights of the file.

photo/points [16, 2] f32   the landmarks of the crop in pixels, by moue        photo/crop [88, 64] u8
clip/crops [12, 88, 64] u8   frames; clip/stack [20, 88, 64] u8 of frame 3, whose first two flows are missing
photo/..., clip/still, clip/motion: probability [37] and intensity [37] f32 of the crop, of frame 3 and of its stack; clip/fused [37] f32, nan where no stream reads a label
"""

import argparse
import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save

import crops
import flows
from figures import Actions
from learn import answers, normalised
from motion import normalised as normalised_stacks

ROOT = Path(__file__).resolve().parents[2]
FRAMES, FRAME = 12, 3


def bent(crop, t):
    """The crop at time t: lids and mouth move down and up, the whole a little to the side."""
    y, x = np.mgrid[: crops.SIZE[0], : crops.SIZE[1]].astype(np.float32)
    lids = np.exp(-(((y - 24) / 5) ** 2)) * 1.8 * np.sin(0.9 * t)
    mouth = np.exp(-(((y - 66) / 9) ** 2) - ((x - 32) / 16) ** 2) * 2.5 * np.sin(0.5 * t)
    across, down = (x + 0.3 * np.sin(0.7 * t)).astype(np.float32), (y + lids + mouth).astype(np.float32)
    return cv2.remap(crop, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--program", type=Path, required=True, help="the program `moue`, built in release")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    photo = ROOT / "examples/astronaut.png"
    run = subprocess.run([options.program, "analyze", photo, "--json", "--device", "cpu", "--landmarks", "478"], stdout=subprocess.PIPE, text=True, check=True)
    points = np.array(json.loads(run.stdout)["faces"][0]["landmarks"], np.float32)[crops.POINTS, :2]
    crop = crops.crop_at(np.asarray(Image.open(photo).convert("RGB")), points)
    clip = np.stack([bent(crop, t) for t in range(FRAMES)])
    stack = flows.stack(flows.of_clip(clip), FRAME)
    model = Actions(options.model)
    tensors = {"photo/points": points, "photo/crop": crop, "clip/crops": clip, "clip/stack": stack}
    still, motion = model.networks["still"], model.networks["motion"]
    for name, network, inputs in (
        ("photo", still, normalised(torch.from_numpy(crop[None]).float())),
        ("clip/still", still, normalised(torch.from_numpy(clip[FRAME][None]).float())),
        ("clip/motion", motion, normalised_stacks(torch.from_numpy(stack[None]).float())),
    ):
        for output, value in zip(("probability", "intensity"), answers(network, inputs)):
            tensors[f"{name}/{output}"] = value[0]
    tensors["clip/fused"] = model.fused(tensors["clip/still/probability"][None], tensors["clip/motion/probability"][None])[0]
    out = ROOT / "tests/goldens/actions.safetensors"
    out.write_bytes(save({name: np.ascontiguousarray(value) for name, value in tensors.items()}))
    print(f"{out}: {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
