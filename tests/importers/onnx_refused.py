"""Valid ONNX models with operators outside of any image network: each has several such nodes, named, between ordinary ones.

They are not run: a reader shall refuse them, and say every such node at once.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

X = ["N", 3, 8, 8]


def tensor(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def weight(name, *shape):
    return numpy_helper.from_array(np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape), name)


def number(name, value, kind=np.int64):
    return numpy_helper.from_array(np.array(value, kind), name)


def model(name, opset, nodes, outputs, weights, imports=()):
    graph = helper.make_graph(nodes, name, [tensor("x", *X)], outputs, weights)
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(*i) for i in imports)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(made)
    return made


def branch(name, kind):
    return helper.make_graph([helper.make_node(kind, ["c"], [f"{name}_out"], f"{name}_node")], name, [], [tensor(f"{name}_out", "N", 4, 6, 6)])


def lstm_einsum():
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "stem"),
        helper.make_node("Reshape", ["c", "shape"], ["r"], "rows"),
        helper.make_node("LSTM", ["r", "lw", "lr"], ["l"], "memory", hidden_size=5),
        helper.make_node("Einsum", ["l", "e"], ["y"], "contraction", equation="sdbh,hk->bsdk"),
    ]
    weights = [weight("w", 4, 3, 3, 3), number("shape", [0, 4, 36]), weight("lw", 1, 20, 36), weight("lr", 1, 20, 5), weight("e", 5, 2)]
    return model("lstm_einsum", 14, nodes, [tensor("y", 4, "N", 1, 2)], weights), ["memory", "contraction"]


def non_max_suppression_top_k():
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "stem", strides=[3, 3]),
        helper.make_node("Reshape", ["c", "boxes_shape"], ["boxes"], "boxes"),
        helper.make_node("Sigmoid", ["boxes"], ["squashed"], "squash"),
        helper.make_node("TopK", ["squashed", "k"], ["best", "places"], "best_of_four", axis=2),
        helper.make_node("Transpose", ["best"], ["scores"], "turn", perm=[0, 2, 1]),
        helper.make_node("NonMaxSuppression", ["boxes", "scores", "most", "overlap"], ["kept"], "suppression"),
    ]
    weights = [
        weight("w", 4, 3, 3, 3), number("boxes_shape", [0, -1, 4]), number("k", [1]), number("most", [3]),
        number("overlap", [0.5], np.float32),
    ]
    kept = helper.make_tensor_value_info("kept", TensorProto.INT64, ["K", 3])
    return model("non_max_suppression_top_k", 11, nodes, [kept], weights), ["best_of_four", "suppression"]


def if_loop():
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["still"], "go_on"),
            helper.make_node("Tanh", ["state"], ["next"], "again"),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            tensor("state", "N", 4, 6, 6),
        ],
        [helper.make_tensor_value_info("still", TensorProto.BOOL, []), tensor("next", "N", 4, 6, 6)],
    )
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "stem"),
        helper.make_node("If", ["yes"], ["d"], "choice", then_branch=branch("then", "Relu"), else_branch=branch("else", "Sigmoid")),
        helper.make_node("Loop", ["times", "yes", "d"], ["y"], "repetition", body=body),
    ]
    weights = [weight("w", 4, 3, 3, 3), number("yes", True, np.bool_), number("times", 3)]
    return model("if_loop", 16, nodes, [tensor("y", "N", 4, 6, 6)], weights), ["choice", "repetition"]


def foreign_domains():
    """An operator of another maker's domain, and a known name in a domain of its own."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "stem"),
        helper.make_node("Relu", ["c"], ["r"], "own_relu", domain="example.custom"),
        helper.make_node("NhwcMaxPool", ["r"], ["n"], "other_pool", domain="com.microsoft", kernel_shape=[2, 2]),
        helper.make_node("Det", ["n"], ["y"], "determinant"),
    ]
    imports = [("com.microsoft", 1), ("example.custom", 3)]
    made = model("foreign_domains", 13, nodes, [tensor("y", "N", 4)], [weight("w", 4, 3, 3, 3)], imports)
    return made, ["own_relu", "other_pool", "determinant"]


def entry(made, names):
    """The line of the index: every unsupported node with its operator, domain and that domain's opset."""
    opsets = {i.domain: i.version for i in made.opset_import}
    nodes = {node.name: node for node in made.graph.node}
    refused = [{"node": n, "operator": nodes[n].op_type, "domain": nodes[n].domain, "opset": opsets[nodes[n].domain]} for n in names]
    return {"name": made.graph.name, "opset": opsets[""], "refused": refused}


MODELS = [lstm_einsum, non_max_suppression_top_k, if_loop, foreign_domains]
