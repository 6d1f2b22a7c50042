"""What the default model makes of three faces: representations step by step, and PyTorch's outputs of every member."""

import numpy as np
from PIL import Image

import exact
import preprocess
from model import Model

FACES = [
    ("astronaut", "examples/astronaut.png", [173, 65, 102, 102]),
    ("grace_hopper", "tests/goldens/grace_hopper.png", [160, 125, 185, 185]),
    ("london_001", "tests/goldens/london_001.png", [130, 125, 190, 190]),
]


def canonical_faces(root, model):
    """The canonical crops [3, h, w, 3] of u8 of the faces, and their index entries."""
    canonical = model.text["canonical"]
    crops, cases = [], []
    for name, path, box in FACES:
        photo = np.asarray(Image.open(root / path).convert("RGB"))
        rect = exact.rect(box, round(canonical["margin"] * 1000))
        crops.append(exact.canonical(photo, rect, canonical["size"]))
        cases.append({"name": name, "path": path, "box": box, "canonical": f"{name}/canonical"})
    return np.stack(crops), cases


def make_representations(root):
    """The tensors of representations.safetensors and its index: canonical crop, codes, mapped picture, normalised picture [3, h, w]."""
    model = Model.load(root / "models/default/default.safetensors")
    crops, faces = canonical_faces(root, model)
    tensors = {face["canonical"]: crop for face, crop in zip(faces, crops)}
    cases = []
    for name, steps in model.text["representations"].items():
        arguments = {key: value for step in steps for key, value in step.items()}
        for face, crop in zip(faces, crops):
            prefix = f"{face['name']}/{name}"
            if "enlarge" in arguments:
                crop = exact.canonical(crop, (0, 0, crop.shape[1], crop.shape[0]), arguments["enlarge"])
            codes = exact.gray(crop)
            if "lbp" in arguments:
                codes = exact.codes(codes, arguments["lbp"]["radius"])
            mapped = model.tensors[arguments["lookup"]][codes]
            after = [step for step in steps if "resize" in step or "normalise" in step]
            tensors[f"{prefix}/codes"], tensors[f"{prefix}/mapped"] = codes, mapped
            tensors[f"{prefix}/normalised"] = np.moveaxis(preprocess.apply(after, mapped, {}), -1, 0)
            cases.append(
                {
                    "name": prefix, "face": face["name"], "representation": name, "canonical": face["canonical"],
                    "codes": f"{prefix}/codes", "mapped": f"{prefix}/mapped", "normalised": f"{prefix}/normalised",
                }
            )
    return tensors, {"file": "representations.safetensors", "model": "models/default/default.safetensors", "faces": faces, "cases": cases}


def make_members(root):
    """The tensors of members.safetensors and its index: each member's inputs, logits and probabilities, a row a face; the fused ones."""
    model = Model.load(root / "models/default/default.safetensors")
    crops, faces = canonical_faces(root, model)
    tensors, cases = {}, []
    for index, member in enumerate(model.text["members"]):
        name = member["name"]
        inputs = model.inputs(index, crops)
        logits, probabilities = model.outputs(index, inputs)
        found = {"inputs": inputs[:, 0], "logits": logits[:, 0], "probabilities": probabilities[:, 0]}
        tensors.update({f"{name}/{key}": value for key, value in found.items()})
        cases.append({"member": name, **{key: f"{name}/{key}" for key in found}, "logits_tensor": model.networks[index].logits_name()})
    tensors["fused"] = model.fuse(np.stack([tensors[case["probabilities"]] for case in cases]))
    names = [face["name"] for face in faces]
    return tensors, {"file": "members.safetensors", "model": "models/default/default.safetensors", "faces": names, "fused": "fused", "cases": cases}
