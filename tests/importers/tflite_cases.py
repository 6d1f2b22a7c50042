"""One or a few operators a file, with odd sizes."""

import numpy as np

from tflite_graph import CASES, Graph

SAME, VALID = 0, 1
NONE, RELU, RELU_N1, RELU6, TANH = range(5)


def register(name, build):
    assert name not in CASES, name
    CASES[name] = build


def conv(g, x, shape, weight, stride=(1, 1), padding=SAME, activation=NONE, dilation=(1, 1), kind="float32"):
    w = g.weight(*weight, kind=kind)
    if kind == "float16":
        w = g.op("DEQUANTIZE", [w], weight)
    return g.op("CONV_2D", [x, w, g.weight(weight[0])], shape, ("Conv2DOptions", dict(
        Padding=padding, StrideH=stride[0], StrideW=stride[1], FusedActivationFunction=activation,
        DilationHFactor=dilation[0], DilationWFactor=dilation[1])))


def depthwise(g, x, shape, weight, multiplier, stride=(1, 1), padding=SAME, activation=NONE, dilation=(1, 1)):
    return g.op("DEPTHWISE_CONV_2D", [x, g.weight(*weight), g.weight(weight[3])], shape, ("DepthwiseConv2DOptions", dict(
        Padding=padding, StrideH=stride[0], StrideW=stride[1], DepthMultiplier=multiplier, FusedActivationFunction=activation,
        DilationHFactor=dilation[0], DilationWFactor=dilation[1])))


def simple(name, shape, build):
    """A case of one input of `shape`; `build` gives the outputs."""
    def graph():
        g = Graph(len(CASES))
        made = build(g, g.input(*shape))
        g.output(*(made if isinstance(made, (list, tuple)) else [made]))
        return g
    register(name, graph)


P = (1, 7, 10, 5)

for name, arguments in {
    "conv_same": ((1, 7, 10, 6), (6, 3, 3, 5), {}),
    "conv_same_stride": ((1, 4, 5, 6), (6, 3, 2, 5), dict(stride=(2, 2))),
    "conv_valid_relu6": ((1, 3, 5, 6), (6, 3, 2, 5), dict(stride=(2, 2), padding=VALID, activation=RELU6)),
    "conv_dilated": ((1, 7, 10, 4), (4, 3, 3, 5), dict(dilation=(2, 3))),
    "conv_float16": ((1, 7, 10, 4), (4, 3, 3, 5), dict(kind="float16", activation=RELU)),
}.items():
    simple(name, P, lambda g, x, a=arguments: conv(g, x, a[0], a[1], **a[2]))

simple("conv_groups", (1, 6, 5, 8), lambda g, x: conv(g, x, (1, 6, 5, 6), (6, 3, 3, 4)))
simple("depthwise_same", P, lambda g, x: depthwise(g, x, P, (1, 3, 3, 5), 1))
simple("depthwise_multiplied", P, lambda g, x: depthwise(g, x, (1, 4, 5, 15), (1, 3, 5, 15), 3, stride=(2, 2), activation=RELU))
simple("depthwise_valid_dilated", P, lambda g, x: depthwise(g, x, (1, 3, 6, 5), (1, 3, 3, 5), 1, padding=VALID, dilation=(2, 2)))


def pads(g, x, shape, amounts):
    return g.op("PAD", [x, g.constant(amounts, "int32")], shape, ("PadOptions", {}))


ROUND = [[0, 0], [1, 2], [0, 3], [0, 0]]
simple("pad_then_conv_valid", P, lambda g, x: conv(g, pads(g, x, (1, 10, 13, 5), ROUND), (1, 4, 6, 3), (3, 3, 3, 5), stride=(2, 2), padding=VALID))
simple("pad_then_depthwise_same", P, lambda g, x: depthwise(g, pads(g, x, (1, 10, 13, 5), ROUND), (1, 5, 7, 5), (1, 4, 4, 5), 1, stride=(2, 2)))


@lambda build: register("pad_read_twice", build)
def _():
    g = Graph(31)
    x = g.input(*P)
    padded = pads(g, x, (1, 10, 13, 5), ROUND)
    made = conv(g, padded, (1, 8, 11, 3), (3, 3, 3, 5), padding=VALID)
    pooled = g.op("MAX_POOL_2D", [padded], (1, 5, 6, 5), ("Pool2DOptions", dict(Padding=VALID, StrideH=2, StrideW=2, FilterHeight=2, FilterWidth=2)))
    g.output(made, pooled, padded)
    return g


simple("pad_channels_then_add", P, lambda g, x: g.op("ADD", [pads(g, x, (1, 7, 10, 8), [[0, 0], [0, 0], [0, 0], [1, 2]]), g.input(1, 7, 10, 8)], (1, 7, 10, 8), ("AddOptions", dict(FusedActivationFunction=RELU))))
simple("padv2", P, lambda g, x: g.op("PADV2", [x, g.constant(ROUND, "int32"), g.constant(-1.5)], (1, 10, 13, 5), ("PadV2Options", {})))
simple("pad_mirror", P, lambda g, x: g.op("MIRROR_PAD", [x, g.constant(ROUND, "int32")], (1, 10, 13, 5), ("MirrorPadOptions", dict(Mode=0))))

for kind in ["MAX_POOL_2D", "AVERAGE_POOL_2D"]:
    for padding, shape in [(SAME, (1, 4, 5, 5)), (VALID, (1, 3, 4, 5))]:
        simple(f"{kind.lower()}_{'same' if padding == SAME else 'valid'}", P, lambda g, x, kind=kind, padding=padding, shape=shape: g.op(
            kind, [x], shape, ("Pool2DOptions", dict(Padding=padding, StrideH=2, StrideW=2, FilterHeight=3, FilterWidth=3, FusedActivationFunction=RELU))))

for padding, shape, tag in [(SAME, (1, 14, 20, 4), "same"), (SAME, (1, 13, 19, 4), "same_odd"), (VALID, (1, 15, 21, 4), "valid")]:
    for bias in [True, False]:
        simple(f"transpose_conv_{tag}{'' if bias else '_no_bias'}", P, lambda g, x, padding=padding, shape=shape, bias=bias: g.op(
            "TRANSPOSE_CONV", [g.constant(shape, "int32"), g.weight(4, 3, 3, 5), x] + ([g.weight(4)] if bias else []), shape,
            ("TransposeConvOptions", dict(Padding=padding, StrideH=2, StrideW=2, FusedActivationFunction=RELU if bias else NONE)), version=4 if bias else 1))

FC = lambda **fields: ("FullyConnectedOptions", fields)  # noqa: E731
simple("fully_connected_picture", (1, 3, 4, 5), lambda g, x: g.op("FULLY_CONNECTED", [x, g.weight(7, 60), g.weight(7)], (1, 7), FC(FusedActivationFunction=RELU)))
simple("fully_connected_rows", (1, 6, 5), lambda g, x: g.op("FULLY_CONNECTED", [x, g.weight(7, 5), -1], (1, 6, 7), FC(KeepNumDims=True)))
simple("fully_connected_reshaped", P, lambda g, x: g.op("FULLY_CONNECTED", [
    g.op("RESHAPE", [conv(g, x, (1, 7, 10, 2), (2, 1, 1, 5)), g.constant([1, 140], "int32")], (1, 140)), g.weight(3, 140), g.weight(3)], (1, 3), FC()))

for name in ["RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LOGISTIC", "TANH", "HARD_SWISH", "EXP", "ABS", "NEG", "SQUARE", "ELU"]:
    simple(name.lower(), P, lambda g, x, name=name: g.op(name, [x], P))
for name in ["SQRT", "RSQRT"]:
    simple(name.lower(), P, lambda g, x, name=name: g.op(name, [g.op("EXP", [x], P)], P))
simple("leaky_relu", P, lambda g, x: g.op("LEAKY_RELU", [x], P, ("LeakyReluOptions", dict(Alpha=0.1))))
for tanh in [False, True]:
    simple(f"gelu_{'tanh' if tanh else 'erf'}", P, lambda g, x, tanh=tanh: g.op("GELU", [x], P, ("GeluOptions", dict(Approximate=tanh))))
for shape in [(1, 1, 5), (5,), (7, 10, 5), (1, 1, 1)]:
    simple(f"prelu_{len(shape)}_{shape[0]}_{shape[-1]}", P, lambda g, x, shape=shape: g.op("PRELU", [x, g.weight(*shape)], P))

ARITHMETIC = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions", "DIV": "DivOptions", "MAXIMUM": "MaximumMinimumOptions",
              "MINIMUM": "MaximumMinimumOptions", "SQUARED_DIFFERENCE": "SquaredDifferenceOptions"}
for name, options in ARITHMETIC.items():
    own = (options, {})
    simple(f"{name.lower()}_images", P, lambda g, x, name=name, own=own: g.op(name, [x, g.input(*P, values=2 + g.random.random(P))], P, own))
    simple(f"{name.lower()}_channel", P, lambda g, x, name=name, own=own: g.op(name, [x, g.constant(1.5 + g.random.random(5))], P, own))
    simple(f"{name.lower()}_from_constant", P, lambda g, x, name=name, own=own: g.op(name, [g.constant(1.5), g.op("EXP", [x], P)], P, own))
simple("mul_pixels", P, lambda g, x: g.op("MUL", [x, g.weight(1, 7, 10, 1)], P, ("MulOptions", dict(FusedActivationFunction=RELU_N1))))
simple("add_columns", P, lambda g, x: g.op("ADD", [x, g.weight(10, 1)], P, ("AddOptions", {})))
simple("add_whole", P, lambda g, x: g.op("ADD", [x, g.weight(*P)], P, ("AddOptions", {})))
simple("mul_squeezed", P, lambda g, x: g.op("MUL", [x, g.op("LOGISTIC", [g.op("MEAN", [x, g.constant([1, 2], "int32")], (1, 1, 1, 5), ("ReducerOptions", dict(KeepDims=True)))], (1, 1, 1, 5))], P, ("MulOptions", {})))
simple("add_other_order", (1, 6, 4), lambda g, x: g.op("ADD", [g.op("TRANSPOSE", [x, g.constant([0, 2, 1], "int32")], (1, 4, 6)), g.input(1, 4, 6)], (1, 4, 6), ("AddOptions", {})))
simple("add_fewer_dimensions", P, lambda g, x: g.op("ADD", [x, g.op("RESHAPE", [g.input(1, 5), g.constant([5], "int32")], (5,))], P, ("AddOptions", {})))
simple("add_n", P, lambda g, x: g.op("ADD_N", [x, g.input(*P), g.input(*P)], P))

for name in ["MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"]:
    for axes, keep, shape in [([1, 2], True, (1, 1, 1, 5)), ([1, 2], False, (1, 5)), ([-1], True, (1, 7, 10, 1)), ([2], False, (1, 7, 5)), ([1, 2, 3], True, (1, 1, 1, 1))]:
        simple(f"{name.lower()}_{'_'.join(map(str, axes)).replace('-', 'last')}_{keep}".lower(), P, lambda g, x, name=name, axes=axes, keep=keep, shape=shape: g.op(
            name, [x, g.constant(axes, "int32")], shape, ("ReducerOptions", dict(KeepDims=keep))))
simple("softmax_picture", P, lambda g, x: g.op("SOFTMAX", [x], P, ("SoftmaxOptions", dict(Beta=1.0))))
simple("softmax_flat", (1, 9), lambda g, x: g.op("SOFTMAX", [x], (1, 9), ("SoftmaxOptions", dict(Beta=0.7))))
simple("log_softmax", P, lambda g, x: g.op("LOG_SOFTMAX", [x], P, ("LogSoftmaxOptions", {})))
simple("l2_normalization", (1, 9), lambda g, x: g.op("L2_NORMALIZATION", [x], (1, 9), ("L2NormOptions", {})))

for name, options in [("RESIZE_BILINEAR", "ResizeBilinearOptions"), ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions")]:
    for corners, half in [(False, False), (True, False), (False, True)]:
        for size in [(14, 20), (11, 6)]:
            fields = {"AlignCorners": corners, "HalfPixelCenters": half}
            tag = "corners" if corners else "half" if half else "neither"
            simple(f"{name.lower()}_{tag}_{size[0]}", P, lambda g, x, name=name, size=size, own=(options, fields): g.op(
                name, [x, g.constant(size, "int32")], (1, *size, 5), own, version=3))

simple("depth_to_space", (1, 3, 5, 12), lambda g, x: g.op("DEPTH_TO_SPACE", [x], (1, 6, 10, 3), ("DepthToSpaceOptions", dict(BlockSize=2))))
simple("space_to_depth", (1, 6, 10, 3), lambda g, x: g.op("SPACE_TO_DEPTH", [x], (1, 3, 5, 12), ("SpaceToDepthOptions", dict(BlockSize=2))))

RESHAPE = lambda g, x, shape: g.op("RESHAPE", [x, g.constant(shape, "int32")], shape)  # noqa: E731
for shape in [(1, 350), (1, 70, 5), (1, 7, 50), (1, 7, 5, 10), (1, 350, 1), (1, 5, 2, 7, 5)]:
    simple(f"reshape_{'_'.join(map(str, shape))}", P, lambda g, x, shape=shape: RESHAPE(g, x, shape))
simple("reshape_again", P, lambda g, x: RESHAPE(g, RESHAPE(g, x, (1, 350)), (1, 10, 7, 5)))
simple("squeeze", (1, 1, 6, 5), lambda g, x: g.op("SQUEEZE", [x], (1, 6, 5), ("SqueezeOptions", dict(SqueezeDims=[1]))))
simple("expand_dims", (1, 6, 5), lambda g, x: g.op("EXPAND_DIMS", [x, g.constant(2, "int32")], (1, 6, 1, 5), ("ExpandDimsOptions", {})))
for order in [(0, 3, 1, 2), (0, 2, 1, 3), (0, 2, 3, 1)]:
    shape = tuple(P[axis] for axis in order)
    simple(f"transpose_{''.join(map(str, order))}", P, lambda g, x, order=order, shape=shape: g.op("TRANSPOSE", [x, g.constant(order, "int32")], shape, ("TransposeOptions", {})))
simple("transpose_mixer", (1, 1, 6, 5), lambda g, x: conv(g, g.op("TRANSPOSE", [conv(g, g.op("TRANSPOSE", [x, g.constant([0, 1, 3, 2], "int32")], (1, 1, 5, 6)),
       (1, 1, 5, 7), (7, 1, 1, 6)), g.constant([0, 1, 3, 2], "int32")], (1, 1, 7, 5)), (1, 1, 7, 3), (3, 1, 1, 5)))
for axis in [1, 2, 3, -1]:
    shape = list(P)
    shape[axis] *= 2
    simple(f"concatenation_{axis}".replace("-", "last"), P, lambda g, x, axis=axis, shape=shape: g.op("CONCATENATION", [x, g.input(*P)], tuple(shape), ("ConcatenationOptions", dict(Axis=axis))))
simple("concatenation_constant", (1, 1, 6, 5), lambda g, x: g.op("CONCATENATION", [g.weight(1, 1, 1, 5), x], (1, 1, 7, 5), ("ConcatenationOptions", dict(Axis=-2))))
simple("concatenation_heads", P, lambda g, x: g.op("CONCATENATION", [RESHAPE(g, conv(g, x, (1, 7, 10, 6), (6, 1, 1, 5)), (1, 140, 3)),
       RESHAPE(g, conv(g, x, (1, 4, 5, 9), (9, 1, 1, 5), stride=(2, 2)), (1, 60, 3))], (1, 200, 3), ("ConcatenationOptions", dict(Axis=1))))
simple("pack", (1, 7, 5), lambda g, x: g.op("PACK", [x, g.input(1, 7, 5)], (1, 7, 2, 5), ("PackOptions", dict(ValuesCount=2, Axis=2))))
simple("unpack", (1, 2, 7, 5), lambda g, x: g.op("UNPACK", [x], [(1, 7, 5)] * 2, ("UnpackOptions", dict(Num=2, Axis=1))))
simple("split", (1, 7, 10, 6), lambda g, x: g.op("SPLIT", [g.constant(3, "int32"), x], [(1, 7, 10, 2)] * 3, ("SplitOptions", dict(NumSplits=3))))
simple("split_v", P, lambda g, x: g.op("SPLIT_V", [x, g.constant([3, -1], "int32"), g.constant(1, "int32")], [(1, 3, 10, 5), (1, 4, 10, 5)], ("SplitVOptions", dict(NumSplits=2))))
simple("slice", P, lambda g, x: g.op("SLICE", [x, g.constant([0, 2, 0, 1], "int32"), g.constant([1, 3, -1, 2], "int32")], (1, 3, 10, 2), ("SliceOptions", {})))


def strided(g, x, shape, begin, end, steps, **masks):
    lists = [g.constant(values, "int32") for values in (begin, end, steps)]
    return g.op("STRIDED_SLICE", [x, *lists], shape, ("StridedSliceOptions", masks))


simple("strided_slice", P, lambda g, x: strided(g, x, (1, 3, 5, 2), [0, 1, 0, -3], [1, 7, 10, -1], [1, 2, 2, 1], BeginMask=1, EndMask=1))
simple("strided_slice_masks", P, lambda g, x: strided(g, x, (1, 7, 4, 5), [0, 3, 2, 1], [0, 4, 6, 2], [1, 1, 1, 1], BeginMask=11, EndMask=11))
simple("strided_slice_backwards", P, lambda g, x: strided(g, x, (1, 7, 10, 5), [0, 0, 0, 0], [0, 0, 0, 0], [1, -1, 1, 1], BeginMask=15, EndMask=15))
simple("strided_slice_shrunk", P, lambda g, x: strided(g, x, (1, 10, 5), [0, 2, 0, 0], [1, 3, 10, 5], [1, 1, 1, 1], ShrinkAxisMask=2))
simple("gather", P, lambda g, x: g.op("GATHER", [x, g.constant([1, 3, 5], "int32")], (1, 3, 10, 5), ("GatherOptions", dict(Axis=1))))
simple("tile", P, lambda g, x: g.op("TILE", [x, g.constant([1, 2, 1, 3], "int32")], (1, 14, 10, 15), ("TileOptions", {})))


def sparse(name, shape, dense, order, blocks, levels, values):
    def graph():
        g = Graph(7)
        x = g.input(1, 4, 5, shape[3])
        w = g.tensor(shape, "float32", np.asarray(values, "float32").tobytes())
        g.sparse[w] = (order, blocks, levels)
        unpacked = g.op("DENSIFY", [w], shape, ("DensifyOptions", {}))
        g.output(g.op("CONV_2D", [x, unpacked, g.weight(shape[0])], (1, 4, 5, shape[0]), ("Conv2DOptions", dict(StrideH=1, StrideW=1, DilationHFactor=1, DilationWFactor=1))))
        return g
    register(name, graph)


sparse("densify", (3, 1, 1, 4), None, [0, 1, 2, 3], [], [3, 1, 1, ([0, 2, 2, 3], [0, 3, 1])], [0.5, -1.5, 2.5])
sparse("densify_blocks", (4, 1, 1, 4), None, [0, 1, 2, 3, 4], [3], [4, 1, 1, ([0, 1, 1, 3, 4], [1, 0, 1, 0]), 2], [1, 2, 3, 4, 5, 6, 7, 8])


@lambda build: register("open_batch", build)
def _():
    g = Graph(5)
    x = g.input(1, 7, 10, 5, signature=[-1, 7, 10, 5])
    g.output(g.op("RELU", [x], P))
    return g


@lambda build: register("two_in_two_out", build)
def _():
    g = Graph(6)
    a, b = g.input(*P), g.input(1, 9)
    g.output(g.op("TANH", [b], (1, 9)), conv(g, a, P, (5, 3, 3, 5)))
    return g


REFUSED = {}


def refused(build):
    """Registers a file that moue does not read."""
    REFUSED[build.__name__] = build
    return build


@refused
def quantised():
    g = Graph()
    x = g.input(1, 4, 4, 2)
    q = g.op("QUANTIZE", [x], (1, 4, 4, 2), ("QuantizeOptions", {}), kind="int8")
    g.output(g.op("DEQUANTIZE", [q], (1, 4, 4, 2), ("DequantizeOptions", {})))
    return g


@refused
def integer_weight():
    g = Graph()
    g.output(g.op("FULLY_CONNECTED", [g.input(1, 4), g.constant(np.ones((3, 4)), "int8"), -1], (1, 3), ("FullyConnectedOptions", {})))
    return g


@refused
def custom():
    g = Graph()
    x = g.op("RELU", [g.input(1, 4)], (1, 4))
    y = g.op("Landmarks2TransformMatrix", [x], (1, 4), name="matrix")
    g.output(g.op("CUMSUM", [g.op("RELU", [y], (1, 4)), g.constant(1, "int32")], (1, 4), ("CumsumOptions", {})))
    return g


@refused
def two_images():
    g = Graph()
    g.output(g.op("RELU", [g.input(2, 4)], (2, 4)))
    return g


@refused
def open_size():
    g = Graph()
    g.output(g.op("RELU", [g.input(1, 4, 4, 3, signature=[1, -1, -1, 3])], (1, 4, 4, 3)))
    return g


@refused
def another_size():
    g = Graph()
    g.output(g.op("RELU", [g.input(1, 4)], (1, 5)))
    return g


@refused
def weight_of_the_image():
    g = Graph()
    x = g.input(1, 4, 4, 3)
    g.output(g.op("CONV_2D", [x, x, g.weight(2)], (1, 4, 4, 2), ("Conv2DOptions", dict(StrideH=1, StrideW=1))))
    return g


@refused
def fused_tanh():
    g = Graph()
    g.output(conv(g, g.input(1, 4, 4, 3), (1, 4, 4, 2), (2, 3, 3, 3), activation=TANH))
    return g


@refused
def endless():
    g = Graph()
    x = g.input(1, 4)
    made = g.op("ADD", [x, len(g.tensors)], (1, 4), ("AddOptions", {}))
    g.output(made)
    return g


@refused
def sparse_beyond():
    g = Graph()
    w = g.tensor((3, 4), "float32", np.ones(3, "float32").tobytes())
    g.sparse[w] = ([0, 1], [], [3, ([0, 2, 2, 9], [0, 3, 1])])
    g.output(g.op("FULLY_CONNECTED", [g.input(1, 4), g.op("DENSIFY", [w], (3, 4), ("DensifyOptions", {})), -1], (1, 3), ("FullyConnectedOptions", {})))
    return g


@refused
def sparse_and_huge():
    g = Graph()
    w = g.tensor((60000, 30000), "float32", np.ones(1, "float32").tobytes())
    g.sparse[w] = ([0, 1], [], [60000, 30000])
    g.output(g.op("FULLY_CONNECTED", [g.input(1, 30000), g.op("DENSIFY", [w], (60000, 30000), ("DensifyOptions", {})), -1], (1, 60000), ("FullyConnectedOptions", {})))
    return g
