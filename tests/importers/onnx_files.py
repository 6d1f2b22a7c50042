"""Cases of how a file says things: storage of weights, listed initializers, several inputs and outputs; and small whole networks."""

import numpy as np
from onnx import TensorProto, helper

from onnx_graph import Weight, case, ints, scalar

X = ("N", 3, 6, 7)


def typed(kind):
    """Storage in the typed field of a TensorProto (float_data, int32_data for halves), not in raw_data."""
    return lambda array, name: helper.make_tensor(name, kind, array.shape, array.ravel())


@case(13, x=X)
def stored_raw(g, x):
    return g.node("Conv", [x, g.constant(Weight(5, 3, 3, 3)), g.constant(Weight(5))])


@case(13, x=X)
def stored_float_data(g, x):
    weight = g.constant(Weight(5, 3, 3, 3), typed(TensorProto.FLOAT))
    return g.node("Conv", [x, weight, g.constant(Weight(5), typed(TensorProto.FLOAT))])


@case(13, x=X)
def stored_int64_data(g, x):
    return g.node("Reshape", [x, g.constant(ints(0, 3, 42), typed(TensorProto.INT64))])


@case(11, x=X)
def stored_half(g, x):
    weight, bias = (g.constant(Weight(*shape).array("half").astype(np.float16)) for shape in ((5, 3, 3, 3), (5,)))
    weight, bias = (g.node("Cast", [name], to=TensorProto.FLOAT) for name in (weight, bias))
    return g.node("Conv", [x, weight, bias])


@case(13, x=X)
def stored_half_int32_data(g, x):
    half = Weight(5, 3, 3, 3).array("half").astype(np.float16)
    half.ravel()[:4] = [6e-8, -6e-5, 0.333, -1.999]
    weight = g.node("Cast", [g.constant(half, typed(TensorProto.FLOAT16))], to=TensorProto.FLOAT)
    return g.node("Conv", [x, weight])


@case(13, x=X)
def stored_double(g, x):
    weight = g.node("Cast", [g.constant(Weight(5, 3, 3, 3).array("double").astype(np.float64) / 3)], to=TensorProto.FLOAT)
    return g.node("Conv", [x, weight])


@case(12, x=X)
def stored_constant_node(g, x):
    return g.node("Conv", [x, g.literal(Weight(5, 3, 3, 3).array("node")), g.literal(Weight(5).array("node"))])


@case(13, x=X)
def stored_constant_attributes(g, x):
    y = g.node("Mul", [x, g.literal(None, value_float=0.75)])
    y = g.node("Add", [y, g.literal(None, value_floats=[0.5, -1.0, 0.25, 2.0, -0.125, 1.5, 3.0])])
    axis = g.node("Reshape", [g.literal(None, value_int=1), ints(1)])
    return g.node("Slice", [y, axis, g.literal(None, value_ints=[3]), axis])


@case(13, x=X)
def stored_external(g, x):
    """The weights lie in stored_external.bin."""
    y = g.node("Relu", [g.node("Conv", [x, Weight(5, 3, 3, 3), Weight(5)])])
    return g.node("Gemm", [g.node("Flatten", [y]), Weight(4, 100), Weight(4)], transB=1)


@case(7, ir=3, x=X)
def listed_ir_3(g, x):
    y = g.node("BatchNormalization", [g.node("Conv", [x, Weight(5, 3, 3, 3)]), *[Weight(5)] * 3, Weight(5, low=0.3)])
    return g.node("PRelu", [y, Weight(5, 1, 1)])


@case(11, ir=4, listed=True, x=X)
def listed_ir_4(g, x):
    return g.node("Conv", [x, Weight(5, 3, 3, 3), Weight(5)])


@case(17, listed=True, x=X)
def listed_ir_8(g, x):
    return g.node("Reshape", [g.node("Conv", [x, Weight(5, 3, 3, 3), Weight(5)]), ints(0, -1)])


@case(13, x=X)
def weight_used_twice(g, x):
    weight = g.constant(Weight(3, 3, 3, 3))
    return g.node("Conv", [g.node("Conv", [x, weight], pads=[1] * 4), weight])


@case(13, x=X)
def weight_computed(g, x):
    """Weights scaled by a node of constants only."""
    return g.node("Conv", [x, g.node("Mul", [Weight(5, 3, 3, 3), Weight(5, 1, 1, 1)]), g.node("Add", [Weight(5), scalar(0.5)])])


@case(13, x=X, y=X)
def two_inputs(g, x, y):
    return g.node("Add", [g.node("Conv", [x, Weight(3, 3, 3, 3)], pads=[1] * 4), y])


@case(13, x=X, y=("N", 9))
def two_inputs_of_two_ranks(g, x, y):
    pooled = g.node("Flatten", [g.node("GlobalAveragePool", [x])])
    return g.node("Gemm", [g.node("Concat", [pooled, y], axis=1), Weight(5, 12), Weight(5)], transB=1)


@case(13, x=X)
def two_outputs(g, x):
    y = g.node("Relu", [g.node("Conv", [x, Weight(5, 3, 3, 3), Weight(5)])])
    return g.node("Sigmoid", [g.node("Conv", [y, Weight(1, 5, 1, 1)])]), g.node("Conv", [y, Weight(4, 5, 1, 1)])


@case(13, x=X)
def output_inside(g, x):
    """An output that later nodes read, before an activation that could be joined to it."""
    y = g.node("Conv", [x, Weight(5, 3, 3, 3), Weight(5)])
    z = g.node("Relu", [y])
    return y, z, g.node("Flatten", [g.node("GlobalMaxPool", [z])])


@case(13, x=X)
def unused_nodes(g, x):
    """Nodes that no output needs, one of them an operator of no network."""
    y = g.node("Conv", [x, Weight(5, 3, 3, 3)])
    g.node("Det", [g.node("Slice", [y, ints(0), ints(4), ints(3)])])
    return g.node("Relu", [y])


@case(9, x=("N", 3, 9, 11))
def network_residual(g, x):
    y = g.node("Relu", [g.node("Conv", [x, Weight(6, 3, 3, 3), Weight(6)], strides=[2, 2], pads=[1] * 4)])
    z = g.node("Conv", [y, Weight(6, 6, 3, 3)], pads=[1] * 4)
    z = g.node("BatchNormalization", [z, *[Weight(6)] * 3, Weight(6, low=0.3)])
    z = g.node("Relu", [g.node("Add", [z, y])])
    z = g.node("Flatten", [g.node("GlobalAveragePool", [z])])
    return g.node("Softmax", [g.node("Gemm", [z, Weight(7, 6), Weight(7)], transB=1, alpha=0.25)], axis=1)


@case(14, x=("N", 3, 9, 11))
def network_mobile(g, x):
    y = g.node("Conv", [x, Weight(6, 3, 3, 3), Weight(6)], strides=[2, 2], pads=[1] * 4)
    y = g.node("HardSwish", [y])
    y = g.node("Clip", [g.node("Conv", [y, Weight(6, 1, 3, 3), Weight(6)], group=6, pads=[1] * 4), scalar(0.0), scalar(6.0)])
    gate = g.node("Relu", [g.node("Conv", [g.node("GlobalAveragePool", [y]), Weight(3, 6, 1, 1), Weight(3)])])
    gate = g.node("HardSigmoid", [g.node("Conv", [gate, Weight(6, 3, 1, 1), Weight(6)])], alpha=1 / 6)
    y = g.node("Conv", [g.node("Mul", [y, gate]), Weight(5, 6, 1, 1), Weight(5)])
    y = g.node("ReduceMean", [y], axes=[2, 3], keepdims=0)
    return g.node("Softmax", [g.node("Add", [g.node("MatMul", [y, Weight(5, 7)]), Weight(7)])], axis=-1)


@case(13, x=("N", 3, 8, 10))
def network_pyramid(g, x):
    low = g.node("LeakyRelu", [g.node("Conv", [x, Weight(4, 3, 3, 3), Weight(4)], pads=[1] * 4, strides=[2, 2])], alpha=0.1)
    top = g.node("LeakyRelu", [g.node("Conv", [low, Weight(5, 4, 3, 3), Weight(5)], pads=[1] * 4, strides=[2, 2])], alpha=0.1)
    up = g.node("ConvTranspose", [top, Weight(5, 4, 2, 2)], strides=[2, 2])
    up = g.node("Slice", [up, ints(0, 0), ints(4, 5), ints(2, 3)])
    y = g.node("Concat", [up, low], axis=1)
    return g.node("Conv", [y, Weight(2, 8, 1, 1), Weight(2)]), g.node("Conv", [top, Weight(2, 5, 1, 1)])
