"""What the peers want of an ONNX model of the zoo: no batch-norms, any number of images, f16."""

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

# ONNX Runtime has no f16 kernel of it.
WIDE = ("LRN",)


def folded(model):
    """`model` with every batch-norm in the convolution before it."""
    graph = model.graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    makers = {node.output[0]: node for node in graph.node}
    kept = []
    for node in graph.node:
        if node.op_type != "BatchNormalization":
            kept.append(node)
            continue
        conv = makers[node.input[0]]
        readers = sum(node.input[0] in other.input for other in graph.node)
        assert conv.op_type == "Conv" and readers == 1, f"{node.name}: not behind a convolution of its own"
        gamma, beta, mean, variance = (weights.pop(name).astype(np.float64) for name in node.input[1:])
        scale = gamma / np.sqrt(variance + {a.name: a.f for a in node.attribute}["epsilon"])
        bias = weights.pop(conv.input[2]) if len(conv.input) > 2 else 0
        weights[conv.input[1]] = (weights[conv.input[1]] * scale[:, None, None, None]).astype(np.float32)
        weights[f"{conv.name}.folded"] = (beta + (bias - mean) * scale).astype(np.float32)
        conv.input[:] = [*conv.input[:2], f"{conv.name}.folded"]
        conv.output[:] = node.output
        makers[node.output[0]] = conv
    return with_graph(model, kept, [numpy_helper.from_array(values, name) for name, values in weights.items()])


def halves(model):
    """`model` with weights and tensors of f16; its input and output stay f32, and so do those of WIDE."""
    graph, nodes = model.graph, []

    def cast(name, to, kind):
        nodes.append(helper.make_node("Cast", [name], [to], to=kind))
        return to

    given, answer = graph.input[0].name, graph.output[0].name
    renamed = {given: cast(given, f"{given}:f16", TensorProto.FLOAT16), answer: f"{answer}:f16"}
    for node in graph.node:
        inputs, output = [renamed.get(name, name) for name in node.input], renamed.get(node.output[0], node.output[0])
        node.input[:], node.output[:] = inputs, [output]
        if node.op_type in WIDE:
            node.input[:] = [cast(name, f"{output}:{name}:f32", TensorProto.FLOAT) for name in inputs]
            node.output[:] = [f"{output}:f32"]
        nodes.append(node)
        if node.op_type in WIDE:
            cast(f"{output}:f32", output, TensorProto.FLOAT16)
    cast(renamed[answer], answer, TensorProto.FLOAT)
    weights = [numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name) for tensor in graph.initializer]
    return with_graph(model, nodes, weights)


def any_batch(model):
    """`model` for any number of images: its operators do not depend on it."""
    copy = with_graph(model, model.graph.node, model.graph.initializer)
    for value in (*copy.graph.input, *copy.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "images"
    return copy


def with_graph(model, nodes, weights):
    copy = ModelProto()
    copy.ir_version = model.ir_version
    copy.opset_import.extend(model.opset_import)
    copy.graph.CopyFrom(helper.make_graph(nodes, model.graph.name, model.graph.input, model.graph.output, weights))
    return copy
