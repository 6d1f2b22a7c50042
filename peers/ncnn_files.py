"""ncnn's NET.ncnn.bin without pnnx: what pnnx made of a network once says in which order the file holds the weights.

Of each convolution and dense layer it has four bytes of 0, for f32, then the weights as ONNX has them, then the bias.
"""

import json
import shutil

from onnx import numpy_helper

TAG = bytes(4)


def layers(model):
    """By name, the bytes of each layer."""
    weights = {tensor.name: tensor for tensor in model.graph.initializer}

    def of(node):
        return TAG + b"".join(numpy_helper.to_array(weights[name]).tobytes() for name in node.input[1:])

    return {node.name: of(node) for node in model.graph.node if node.op_type in ("Conv", "Gemm")}


def keep_order(folder, name, model):
    """Writes NET.ncnn.order beside the files of pnnx."""
    rest, data, order = layers(model), memoryview((folder / f"{name}.ncnn.bin").read_bytes()), []
    at = 0
    while at < len(data):
        # Comparing ends at the first byte that differs.
        found = next((layer for layer, values in rest.items() if data[at : at + len(values)] == values), None)
        assert found, f"{name}: pnnx wrote something that is no layer at byte {at}"
        at += len(rest.pop(found))
        order.append(found)
    (folder / f"{name}.ncnn.order").write_text(json.dumps(order))


def write(folder, name, model, made):
    """NET.ncnn.param of the folder `made`, and NET.ncnn.bin as its NET.ncnn.order says."""
    of = layers(model)
    with (folder / f"{name}.ncnn.bin").open("wb") as file:
        file.writelines(of[layer] for layer in json.loads((made / f"{name}.ncnn.order").read_text()))
    shutil.copyfile(made / f"{name}.ncnn.param", folder / f"{name}.ncnn.param")
