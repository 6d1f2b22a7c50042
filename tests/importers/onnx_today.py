"""Cases of operators that networks of today are exported with: attention, normalisations, activations; and of constants that exporters leave to be
computed. Registered with those of onnx_open.py, and run as they are."""

import numpy as np
from onnx import TensorProto

from onnx_graph import Weight, ints, scalar
from onnx_open import ROWS, X, case, one

# Normalisations.
one("layer_normalization", 17, "LayerNormalization", [ROWS, Weight(6), Weight(6)])
one("layer_normalization_rows", 17, "LayerNormalization", [ROWS, Weight(7, 6)], axis=1, epsilon=0.01)
one("layer_normalization_picture", 17, "LayerNormalization", [X, Weight(4, 5), Weight(4, 5)], axis=-2)
one("layer_normalization_rank_2", 17, "LayerNormalization", [("N", 9), Weight(9), Weight(9)])
one("rms_normalization", 23, "RMSNormalization", [ROWS, Weight(6)], axis=-1)
one("instance_normalization", 6, "InstanceNormalization", [X, Weight(3), Weight(3)], epsilon=0.1)
one("instance_normalization_rows", 13, "InstanceNormalization", [ROWS, Weight(7), Weight(7)])
one("group_normalization", 21, "GroupNormalization", [("N", 6, 4, 5), Weight(6), Weight(6)], num_groups=3)


@case(11, x=ROWS)
def layer_normalization_spelled_out(g, x):
    distance = g.node("Sub", [x, g.node("ReduceMean", [x], axes=[-1])])
    variance = g.node("ReduceMean", [g.node("Pow", [distance, scalar(2.0)])], axes=[-1])
    root = g.node("Sqrt", [g.node("Add", [variance, scalar(1e-5)])])
    return g.node("Add", [g.node("Mul", [g.node("Div", [distance, root]), Weight(6)]), Weight(6)])


@case(13, x=("N", 6, 4, 5))
def group_normalization_spelled_out(g, x):
    y = g.node("InstanceNormalization", [g.node("Reshape", [x, ints(0, 3, -1)]), np.ones(3, np.float32), np.zeros(3, np.float32)])
    y = g.node("Reshape", [y, g.node("Shape", [x])])
    return g.node("Add", [g.node("Mul", [y, Weight(6, 1, 1)]), Weight(6, 1, 1)])


# Functions.
one("erf", 13, "Erf", [X])
one("gelu", 20, "Gelu", [X])
one("gelu_tanh", 20, "Gelu", [X], approximate="tanh")
one("softplus", 13, "Softplus", [X])
one("power_of_a_whole", 13, "Pow", [X, scalar(4.0)])
one("power_of_three", 13, "Pow", [X, scalar(3, np.int64)])
one("powers_by_channel", 13, "Pow", [X, np.array([1, 2, 5], np.float32).reshape(3, 1, 1)])
one("power_of_a_constant", 13, "Pow", [Weight(5, low=0.5), X])


@case(13, x=X)
def power_of_a_fraction(g, x):
    return g.node("Pow", [g.node("Abs", [x]), scalar(1.7)])


@case(11, x=X)
def gelu_spelled_out(g, x):
    y = g.node("Add", [g.node("Erf", [g.node("Div", [x, scalar(2**0.5)])]), scalar(1.0)])
    return g.node("Mul", [g.node("Mul", [x, y]), scalar(0.5)])


@case(11, x=X)
def gelu_tanh_spelled_out(g, x):
    y = g.node("Add", [x, g.node("Mul", [g.node("Pow", [x, scalar(3.0)]), scalar(0.044715)])])
    y = g.node("Add", [g.node("Tanh", [g.node("Mul", [y, scalar((2 / np.pi) ** 0.5)])]), scalar(1.0)])
    return g.node("Mul", [g.node("Mul", [x, scalar(0.5)]), y])


@case(13, x=("N", 7))
def log_softmax_far_apart(g, x):
    return g.node("LogSoftmax", [g.node("Mul", [x, scalar(90.0)])], axis=1)


@case(13, x=X)
def log_softmax_rows_far_apart(g, x):
    return g.node("LogSoftmax", [g.node("Mul", [x, scalar(-60.0)])], axis=2)


# Reductions.
one("max_of_places", 13, "ReduceMax", [X], axes=[2, 3])
one("max_of_channels_18", 18, "ReduceMax", [X, ints(1)], keepdims=0)
one("min_of_rows", 13, "ReduceMin", [X], axes=[-2])
one("sum_of_sizes", 13, "ReduceL1", [X], axes=[1, 3], keepdims=0)
one("sum_of_squares", 18, "ReduceSumSquare", [X, ints(3)])
one("largest_channel", 13, "ArgMax", [("N", 7, 4)], cast=True, axis=1)
one("largest_column", 13, "ArgMax", [X], cast=True, axis=-1, keepdims=0)
one("smallest_row", 13, "ArgMin", [X], cast=True, axis=2)

# Products of two images, and attention.
one("products_of_rows", 13, "MatMul", [("N", 4, 6), ("N", 6, 5)])
one("products_of_heads", 13, "MatMul", [("N", 3, 4, 6), ("N", 3, 6, 5)])
one("products_with_one_head", 13, "MatMul", [("N", 3, 4, 6), ("N", 1, 6, 5)])
one("products_of_heads_of_groups", 13, "MatMul", [("N", 2, 3, 4, 6), ("N", 2, 1, 6, 5)])
one("products_with_matrices", 13, "MatMul", [("N", 3, 4, 6), Weight(3, 6, 5)])
one("products_with_matrices_rank_4", 13, "MatMul", [("N", 3, 4, 6), Weight(1, 3, 6, 5)])


def heads(g, x, perm):
    return g.node("Transpose", [g.node("Reshape", [x, ints(0, 0, 3, 4)])], perm=perm)


@case(11, x=("N", 5, 12))
def attention_11(g, x):
    q, k, v = (g.node("Add", [g.node("MatMul", [x, Weight(12, 12)]), Weight(12)]) for _ in range(3))
    q, k, v = heads(g, q, [0, 2, 1, 3]), heads(g, k, [0, 2, 3, 1]), heads(g, v, [0, 2, 1, 3])
    weights = g.node("Softmax", [g.node("Div", [g.node("MatMul", [q, k]), scalar(2.0)])], axis=3)
    y = g.node("Transpose", [g.node("MatMul", [weights, v])], perm=[0, 2, 1, 3])
    return g.node("Add", [x, g.node("MatMul", [g.node("Reshape", [y, ints(0, 0, 12)]), Weight(12, 12)])])


@case(17, x=("N", 5, 12))
def attention_17(g, x):
    """As torch.nn.functional.scaled_dot_product_attention is written: both sides by the root of the scale, which a size gives."""
    q, k, v = (heads(g, g.node("MatMul", [x, Weight(12, 12)]), [0, 2, 1, 3]) for _ in range(3))
    size = g.node("Slice", [g.node("Shape", [q]), ints(-1), ints(2**62)])
    scale = g.node("Div", [ints(1, dtype=np.float32), g.node("Sqrt", [g.node("Cast", [size], to=TensorProto.FLOAT)])])
    root = g.node("Sqrt", [scale])
    product = g.node("MatMul", [g.node("Mul", [q, root]), g.node("Mul", [g.node("Transpose", [k], perm=[0, 1, 3, 2]), root])])
    y = g.node("MatMul", [g.node("Softmax", [g.node("Add", [product, Weight(5, 5)])], axis=-1), v])
    return g.node("Reshape", [g.node("Transpose", [y], perm=[0, 2, 1, 3]), ints(0, 0, -1)])


@case(14, x=("N", 5, 12))
def attention_of_one_matrix(g, x):
    """Queries, keys and values by one product, split along the last dimension."""
    q, k, v = g.node("Split", [g.node("MatMul", [x, Weight(12, 36)]), ints(12, 12, 12)], outputs=3, axis=-1)
    q, k, v = heads(g, q, [0, 2, 1, 3]), heads(g, k, [0, 2, 3, 1]), heads(g, v, [0, 2, 1, 3])
    y = g.node("MatMul", [g.node("Softmax", [g.node("MatMul", [q, k])], axis=-1), v])
    return g.node("Reshape", [g.node("Transpose", [y], perm=[0, 2, 1, 3]), ints(0, 0, 12)])


@case(23, x=("N", 5, 12), y=("N", 4, 12))
def attention_23(g, x, y):
    q, k, v = (g.node("MatMul", [side, Weight(12, 12)]) for side in (x, y, y))
    return g.node("Attention", [q, k, v], q_num_heads=3, kv_num_heads=3)


@case(23, x=("N", 3, 5, 4))
def attention_23_masked(g, x):
    return g.node("Attention", [x, g.node("Tanh", [x]), g.node("Abs", [x]), Weight(5, 5)], scale=0.3)


@case(23, refused="Attention_0", x=("N", 3, 5, 4))
def attention_23_causal(g, x):
    return g.node("Attention", [x, x, x], is_causal=1)


def normalised(g, x, opset, width):
    """A layer normalisation: an operator since opset 17, written out before."""
    if opset >= 17:
        return g.node("LayerNormalization", [x, Weight(width), Weight(width)], axis=-1, epsilon=1e-6)
    distance = g.node("Sub", [x, g.node("ReduceMean", [x], axes=[-1])])
    variance = g.node("ReduceMean", [g.node("Pow", [distance, scalar(2.0)])], axes=[-1])
    root = g.node("Sqrt", [g.node("Add", [variance, scalar(1e-6)])])
    return g.node("Add", [g.node("Mul", [g.node("Div", [distance, root]), Weight(width)]), Weight(width)])


def gelu(g, x, opset):
    if opset >= 20:
        return g.node("Gelu", [x])
    y = g.node("Add", [g.node("Erf", [g.node("Div", [x, scalar(2**0.5)])]), scalar(1.0)])
    return g.node("Mul", [g.node("Mul", [x, y]), scalar(0.5)])


def linear(g, x, columns, outputs):
    """Weights that keep the size of what goes through."""
    weight = Weight(columns, outputs).array(f"w{len(g.constants)}") / np.float32(columns**0.5)
    return g.node("Add", [g.node("MatMul", [x, weight]), Weight(outputs)])


def transformer(opset):
    def vision_transformer(g, x):
        """Patches of 4 x 4, a class token, two blocks of three heads, an answer from the token."""
        patches = g.node("Reshape", [g.node("Conv", [x, Weight(12, 3, 4, 4), Weight(12)], strides=[4, 4]), ints(0, 12, -1)])
        patches = g.node("Transpose", [patches], perm=[0, 2, 1])
        axes = {"axes": [0]} if opset < 13 else {}
        count = g.node("Gather", [g.node("Shape", [x]), scalar(0, np.int64)], axis=0)
        count = g.node("Unsqueeze", [count] + ([] if axes else [ints(0)]), **axes)
        token = g.node("Expand", [Weight(1, 1, 12), g.node("Concat", [count, ints(1, 1)], axis=0)])
        y = g.node("Add", [g.node("Concat", [token, patches], axis=1), Weight(1, 5, 12)])
        for _ in range(2):
            z = normalised(g, y, opset, 12)
            q, k, v = (linear(g, z, 12, 12) for _ in range(3))
            q, k, v = heads(g, q, [0, 2, 1, 3]), heads(g, k, [0, 2, 3, 1]), heads(g, v, [0, 2, 1, 3])
            weights = g.node("Softmax", [g.node("Div", [g.node("MatMul", [q, k]), scalar(2.0)])], axis=3)
            z = g.node("Transpose", [g.node("MatMul", [weights, v])], perm=[0, 2, 1, 3])
            y = g.node("Add", [y, linear(g, g.node("Reshape", [z, ints(0, 0, 12)]), 12, 12)])
            z = gelu(g, linear(g, normalised(g, y, opset, 12), 12, 24), opset)
            y = g.node("Add", [y, linear(g, z, 24, 12)])
        token = g.node("Gather", [normalised(g, y, opset, 12), scalar(0, np.int64)], axis=1)
        return g.node("Gemm", [token, Weight(7, 12), Weight(7)], transB=1)

    vision_transformer.__name__ = f"vision_transformer_{opset}"
    case(opset, x=("N", 3, 8, 8))(vision_transformer)


def convnext(opset):
    def convnext_block(g, x):
        """Depthwise, then channels last: normalised, widened, smoothed, narrowed, scaled."""
        y = g.node("Conv", [x, Weight(6, 1, 7, 7), Weight(6)], pads=[3, 3, 3, 3], group=6)
        y = normalised(g, g.node("Transpose", [y], perm=[0, 2, 3, 1]), opset, 6)
        y = linear(g, gelu(g, linear(g, y, 6, 12), opset), 12, 6)
        return g.node("Add", [g.node("Transpose", [g.node("Mul", [y, Weight(6)])], perm=[0, 3, 1, 2]), x])

    convnext_block.__name__ = f"convnext_block_{opset}"
    case(opset, x=("N", 6, 9, 8))(convnext_block)


for opset in (11, 17, 23):
    transformer(opset)
    convnext(opset)


@case(17, x=("N", 6, 9, 8))
def mobilenet_v3_block(g, x):
    y = g.node("HardSwish", [g.node("Conv", [x, Weight(10, 6, 1, 1), Weight(10)])])
    y = g.node("HardSwish", [g.node("Conv", [y, Weight(10, 1, 5, 5), Weight(10)], pads=[2, 2, 2, 2], group=10)])
    z = g.node("Relu", [g.node("Conv", [g.node("GlobalAveragePool", [y]), Weight(4, 10, 1, 1), Weight(4)])])
    z = g.node("HardSigmoid", [g.node("Conv", [z, Weight(10, 4, 1, 1), Weight(10)])], alpha=1 / 6)
    return g.node("Add", [g.node("Conv", [g.node("Mul", [z, y]), Weight(6, 10, 1, 1), Weight(6)]), x])


@case(11, x=("N", 6, 9, 8))
def efficientnet_block(g, x):
    def silu(y):
        return g.node("Mul", [y, g.node("Sigmoid", [y])])

    y = silu(g.node("Conv", [x, Weight(10, 6, 1, 1), Weight(10)]))
    y = silu(g.node("Conv", [y, Weight(10, 1, 3, 3), Weight(10)], pads=[1, 1, 1, 1], group=10))
    z = silu(g.node("Conv", [g.node("ReduceMean", [y], axes=[2, 3]), Weight(4, 10, 1, 1), Weight(4)]))
    z = g.node("Sigmoid", [g.node("Conv", [z, Weight(10, 4, 1, 1), Weight(10)])])
    return g.node("Add", [g.node("Conv", [g.node("Mul", [z, y]), Weight(6, 10, 1, 1), Weight(6)]), x])


# Windows.
one("max_pool_dilated", 13, "MaxPool", [("N", 3, 9, 8)], kernel_shape=[3, 2], dilations=[2, 3], pads=[2, 1, 1, 0])
one("max_pool_dilated_ceil", 13, "MaxPool", [("N", 3, 10, 11)], kernel_shape=[2, 3], dilations=[3, 2], strides=[2, 3], ceil_mode=1)
one("max_pool_dilated_row", 13, "MaxPool", [("N", 3, 12)], kernel_shape=[3], dilations=[2], strides=[2])
one("means_of_windows_in_the_pads", 13, "AveragePool", [X], refused=True, kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 3, 3])
one("conv_transpose_same_long_stride", 13, "ConvTranspose", [("N", 2, 4, 3), Weight(2, 3, 2, 2), Weight(3)], auto_pad="SAME_UPPER", strides=[3, 4])
one("conv_transpose_long_output", 13, "ConvTranspose", [("N", 2, 4, 3), Weight(2, 3, 3, 2), Weight(3)], strides=[2, 2], output_shape=[10, 7])
one("conv_transpose_row", 13, "ConvTranspose", [("N", 4, 7), Weight(4, 3, 5), Weight(3)], strides=[2], pads=[1, 2])
one("conv_transpose_row_of_a_length", 11, "ConvTranspose", [("N", 4, 7), Weight(4, 3, 3)], strides=[2], output_shape=[14])


@case(13, x=("N", 3, 6, 8))
def max_pool_places_unread(g, x):
    return g.node("MaxPool", [x], outputs=2, kernel_shape=[2, 2], strides=[2, 2])[0]


@case(13, x=("N", 3, 6, 8))
def max_pool_of_infinite_pads(g, x):
    y = g.node("Pad", [x, ints(0, 0, 1, 1, 0, 0, 1, 1), scalar(-np.inf)])
    return g.node("MaxPool", [y], kernel_shape=[3, 3], strides=[2, 2])


# Constants beside images, and those that are left to be computed.
@case(13, x=("N", 4, 5))
def concat_with_a_constant(g, x):
    count = g.node("Slice", [g.node("Shape", [x]), ints(0), ints(1)])
    constant = g.node("Tile", [Weight(1, 4, 3), g.node("Concat", [count, ints(1, 1)], axis=0)])
    return g.node("Concat", [x, constant], axis=2)


@case(13, x=("N", 6))
def weight_norm(g, x):
    weight = g.literal(Weight(4, 6).array("v"))
    scale = g.node("Div", [Weight(4, 1, low=0.5), g.node("ReduceL2", [weight], axes=[1])])
    return g.node("Gemm", [x, g.node("Mul", [weight, scale])], transB=1)


@case(13, x=X)
def constants_of_many_operators(g, x):
    a, b = g.literal(Weight(3, 4, 5).array("a")), g.literal(Weight(3, 4, 5).array("b"))
    a = g.node("Sum", [g.node("Pow", [a, scalar(2.0)]), g.node("Sigmoid", [b]), g.node("Tanh", [a])])
    a = g.node("Softmax", [g.node("Mean", [a, g.node("Erf", [b])])], axis=2)
    a = g.node("Add", [a, g.node("ReduceSum", [b, ints(0, 2)])])
    return g.node("Mul", [x, g.node("Unsqueeze", [g.node("Clip", [a, scalar(-1.0), scalar(1.5)]), ints(0)])])


@case(13, x=("N", 4))
def constants_of_layers(g, x):
    weight = g.node("MatMul", [g.literal(Weight(4, 5).array("a")), g.literal(Weight(5, 3).array("b"))])
    bias = g.node("Gemm", [g.literal(Weight(1, 4).array("c")), Weight(3, 4), Weight(3)], transB=1)
    return g.node("Add", [g.node("MatMul", [x, g.node("LeakyRelu", [weight])]), bias])


# Other types, other opsets.
@case(13, kind=TensorProto.UINT8, x=("N", 3, 6, 5))
def picture_of_bytes(g, x):
    y = g.node("Mul", [g.node("Cast", [x], to=TensorProto.FLOAT), scalar(1 / 255)])
    return g.node("Conv", [y, Weight(4, 3, 3, 3)])


@case(13, kind=TensorProto.UINT8, x=("N", 6, 5, 3))
def picture_of_bytes_channels_last(g, x):
    y = g.node("Transpose", [g.node("Slice", [x, ints(1), ints(5), ints(1)])], perm=[0, 3, 1, 2])
    y = g.node("Cast", [g.node("Cast", [y], to=TensorProto.INT32)], to=TensorProto.FLOAT)
    return g.node("Div", [g.node("Sub", [y, Weight(3, 1, 1)]), scalar(127.5)])


@case(14, kind=TensorProto.UINT8, refused="Add_0", x=("N", 3, 6, 5))
def sum_of_bytes(g, x):
    return g.node("Cast", [g.node("Add", [x, x])], to=TensorProto.FLOAT)


@case(13, kind=TensorProto.INT32, refused="x", x=("N", 3, 6, 5))
def picture_of_words(g, x):
    return g.node("Cast", [x], to=TensorProto.FLOAT)


@case(13, kind=TensorProto.FLOAT16, x=("N", 3, 6, 5))
def halves(g, x):
    y = g.node("Relu", [g.node("Conv", [x, Weight(4, 3, 3, 3), Weight(4)])])
    return g.node("Add", [g.node("ReduceMean", [y], axes=[2, 3], keepdims=0), Weight(4)])


for opset in (6, 23, 24):

    def conv_relu(g, x):
        return g.node("Relu", [g.node("Conv", [x, Weight(4, 3, 3, 3), Weight(4)])])

    conv_relu.__name__ = f"conv_relu_{opset}"
    case(opset, x=("N", 3, 6, 5))(conv_relu)


@case(23, x=("N", 4, 3))
def shapes_23(g, x):
    y = g.node("Reshape", [g.node("Transpose", [g.node("Flatten", [x])], perm=[0, 1]), g.node("Concat", [ints(0), ints(3, -1)], axis=0)])
    y = g.node("Squeeze", [g.node("Unsqueeze", [g.node("Identity", [y]), ints(2)]), ints(2)])
    return g.node("Cast", [g.node("Pad", [y, ints(0, 1, 0, 0, 0, 1)])], to=TensorProto.FLOAT)


def broadcast(g, x, shape, **how):
    y = g.node("Add", [x, np.linspace(-1, 1, 3, dtype=np.float32).reshape(shape)], **how)
    return g.node("Mul", [y, Weight(4, 5)], **({"broadcast": 1} if how else {}))


@case(7, x=X)
def broadcast_from_an_axis_7(g, x):
    return broadcast(g, x, (3, 1, 1))


@case(6, like="broadcast_from_an_axis_7", x=X)
def broadcast_from_an_axis_6(g, x):
    return broadcast(g, x, (3,), broadcast=1, axis=1)
