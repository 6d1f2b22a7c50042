"""Write exported.safetensors and exported.json: networks as PyTorch's exporters write them, and what ONNX Runtime computes of them.

`CASE/model` is the exporter's file without its weights, notes and inferred shapes, compressed by zlib: its weights lie one after the other in CASE.bin,
which nobody keeps. exported.json lists them in that order as [name, shape, offset, scale]; the values are offset + scale * s by ../zoo/seeded.py.
"""

import copy
import json
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto
from safetensors.numpy import save_file
from torch import nn
from torchvision.models import convnext_tiny, efficientnet_b0, mobilenet_v3_small
from torchvision.models.vision_transformer import VisionTransformer

from onnx_graph import infer
from torchvision_names import weight

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "zoo"))
from seeded import signed  # noqa: E402

SEED = 7
CLASSES = 32
IMAGES = 3
OPSETS = (11, 17, 23)
# What the exporter makes where nobody asks for an opset, and writes attention of other operators than at 17 and 23.
USUAL = {"vit": 20}
# A constant of fewer values is no weight: it stays in the file.
FEWEST = 5
# Of He's bound: activations, gates and folded batch-norms leave less of a variance than it takes for granted, and images would look alike.
GAINS = {"vit": 1.0, "mobilenet_v3_small": 1.1, "efficientnet_b0": 1.2, "convnext_tiny": 1.0}


class WrittenOut(nn.Module):
    """The attention of a block of torchvision's, of products and a softmax: opset 11 lacks what its own is exported with."""

    def __init__(self, own):
        super().__init__()
        width, self.heads = own.embed_dim, own.num_heads
        self.scale = (width // self.heads) ** -0.5
        self.qkv, self.out = nn.Linear(width, 3 * width), own.out_proj
        self.qkv.weight, self.qkv.bias = own.in_proj_weight, own.in_proj_bias

    def forward(self, query, key, value, need_weights):
        images, rows, width = query.shape
        query, key, value = self.qkv(query).reshape(images, rows, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        weights = (query * self.scale @ key.transpose(-2, -1)).softmax(dim=-1)
        return self.out((weights @ value).transpose(1, 2).reshape(images, rows, width)), None


def vit():
    return VisionTransformer(image_size=32, patch_size=8, num_layers=3, num_heads=4, hidden_dim=64, mlp_dim=128, num_classes=CLASSES)


NETWORKS = {
    "vit": (vit, 32),
    "mobilenet_v3_small": (lambda: mobilenet_v3_small(num_classes=CLASSES), 64),
    "efficientnet_b0": (lambda: efficientnet_b0(num_classes=CLASSES), 64),
    "convnext_tiny": (lambda: convnext_tiny(num_classes=CLASSES), 64),
}


def network(name, opset):
    """No two of its tensors are equal: the exporter would make them one."""
    made = NETWORKS[name][0]().eval()
    for key, value in made.state_dict().items():
        if value.dim():
            value.copy_(torch.from_numpy(weight(key, tuple(value.shape)).astype(np.float32).reshape(value.shape)))
    if name == "vit" and opset < 13:
        for block in made.encoder.layers:
            block.self_attention = WrittenOut(block.self_attention)
    return made


def export(name, opset, path):
    """The name of the exporter: the one of today begins with opset 18."""
    size = NETWORKS[name][1]
    sample = torch.zeros(2, 3, size, size)
    named = {"input_names": ["image"], "output_names": ["logits"], "opset_version": opset}
    if opset < 18:
        torch.onnx.export(network(name, opset), (sample,), path, dynamo=False, dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}}, **named)
        return "TorchScript"
    torch.onnx.export(network(name, opset), (sample,), path, dynamo=True, dynamic_shapes=({0: "N"},), external_data=False, verbose=False, **named)
    return "torch.export"


def rule(node, position, shape, gain):
    """(offset, scale) of the values of a weight that `node` reads at `position`."""
    if node.op_type in ("Conv", "Gemm", "MatMul") and position == 1:
        turned = node.op_type == "MatMul" or not any(a.name == "transB" and a.i for a in node.attribute)
        fan_in = shape[0] if node.op_type != "Conv" and turned else np.prod(shape[1:])
        return 0.0, float(f"{gain * np.sqrt(6 / fan_in):.4g}")
    # The scales of normalisations and of whole blocks.
    return (1.0, 0.25) if node.op_type in ("Mul", "LayerNormalization") and position < 2 else (0.0, 0.1)


def readers(graph):
    """The first node, and its position, that reads each name as a weight."""
    found = {}
    for node in graph.node:
        for position, name in enumerate(node.input):
            found.setdefault(name, (node, position))
    return found


def strip(model):
    """Leave out what nothing is computed with."""
    del model.metadata_props[:], model.graph.metadata_props[:], model.graph.value_info[:]
    for part in [model.graph, *model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output]:
        part.ClearField("doc_string")
        part.ClearField("metadata_props")


def weights(model, gain):
    """[name, shape, offset, scale] of every weight, in the order of the file."""
    read = readers(model.graph)
    kept = [t for t in model.graph.initializer if t.data_type == TensorProto.FLOAT and np.prod(t.dims) >= FEWEST]
    return [[t.name, list(t.dims), *rule(*read[t.name], list(t.dims), gain)] for t in kept]


def filled(model, rules):
    """The model with its weights, and the model without them."""
    whole, bare = copy.deepcopy(model), copy.deepcopy(model)
    rules, offset = {name: rest for name, *rest in rules}, 0
    for full, empty in zip(whole.graph.initializer, bare.graph.initializer):
        if full.name in rules:
            shape, base, scale = rules[full.name]
            values = (base + scale * signed(full.name, SEED, 0, int(np.prod(shape)))).astype("<f4").tobytes()
            full.ClearField("float_data")
            empty.ClearField("float_data")
            empty.ClearField("raw_data")
            full.raw_data = values
            empty.data_location = TensorProto.EXTERNAL
            for key, value in (("location", f"{model.graph.name}.bin"), ("offset", offset), ("length", len(values))):
                empty.external_data.add(key=key, value=str(value))
            offset += len(values)
    return whole, bare


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    path, tensors, index = HERE / "exported.onnx", {}, []
    for name, (_, size) in NETWORKS.items():
        images = signed("image", SEED, 0, IMAGES * 3 * size * size).astype(np.float32).reshape(IMAGES, 3, size, size)
        for opset in sorted({*OPSETS, USUAL.get(name, OPSETS[0])}):
            exporter = export(name, opset, path)
            model = onnx.load(path)
            path.unlink()
            assert model.opset_import[0].version == opset and not model.functions
            case = model.graph.name = f"{name}_{opset}"
            strip(model)
            rules = weights(model, GAINS[name])
            whole, bare = filled(model, rules)
            onnx.checker.check_model(whole)
            logits, alone = (infer(whole, {"image": images[:count]})["logits"] for count in (IMAGES, 1))
            largest = np.abs(logits).max()
            assert logits.shape == (IMAGES, CLASSES) and np.isfinite(logits).all() and np.abs(logits[:1] - alone).max() < 1e-5 * largest
            # Images are told apart, and so are classes.
            apart = logits.std(axis=0).mean() / largest, logits.std(axis=1).mean() / largest
            text = zlib.compress(bare.SerializeToString(deterministic=True), 9)
            print(f"{case:24} {len(model.graph.node):4} nodes, {len(rules):3} weights, {len(text):6} bytes, largest {largest:.3g}, apart {apart[0]:.3f} {apart[1]:.3f}")
            assert min(apart) > 0.02, case
            tensors |= {f"{case}/model": np.frombuffer(text, np.uint8), f"{case}/logits": logits}
            operators = sorted({node.op_type for node in model.graph.node})
            index.append({"name": case, "exporter": exporter, "opset": opset, "size": size, "operators": operators, "weights": rules})
    save_file(dict(sorted(tensors.items())), HERE / "exported.safetensors")
    lines = []
    for entry in index:
        rules = entry.pop("weights")
        lines.append(json.dumps(entry)[:-1] + ', "weights": [\n    ' + ",\n    ".join(map(json.dumps, rules)) + "\n  ]}")
    (HERE / "exported.json").write_text("[\n  " + ",\n  ".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
