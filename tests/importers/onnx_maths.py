"""Cases of activations, elementwise operators with their broadcasts, matrix products, softmax and means."""

import numpy as np

from onnx_graph import Weight, case, one, scalar

X = ("N", 5, 3, 4)

one("relu_7", 7, "Relu", [X])
one("relu_14", 14, "Relu", [X], batch=1)
one("leaky_relu_default", 7, "LeakyRelu", [X])
one("leaky_relu_16", 16, "LeakyRelu", [X], alpha=0.3)
one("prelu_channels", 7, "PRelu", [X, Weight(5, 1, 1)])
one("prelu_channels_16", 16, "PRelu", [X, Weight(5, 1, 1)])
one("prelu_single", 9, "PRelu", [X, Weight(1)])
one("prelu_rank_4", 9, "PRelu", [X, Weight(1, 5, 1, 1)])
one("prelu_rank_2", 16, "PRelu", [("N", 5), Weight(5)])
one("clip_6", 7, "Clip", [X], min=0.0, max=1.5)
one("clip_6_min_only", 10, "Clip", [X], min=-0.5)
one("clip_11", 11, "Clip", [X, scalar(-1.0), scalar(0.75)])
one("clip_11_min_only", 11, "Clip", [X, scalar(-0.25)])
one("clip_13_max_only", 13, "Clip", [X, None, scalar(0.5)])
one("clip_13_neither", 13, "Clip", [X])
one("sigmoid", 7, "Sigmoid", [X])
one("tanh", 13, "Tanh", [X])
one("exp", 13, "Exp", [X])
one("hard_swish", 14, "HardSwish", [("N", 5, 7, 9)])
one("hard_sigmoid_default", 7, "HardSigmoid", [X])
one("hard_sigmoid", 22, "HardSigmoid", [X], alpha=1 / 6, beta=0.5)


@case(14, x=X)
def hard_sigmoid_saturated(g, x):
    return g.node("HardSigmoid", [g.node("Mul", [x, g.literal(scalar(8.0))])])


@case(14, x=X)
def hard_swish_saturated(g, x):
    return g.node("HardSwish", [g.node("Mul", [x, g.literal(scalar(8.0))])])


@case(11, x=X)
def clip_reached(g, x):
    return g.node("Clip", [g.node("Mul", [x, g.literal(scalar(8.0))]), g.literal(scalar(-1.5)), g.literal(scalar(6.0))])


@case(11, x=X)
def clip_constant_nodes(g, x):
    return g.node("Clip", [x, g.literal(scalar(0.0)), g.literal(scalar(6.0))])


@case(13, x=X)
def hard_swish_spelled_out(g, x):
    y = g.node("Clip", [g.node("Add", [x, g.literal(scalar(3.0))]), scalar(0.0), scalar(6.0)])
    return g.node("Div", [g.node("Mul", [x, y]), g.literal(scalar(6.0))])


@case(13, x=X)
def silu_spelled_out(g, x):
    return g.node("Mul", [x, g.node("Sigmoid", [x])])


SHAPES = {"scalar": (), "one": (1,), "channels": (5, 1, 1), "channels_rank_4": (1, 5, 1, 1), "full": (5, 3, 4), "full_rank_4": (1, 5, 3, 4)}
SHAPES |= {"trailing": (4,), "rows": (3, 1), "plane": (3, 4)}
for opset, (place, shape) in zip((7, 9, 11, 13, 14, 7, 13, 9, 13), SHAPES.items()):
    one(f"add_{place}", opset, "Add", [X, Weight(*shape)])
    one(f"mul_{place}", opset, "Mul", [X, Weight(*shape)])
for place in ("scalar", "channels", "full", "trailing"):
    shape = SHAPES[place]
    one(f"sub_{place}", 7, "Sub", [X, Weight(*shape)])
    one(f"sub_{place}_left", 13, "Sub", [Weight(*shape), X])
    one(f"div_{place}", 14, "Div", [X, Weight(*shape, low=0.5)])
one("add_channels_left", 11, "Add", [Weight(5, 1, 1), X])
one("mul_scalar_left", 11, "Mul", [Weight(), X])
one("add_rank_2", 13, "Add", [("N", 5), Weight(5)])
one("add_rank_3", 13, "Add", [("N", 3, 5), Weight(5)])
one("mul_rank_3_rows", 13, "Mul", [("N", 3, 5), Weight(3, 1)])
one("sub_rank_2_left", 13, "Sub", [Weight(1, 5), ("N", 5)])


def register_div(place):
    def build(g, x):
        return g.node("Div", [Weight(*SHAPES[place]), g.node("Exp", [x])])

    build.__name__ = f"div_{place}_left"
    case(7 if place == "scalar" else 13, x=X)(build)


for place in ("scalar", "channels", "full", "trailing"):
    register_div(place)

one("add_inputs", 7, "Add", [X, X])
one("sub_inputs", 14, "Sub", [X, X])
one("mul_inputs", 13, "Mul", [X, X])
one("add_inputs_channels", 13, "Add", [X, ("N", 5, 1, 1)])
one("sub_inputs_channels_left", 13, "Sub", [("N", 5, 1, 1), X])
one("mul_inputs_plane", 13, "Mul", [X, ("N", 1, 3, 4)])
one("mul_inputs_rank_3", 13, "Mul", [("N", 3, 5), ("N", 3, 1)])
one("max_two", 8, "Max", [X, X])
one("min_two", 13, "Min", [X, X])
one("max_constant", 13, "Max", [X, Weight(5, 1, 1)])
one("min_scalar", 12, "Min", [X, scalar(0.5)])
one("sum_two", 8, "Sum", [X, X])
one("sum_three", 13, "Sum", [X, X, X])


@case(13, x=X)
def add_computed(g, x):
    return g.node("Add", [g.node("Sigmoid", [x]), g.node("Tanh", [x])])


@case(13, x=X)
def add_itself(g, x):
    return g.node("Add", [x, x])


@case(13, x=X, y=X)
def div_computed(g, x, y):
    return g.node("Div", [x, g.node("Exp", [y])])


@case(11, x=("N", 5, 6, 7))
def squeeze_excite(g, x):
    y = g.node("GlobalAveragePool", [x])
    y = g.node("Relu", [g.node("Conv", [y, Weight(3, 5, 1, 1), Weight(3)])])
    y = g.node("Sigmoid", [g.node("Conv", [y, Weight(5, 3, 1, 1), Weight(5)])])
    return g.node("Mul", [x, y])


@case(13, x=("N", 5, 6, 7))
def squeeze_excite_left(g, x):
    y = g.node("Conv", [x, Weight(5, 5, 1, 1)])
    gate = g.node("HardSigmoid", [g.node("ReduceMean", [y], axes=[2, 3], keepdims=1)])
    return g.node("Mul", [gate, y])


V = ("N", 7)
one("gemm", 9, "Gemm", [V, Weight(7, 5), Weight(5)])
one("gemm_trans_b", 7, "Gemm", [V, Weight(5, 7), Weight(5)], transB=1)
one("gemm_alpha_beta", 11, "Gemm", [V, Weight(5, 7), Weight(5)], transB=1, alpha=0.5, beta=-1.5)
one("gemm_no_c", 11, "Gemm", [V, Weight(7, 5)], alpha=2.0)
one("gemm_scalar_c", 13, "Gemm", [V, Weight(7, 5), Weight()], beta=3.0)
one("gemm_one_c", 13, "Gemm", [V, Weight(7, 5), Weight(1)])
one("gemm_row_c", 13, "Gemm", [V, Weight(5, 7), Weight(1, 5)], transB=1, batch=1)
one("matmul_rank_2", 13, "MatMul", [V, Weight(7, 5)])
one("matmul_rank_3", 13, "MatMul", [("N", 3, 7), Weight(7, 5)])


@case(9, x=X)
def matmul_flatten(g, x):
    y = g.node("MatMul", [g.node("Flatten", [x]), Weight(60, 3)])
    return g.node("Add", [y, Weight(3)])


@case(13, x=X)
def gemm_flatten(g, x):
    return g.node("Gemm", [g.node("Flatten", [x], axis=1), Weight(3, 60), Weight(3)], transB=1)


one("softmax_11_rank_4", 11, "Softmax", [X], axis=1)
one("softmax_11_default", 7, "Softmax", [X])
one("softmax_11_axis_2", 11, "Softmax", [X], axis=2)
one("softmax_11_last", 11, "Softmax", [("N", 3, 4)], axis=-1)
one("softmax_11_rank_2", 9, "Softmax", [V], axis=1)
one("softmax_13_channels", 13, "Softmax", [X], axis=1)
one("softmax_13_default", 13, "Softmax", [X])
one("softmax_13_axis_2", 13, "Softmax", [X], axis=2)
one("softmax_13_rank_3_last", 13, "Softmax", [("N", 3, 4)], axis=-1)
one("softmax_13_rank_3_axis_1", 13, "Softmax", [("N", 3, 4)], axis=1)
one("softmax_13_rank_2", 13, "Softmax", [V], axis=1, batch=1)
one("log_softmax_11", 11, "LogSoftmax", [X], axis=1)
one("log_softmax_13", 13, "LogSoftmax", [X], axis=1)

one("reduce_mean_11_keep", 11, "ReduceMean", [X], axes=[2, 3], keepdims=1)
one("reduce_mean_11_drop", 11, "ReduceMean", [X], axes=[2, 3], keepdims=0)
one("reduce_mean_negative_axes", 13, "ReduceMean", [X], axes=[-1, -2])
one("reduce_mean_channels", 11, "ReduceMean", [X], axes=[1])
one("reduce_mean_channels_drop", 7, "ReduceMean", [X], axes=[1], keepdims=0)
one("reduce_mean_last", 13, "ReduceMean", [X], axes=[-1], keepdims=0)
one("reduce_mean_18", 18, "ReduceMean", [X, np.array([2, 3])], keepdims=0)
one("reduce_mean_18_last", 18, "ReduceMean", [X, np.array([-1])], keepdims=1)
one("reduce_mean_rank_3", 18, "ReduceMean", [("N", 3, 4), np.array([1])], keepdims=0)
