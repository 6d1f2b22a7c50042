"""Cases of operators that move numbers: concatenation, cutting, reshaping, padding, and the integer chains that exporters write."""

import numpy as np
from onnx import TensorProto, helper

from onnx_graph import Weight, case, ints, one, scalar

X = ("N", 5, 6, 7)
END = np.iinfo(np.int64).max

one("concat_channels", 7, "Concat", [("N", 3, 4, 5), ("N", 2, 4, 5)], axis=1)
one("concat_rows", 11, "Concat", [("N", 3, 4, 5), ("N", 3, 1, 5), ("N", 3, 2, 5)], axis=2)
one("concat_columns", 13, "Concat", [("N", 3, 4, 5), ("N", 3, 4, 2)], axis=3)
one("concat_last", 13, "Concat", [("N", 3, 4, 5), ("N", 3, 4, 2)], axis=-1)
one("concat_rank_2", 13, "Concat", [("N", 3), ("N", 6)], axis=1)
one("concat_rank_3", 11, "Concat", [("N", 3, 5), ("N", 6, 5)], axis=1)
one("concat_channels_negative", 13, "Concat", [("N", 4, 2, 3), ("N", 5, 2, 3)], axis=-3)


@case(13, x=("N", 3, 4, 5))
def concat_twice(g, x):
    return g.node("Concat", [x, g.node("Relu", [x]), x], axis=1)


one("split_7_channels", 7, "Split", [X], 3, axis=1, split=[1, 3, 1])
one("split_7_rows", 9, "Split", [X], 2, axis=2, split=[2, 4])
one("split_11_equal", 11, "Split", [X], 3, axis=-2)
one("split_13_channels", 13, "Split", [X, ints(2, 3)], 2, axis=1)
one("split_13_rows", 13, "Split", [X, ints(1, 5)], 2, axis=2)
one("split_13_equal", 13, "Split", [("N", 6, 2, 3)], 2, axis=1)
one("split_18_channels", 18, "Split", [X], 2, axis=1, num_outputs=2)
one("split_18_rows", 18, "Split", [X], 3, axis=2, num_outputs=3)
one("split_18_sizes", 18, "Split", [X, ints(3, 4)], 2, axis=3)

one("slice_9", 9, "Slice", [X], axes=[2, 3], starts=[1, 2], ends=[4, 2147483647])
one("slice_9_negative", 7, "Slice", [X], axes=[3, 1], starts=[-4, 1], ends=[-1, 1000])
one("slice_9_no_axes", 9, "Slice", [X], starts=[0, 1], ends=[END, 3])
one("slice_10", 10, "Slice", [X, ints(1, 0), ints(5, -2), ints(2, 3)])
one("slice_10_no_axes", 10, "Slice", [X, ints(0, 2, 0), ints(END, END, 4)])
one("slice_11_to_end", 11, "Slice", [X, ints(3), ints(END), ints(2)])
one("slice_11_int32", 11, "Slice", [X, *(ints(*i, dtype=np.int32) for i in ([1, 2], [3, 6], [1, 3], [1, 2]))])
one("slice_steps", 11, "Slice", [X, ints(0, 1), ints(END, END), ints(2, 3), ints(2, 2)])
one("slice_steps_channels", 13, "Slice", [X, ints(1), ints(5), ints(1), ints(2)])
one("slice_steps_3", 13, "Slice", [X, ints(1), ints(END), ints(-1), ints(3)])
one("slice_reversed", 13, "Slice", [X, ints(-1), ints(-END), ints(3), ints(-1)])
one("slice_reversed_steps", 13, "Slice", [X, ints(5), ints(0), ints(2), ints(-2)])
one("slice_negative_starts", 13, "Slice", [X, ints(-3, -5), ints(-1, END), ints(1, 3)])
one("slice_negative_axes", 13, "Slice", [X, ints(1, 2), ints(4, 3), ints(-1, -3)])
one("slice_rank_3", 13, "Slice", [("N", 5, 4), ints(0), ints(1), ints(2)])


@case(11, x=("N", 3, 6, 8))
def slice_focus(g, x):
    parts = []
    for row, column in ((0, 0), (1, 0), (0, 1), (1, 1)):
        y = g.node("Slice", [x, ints(row), ints(END), ints(2), ints(2)])
        parts.append(g.node("Slice", [y, ints(column), ints(END), ints(3), ints(2)]))
    return g.node("Conv", [g.node("Concat", parts, axis=1), Weight(5, 12, 1, 1)])


one("flatten_9", 9, "Flatten", [("N", 3, 2, 5)])
one("flatten_13", 13, "Flatten", [("N", 3, 2, 5)], axis=1, batch=1)
one("flatten_negative", 11, "Flatten", [("N", 3, 2, 5)], axis=-3)
one("reshape_zero", 7, "Reshape", [("N", 3, 2, 5), ints(0, -1)])
one("reshape_rank_3", 13, "Reshape", [("N", 3, 2, 5), ints(0, 3, -1)])
one("reshape_zeros", 14, "Reshape", [("N", 3, 2, 5), ints(0, 0, -1)], allowzero=0)
one("reshape_inferred_batch", 13, "Reshape", [("N", 3, 2, 5), ints(-1, 30)])
one("reshape_rank_4", 13, "Reshape", [("N", 3, 2, 5), ints(-1, 6, 1, 5)])
one("reshape_split_channels", 13, "Reshape", [("N", 6, 2, 5), ints(0, 2, 3, 10)])
one("reshape_fixed_batch", 9, "Reshape", [("N", 3, 2, 5), ints(1, 10, 3)], batch=1)
one("reshape_rank_2_to_4", 13, "Reshape", [("N", 30), ints(0, 5, 2, 3)])


@case(13, x=("N", 30))
def dense_to_image(g, x):
    y = g.node("Gemm", [x, Weight(12, 30), Weight(12)], transB=1)
    return g.node("Conv", [g.node("Reshape", [y, ints(-1, 3, 2, 2)]), Weight(5, 3, 2, 2)], pads=[1, 1, 0, 0])


@case(9, x=("N", 6, 3, 5))
def channel_shuffle(g, x):
    y = g.node("Reshape", [x, ints(-1, 2, 3, 3, 5)])
    return g.node("Reshape", [g.node("Transpose", [y], perm=[0, 2, 1, 3, 4]), ints(-1, 6, 3, 5)])


@case(13, x=("N", 6, 3, 5))
def channel_shuffle_3(g, x):
    y = g.node("Reshape", [x, ints(0, 3, 2, 3, 5)])
    y = g.node("Reshape", [g.node("Transpose", [y], perm=[0, 2, 1, 3, 4]), ints(0, -1, 3, 5)])
    return g.node("Conv", [y, Weight(6, 2, 2, 2)], group=3)


@case(13, x=("N", 8, 3, 5))
def pixel_shuffle(g, x):
    y = g.node("Reshape", [x, ints(-1, 2, 2, 2, 3, 5)])
    return g.node("Reshape", [g.node("Transpose", [y], perm=[0, 1, 4, 2, 5, 3]), ints(-1, 2, 6, 10)])


one("transpose_to_nhwc", 7, "Transpose", [("N", 3, 4, 5)], perm=[0, 2, 3, 1])
one("transpose_from_nhwc", 13, "Transpose", [("N", 4, 5, 3)], perm=[0, 3, 1, 2])
one("transpose_rank_3", 13, "Transpose", [("N", 4, 5)], perm=[0, 2, 1])
one("transpose_swap", 13, "Transpose", [("N", 3, 4, 5)], perm=[0, 1, 3, 2])
one("transpose_channels_rows", 21, "Transpose", [("N", 3, 4, 5)], perm=[0, 2, 1, 3])


@case(11, x=("N", 6, 7, 3))
def nhwc_conv(g, x):
    y = g.node("Transpose", [x], perm=[0, 3, 1, 2])
    y = g.node("Conv", [y, Weight(5, 3, 3, 3), Weight(5)], pads=[1] * 4, strides=[2, 2])
    return g.node("Transpose", [g.node("Relu", [y])], perm=[0, 2, 3, 1])


@case(11, x=("N", 6, 7, 3))
def nhwc_flatten(g, x):
    y = g.node("Conv", [g.node("Transpose", [x], perm=[0, 3, 1, 2]), Weight(5, 3, 3, 3)], strides=[2, 2])
    y = g.node("Reshape", [g.node("Transpose", [y], perm=[0, 2, 3, 1]), ints(-1, 30)])
    return g.node("MatMul", [y, Weight(30, 4)])


@case(11, x=("N", 3, 6, 5))
def detection_head(g, x):
    found = []
    for y, rows in ((x, 30), (g.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2]), 6)):
        y = g.node("Transpose", [g.node("Conv", [y, Weight(6, 3, 3, 3), Weight(6)], pads=[1] * 4)], perm=[0, 2, 3, 1])
        found.append(g.node("Reshape", [y, ints(0, -1, 2) if rows == 30 else ints(0, 18, 2)]))
    return g.node("Softmax", [g.node("Concat", found, axis=1)], axis=2)


one("squeeze_11", 11, "Squeeze", [("N", 5, 1, 1)], axes=[2, 3])
one("squeeze_7_columns", 7, "Squeeze", [("N", 5, 3, 1)], axes=[3])
one("squeeze_13", 13, "Squeeze", [("N", 5, 1, 1), ints(2, 3)])
one("squeeze_13_negative", 13, "Squeeze", [("N", 5, 1, 3), ints(-2)])
one("squeeze_13_channel", 13, "Squeeze", [("N", 1, 3, 4), ints(1)])
one("unsqueeze_11", 11, "Unsqueeze", [("N", 5)], axes=[2, 3])
one("unsqueeze_9_channel", 9, "Unsqueeze", [("N", 3, 4)], axes=[1])
one("unsqueeze_13", 13, "Unsqueeze", [("N", 5), ints(2, 3)])
one("unsqueeze_13_negative", 13, "Unsqueeze", [("N", 5, 4), ints(-1)])


@case(11, x=X)
def squeeze_gemm_unsqueeze(g, x):
    y = g.node("Squeeze", [g.node("GlobalAveragePool", [x])], axes=[2, 3])
    y = g.node("Sigmoid", [g.node("Gemm", [y, Weight(5, 5), Weight(5)], transB=1)])
    return g.node("Mul", [x, g.node("Unsqueeze", [y], axes=[2, 3])])


def dimension(g, x, axis, opset):
    """x.size(axis) of PyTorch's exporter."""
    y = g.node("Gather", [g.node("Shape", [x]), g.literal(scalar(axis, np.int64))], axis=0)
    return g.node("Unsqueeze", [y], axes=[0]) if opset < 13 else g.node("Unsqueeze", [y, g.literal(ints(0))])


@case(9, x=("N", 3, 4, 5))
def view_size_9(g, x):
    shape = g.node("Concat", [dimension(g, x, 0, 9), g.literal(ints(-1))], axis=0)
    return g.node("Gemm", [g.node("Reshape", [x, shape]), Weight(7, 60), Weight(7)], transB=1)


@case(13, x=("N", 3, 4, 5))
def view_size_13(g, x):
    shape = g.node("Concat", [dimension(g, x, 0, 13), g.literal(ints(-1))], axis=0)
    return g.node("Gemm", [g.node("Reshape", [x, shape]), Weight(7, 60), Weight(7)], transB=1)


@case(11, batch=1, x=("N", 3, 4, 5))
def view_size_batch_1(g, x):
    shape = g.node("Concat", [dimension(g, x, 0, 11), g.literal(ints(-1))], axis=0)
    return g.node("Reshape", [x, shape])


@case(11, x=("N", 3, 4, 5))
def view_product(g, x):
    """x.view(n, c, h * w)."""
    sizes = [g.node("Gather", [g.node("Shape", [x]), g.literal(scalar(axis, np.int64))], axis=0) for axis in range(4)]
    sizes = [*sizes[:2], g.node("Mul", sizes[2:])]
    shape = g.node("Concat", [g.node("Unsqueeze", [size], axes=[0]) for size in sizes], axis=0)
    return g.node("Reshape", [x, shape])


@case(11, x=("N", 6, 3, 5))
def shuffle_sizes(g, x):
    """x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, -1, h, w)."""
    n, c, h, w = (g.node("Gather", [g.node("Shape", [x]), g.literal(scalar(axis, np.int64))], axis=0) for axis in range(4))
    half = g.node("Cast", [g.node("Div", [c, g.literal(scalar(2, np.int64))])], to=TensorProto.INT64)
    n, half, h, w = (g.node("Unsqueeze", [size], axes=[0]) for size in (n, half, h, w))
    y = g.node("Reshape", [x, g.node("Concat", [n, g.literal(ints(2)), half, h, w], axis=0)])
    y = g.node("Transpose", [y], perm=[0, 2, 1, 3, 4])
    return g.node("Reshape", [y, g.node("Concat", [n, g.literal(ints(-1)), h, w], axis=0)])


@case(17, x=("N", 3, 4, 5))
def shape_start_end(g, x):
    """A Shape of a part of the axes."""
    y = g.node("Shape", [x], start=0, end=-2)
    return g.node("Reshape", [x, g.node("Concat", [y, ints(-1)], axis=0)])


@case(13, x=("N", 3, 4, 5))
def shape_slice(g, x):
    y = g.node("Slice", [g.node("Shape", [x]), ints(0), ints(2), ints(0)])
    return g.node("Reshape", [x, g.node("Concat", [y, ints(-1)], axis=0)])


def resize(g, x, sizes):
    empty = g.literal(np.zeros(0, np.float32))
    return g.node("Resize", [x, empty, empty, sizes], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")


@case(11, x=("N", 3, 4, 5))
def interpolate_scale(g, x):
    """F.interpolate of twice the size: sizes computed as floats and cut to integers."""
    sizes = []
    for axis in (2, 3):
        size = g.node("Cast", [g.node("Gather", [g.node("Shape", [x]), g.literal(scalar(axis, np.int64))], axis=0)], to=TensorProto.FLOAT)
        size = g.node("Floor", [g.node("Mul", [size, g.literal(scalar(2.0))])])
        sizes.append(g.node("Unsqueeze", [g.node("Cast", [size], to=TensorProto.INT64)], axes=[0]))
    first = g.node("Slice", [g.node("Shape", [x]), ints(0), ints(2), ints(0)])
    whole = g.node("Concat", [first, g.node("Concat", sizes, axis=0)], axis=0)
    return resize(g, x, whole)


@case(13, x=("N", 3, 4, 5), y=("N", 2, 7, 9))
def interpolate_like(g, x, y):
    """Upsampling to the size of another tensor, and their concatenation."""
    first = g.node("Slice", [g.node("Shape", [x]), ints(0), ints(2), ints(0)])
    last = g.node("Slice", [g.node("Shape", [y]), ints(2), ints(4), ints(0)])
    return g.node("Concat", [resize(g, x, g.node("Concat", [first, last], axis=0)), y], axis=1)


@case(11, x=("N", 3, 4, 5))
def pad_pytorch(g, x):
    """F.pad of PyTorch's exporter: pads from the last axis on, filled up by zeros, reversed and turned over."""
    rest = g.node("Sub", [g.node("Mul", [ints(4), ints(2)]), g.node("Shape", [g.literal(ints(1, 2, 0, 3))])])
    zeros = g.node("ConstantOfShape", [rest], value=helper.make_tensor("value", TensorProto.INT64, [1], [0]))
    y = g.node("Reshape", [g.node("Concat", [ints(1, 2, 0, 3), zeros], axis=0), ints(-1, 2)])
    y = g.node("Transpose", [g.node("Slice", [y, ints(-1), ints(-END), ints(0), ints(-1)])], perm=[1, 0])
    pads = g.node("Cast", [g.node("Reshape", [y, ints(-1)])], to=TensorProto.INT64)
    return g.node("Pad", [x, pads, scalar(0.0)], mode="constant")


@case(13, x=("N", 3, 4, 5))
def constant_of_shape(g, x):
    """A constant float tensor of a computed fixed shape, added."""
    size = g.node("Slice", [g.node("Shape", [x]), ints(1), ints(4), ints(0)])
    ones = g.node("ConstantOfShape", [size], value=helper.make_tensor("value", TensorProto.FLOAT, [1], [0.75]))
    return g.node("Add", [g.node("Relu", [x]), ones])


@case(13, x=("N", 3, 4, 5))
def identity(g, x):
    return g.node("Identity", [g.node("Relu", [g.node("Identity", [x])])])


@case(13, x=X)
def identity_of_weight(g, x):
    weight = g.node("Identity", [Weight(4, 5, 3, 3)])
    return g.node("Conv", [x, weight, Weight(4)])


@case(7, x=X)
def dropout_7(g, x):
    return g.node("Relu", [g.node("Dropout", [x], ratio=0.4)])


@case(12, x=X)
def dropout_12(g, x):
    y, _ = g.node("Dropout", [x], 2)
    return g.node("Relu", [y])


@case(13, x=X)
def dropout_13(g, x):
    return g.node("Relu", [g.node("Dropout", [x, scalar(0.25), scalar(False, np.bool_)])])


@case(13, x=X)
def cast_to_float(g, x):
    return g.node("Tanh", [g.node("Cast", [x], to=TensorProto.FLOAT)])


Y = ("N", 3, 4, 5)
one("pad_2_constant", 10, "Pad", [Y], pads=[0, 0, 1, 2, 0, 0, 0, 3], value=0.5)
one("pad_2_default", 7, "Pad", [Y], pads=[0, 0, 2, 0, 0, 0, 1, 1])
one("pad_2_reflect", 10, "Pad", [Y], pads=[0, 0, 1, 2, 0, 0, 3, 1], mode="reflect")
one("pad_2_edge", 10, "Pad", [Y], pads=[0, 0, 1, 2, 0, 0, 3, 1], mode="edge")
one("pad_11_constant", 11, "Pad", [Y, ints(0, 0, 1, 2, 0, 0, 0, 3), scalar(-1.5)], mode="constant")
one("pad_11_zero", 11, "Pad", [Y, ints(0, 0, 0, 1, 0, 0, 1, 0)])
one("pad_13_reflect", 13, "Pad", [Y, ints(0, 0, 2, 1, 0, 0, 3, 4)], mode="reflect")
one("pad_13_edge", 13, "Pad", [Y, ints(0, 0, 3, 0, 0, 0, 1, 6)], mode="edge")
one("pad_channels", 13, "Pad", [Y, ints(0, 1, 0, 0, 0, 2, 0, 0), scalar(0.25)])
one("pad_crop", 13, "Pad", [Y, ints(0, 0, -1, 2, 0, 0, 1, -2)])
one("pad_18_axes", 18, "Pad", [Y, ints(1, 2, 0, 3), scalar(0.5), ints(2, 3)])
one("pad_18_negative_axes", 18, "Pad", [Y, ints(2, 1, 1, 0), None, ints(-1, -2)], mode="reflect")


@case(11, x=X)
def pad_average_pool(g, x):
    y = g.node("Pad", [x, ints(0, 0, 1, 1, 0, 0, 1, 1)])
    return g.node("AveragePool", [y], kernel_shape=[3, 3], strides=[2, 2])


@case(11, x=("N", 5, 6, 7))
def pad_conv(g, x):
    y = g.node("Pad", [x, ints(0, 0, 0, 0, 0, 0, 1, 1)])
    return g.node("Conv", [y, Weight(4, 5, 3, 3), Weight(4)], strides=[2, 2])
