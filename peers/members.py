"""The members of a moue model as one ONNX file, for processor.py: `members.py MODEL.safetensors OUT.onnx`. One input, both views of a face; the answers of all
members lie one after the other. It knows the operators of the default model."""

import json
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

VIEWS = 2


def description(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(json.loads(file.read(length))["__metadata__"]["moue"])


def nodes_of(op, prefix, name_of, weight):
    """The nodes of an operator, with tensors named by `name_of`."""
    inputs, outputs = [name_of(name) for name in op["in"]], [name_of(name) for name in op["out"]]
    kind = op["op"]
    if kind == "conv":
        names = [weight(f"{op['name']}.weight")] + ([weight(f"{op['name']}.bias")] if op.get("bias", True) else [])
        return [helper.make_node("Conv", inputs + names, outputs, kernel_shape=op["kernel"], strides=op["stride"], pads=op["pad"])]
    if kind == "batch_norm":
        names = [weight(f"{op['name']}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        return [helper.make_node("BatchNormalization", inputs + names, outputs, epsilon=op["eps"])]
    if kind == "dense":
        return [helper.make_node("Gemm", inputs + [weight(f"{op['name']}.weight"), weight(f"{op['name']}.bias")], outputs, transB=1)]
    if kind == "max_pool":
        return [helper.make_node("MaxPool", inputs, outputs, kernel_shape=op["kernel"], strides=op["stride"], pads=op["pad"])]
    plain = {"relu": "Relu", "add": "Add", "global_average_pool": "GlobalAveragePool", "flatten": "Flatten", "dropout": "Identity"}
    if kind in plain:
        return [helper.make_node(plain[kind], inputs, outputs)]
    if kind == "softmax":
        return [helper.make_node("Softmax", inputs, outputs, axis=1)]
    raise SystemExit(f"{prefix}: `{kind}` is not known here")


def main(source, target):
    model, weights = description(source), load_file(source)
    nodes, initializers, answers, shape = [], [], [], None
    for member in model["members"]:
        network, prefix = model["networks"][member["network"]], member["weights"]
        (given,) = network["inputs"]
        shape = network["inputs"][given]

        def weight(name, prefix=prefix):
            full = f"{prefix}{name}"
            value = weights[full].astype(np.float32)
            if weights[full].dtype == np.int8:
                value *= weights[f"{full}.scale"].reshape(-1, *[1] * (value.ndim - 1))
            initializers.append(numpy_helper.from_array(value, full))
            return full

        def name_of(name, given=given, prefix=prefix):
            return "data" if name == given else f"{prefix}{name}"

        for op in network["ops"]:
            nodes += nodes_of(op, prefix, name_of, weight)
        answers.append(name_of(network["outputs"][0]))
    nodes.append(helper.make_node("Concat", answers, ["all"], axis=1))
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, [VIEWS, *shape])
    out = helper.make_tensor_value_info("all", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "members", [data], [out], initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), target)


if __name__ == "__main__":
    main(*sys.argv[1:])
