"""Cases of operators with windows: convolutions, transposed convolutions, pooling, and normalisation over channels."""

from onnx_graph import MICROSOFT, Weight, case, one

X = ("N", 3, 7, 6)

one("conv_plain", 11, "Conv", [X, Weight(5, 3, 3, 3), Weight(5)], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
one("conv_no_attributes", 7, "Conv", [X, Weight(5, 3, 3, 2)])
one("conv_1x1", 9, "Conv", [X, Weight(6, 3, 1, 1), Weight(6)], kernel_shape=[1, 1])
one("conv_strides", 13, "Conv", [X, Weight(5, 3, 3, 2), Weight(5)], kernel_shape=[3, 2], strides=[2, 1])
one("conv_strides_2_3", 12, "Conv", [X, Weight(5, 3, 3, 3)], kernel_shape=[3, 3], strides=[2, 3], pads=[1, 1, 1, 1])
one("conv_dilations", 12, "Conv", [X, Weight(5, 3, 3, 2), Weight(5)], kernel_shape=[3, 2], dilations=[2, 3], pads=[1, 1, 1, 1])
one("conv_asymmetric_pads", 10, "Conv", [X, Weight(5, 3, 3, 2), Weight(5)], kernel_shape=[3, 2], pads=[0, 1, 2, 0])
one("conv_pads_beyond_kernel", 11, "Conv", [X, Weight(5, 3, 2, 2), Weight(5)], kernel_shape=[2, 2], pads=[3, 0, 0, 3])
one("conv_groups", 17, "Conv", [("N", 6, 5, 7), Weight(9, 2, 3, 3), Weight(9)], kernel_shape=[3, 3], group=3, pads=[1, 1, 1, 1])
one("conv_groups_stride", 22, "Conv", [("N", 6, 5, 7), Weight(4, 3, 3, 3)], kernel_shape=[3, 3], group=2, strides=[2, 2])
one("conv_depthwise", 22, "Conv", [("N", 5, 5, 7), Weight(5, 1, 3, 3), Weight(5)], kernel_shape=[3, 3], group=5, pads=[1, 1, 1, 1])
one("conv_depthwise_multiplier", 11, "Conv", [X, Weight(6, 1, 3, 3), Weight(6)], kernel_shape=[3, 3], group=3, strides=[2, 2])
one("conv_same_upper", 8, "Conv", [X, Weight(5, 3, 2, 4), Weight(5)], kernel_shape=[2, 4], auto_pad="SAME_UPPER")
one("conv_same_lower", 11, "Conv", [X, Weight(5, 3, 2, 4), Weight(5)], kernel_shape=[2, 4], auto_pad="SAME_LOWER")
one("conv_same_upper_stride", 13, "Conv", [X, Weight(5, 3, 3, 3)], kernel_shape=[3, 3], auto_pad="SAME_UPPER", strides=[2, 2])
one("conv_same_lower_stride", 13, "Conv", [X, Weight(5, 3, 3, 3)], kernel_shape=[3, 3], auto_pad="SAME_LOWER", strides=[2, 2])
one("conv_valid", 9, "Conv", [X, Weight(5, 3, 3, 3), Weight(5)], kernel_shape=[3, 3], auto_pad="VALID", strides=[2, 2])
one("conv_notset", 11, "Conv", [X, Weight(5, 3, 3, 3)], kernel_shape=[3, 3], auto_pad="NOTSET", pads=[1, 0, 1, 0])
one("conv_whole", 13, "Conv", [X, Weight(7, 3, 7, 6), Weight(7)], kernel_shape=[7, 6])
one("conv_batch_1", 13, "Conv", [X, Weight(5, 3, 3, 3), Weight(5)], batch=1, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
one("conv_batch_3", 13, "Conv", [X, Weight(5, 3, 3, 3), Weight(5)], batch=3, kernel_shape=[3, 3], strides=[2, 2])
one("conv_1d", 11, "Conv", [("N", 3, 11), Weight(5, 3, 4), Weight(5)], kernel_shape=[4], strides=[2], pads=[1, 2])

one("conv_transpose_plain", 11, "ConvTranspose", [X, Weight(3, 5, 2, 2), Weight(5)], kernel_shape=[2, 2], strides=[2, 2])
one("conv_transpose_no_attributes", 7, "ConvTranspose", [X, Weight(3, 5, 3, 2)])
one("conv_transpose_pads", 11, "ConvTranspose", [X, Weight(3, 5, 3, 3), Weight(5)], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
one(
    "conv_transpose_asymmetric_pads", 13, "ConvTranspose", [X, Weight(3, 5, 4, 3)],
    kernel_shape=[4, 3], strides=[2, 3], pads=[0, 1, 2, 0],
)
one(
    "conv_transpose_output_padding", 11, "ConvTranspose", [X, Weight(3, 5, 3, 3), Weight(5)],
    kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 0],
)
one(
    "conv_transpose_groups", 22, "ConvTranspose", [("N", 6, 4, 5), Weight(6, 3, 3, 3), Weight(6)],
    kernel_shape=[3, 3], strides=[2, 2], group=2,
)
one("conv_transpose_depthwise", 11, "ConvTranspose", [X, Weight(3, 1, 4, 4)], kernel_shape=[4, 4], strides=[2, 2], pads=[1] * 4, group=3)
one("conv_transpose_dilations", 11, "ConvTranspose", [X, Weight(3, 5, 3, 2), Weight(5)], kernel_shape=[3, 2], dilations=[2, 3], pads=[1, 0, 0, 1])
one("conv_transpose_output_shape", 11, "ConvTranspose", [X, Weight(3, 5, 3, 3)], kernel_shape=[3, 3], strides=[2, 2], output_shape=[14, 13])
for place in ("UPPER", "LOWER"):
    one(
        f"conv_transpose_same_{place.lower()}", 11, "ConvTranspose", [X, Weight(3, 5, 3, 3)],
        kernel_shape=[3, 3], strides=[2, 2], auto_pad=f"SAME_{place}",
    )

P = ("N", 3, 8, 7)
one("max_pool_plain", 8, "MaxPool", [P], kernel_shape=[2, 2], strides=[2, 2])
one("max_pool_stride_1", 7, "MaxPool", [P], kernel_shape=[3, 2])
one("max_pool_floor", 10, "MaxPool", [P], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=0)
one("max_pool_ceil", 10, "MaxPool", [("N", 3, 8, 10)], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
one("max_pool_ceil_off", 12, "MaxPool", [("N", 3, 8, 10)], kernel_shape=[3, 3], strides=[2, 2])
one("max_pool_ceil_pads", 11, "MaxPool", [P], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)
one("max_pool_pads", 12, "MaxPool", [P], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 0, 2])
one("max_pool_same_upper", 12, "MaxPool", [P], kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_UPPER")
one("max_pool_same_lower", 12, "MaxPool", [P], kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_LOWER")
one("max_pool_valid", 8, "MaxPool", [P], kernel_shape=[3, 2], strides=[2, 2], auto_pad="VALID")
one("max_pool_opset_22", 22, "MaxPool", [P], kernel_shape=[5, 5], strides=[1, 1], pads=[2, 2, 2, 2])

one("max_pool_ceil_window_in_end_pad", 12, "MaxPool", [("N", 3, 7, 7)], kernel_shape=[2, 2], strides=[3, 3], pads=[1, 1, 1, 1], ceil_mode=1)
one("average_pool_plain", 7, "AveragePool", [P], kernel_shape=[2, 3], strides=[2, 1])
one("average_pool_pads", 11, "AveragePool", [P], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 2])
one("average_pool_include_pads", 7, "AveragePool", [P], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 2], count_include_pad=1)
A = ("N", 3, 8, 10)
one("average_pool_ceil", 10, "AveragePool", [A], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
one("average_pool_ceil_off", 10, "AveragePool", [A], kernel_shape=[3, 3], strides=[2, 2])
one("average_pool_ceil_include_pads", 11, "AveragePool", [A], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, count_include_pad=1)
for include in (0, 1):
    one(
        f"average_pool_ceil_pads_{'include' if include else 'exclude'}", 19, "AveragePool", [("N", 3, 8, 9)],
        kernel_shape=[3, 3], strides=[3, 2], pads=[1, 1, 1, 1], ceil_mode=1, count_include_pad=include,
    )
one("average_pool_same_upper", 11, "AveragePool", [P], kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_UPPER")
one("average_pool_same_lower", 11, "AveragePool", [P], kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_LOWER", count_include_pad=1)
one("average_pool_opset_22", 22, "AveragePool", [P], kernel_shape=[4, 4], strides=[2, 2], pads=[1, 1, 1, 1])
one("global_average_pool", 7, "GlobalAveragePool", [P])
one("global_average_pool_22", 22, "GlobalAveragePool", [("N", 5, 4, 3)], batch=1)
one("global_max_pool", 7, "GlobalMaxPool", [P])
one("global_max_pool_22", 22, "GlobalMaxPool", [("N", 5, 4, 3)])

one("lrn", 7, "LRN", [("N", 7, 3, 4)], size=5, alpha=0.5, beta=0.75, bias=2.0)
one("lrn_defaults", 13, "LRN", [("N", 7, 3, 4)], size=3)
ONES = [Weight(5), Weight(5), Weight(5), Weight(5, low=0.3)]
one("batch_normalization_7", 7, "BatchNormalization", [("N", 5, 3, 4), *ONES], epsilon=0.1, momentum=0.8)
one("batch_normalization_9", 9, "BatchNormalization", [("N", 5, 3, 4), *ONES])
one("batch_normalization_15", 15, "BatchNormalization", [("N", 5, 3, 4), *ONES], epsilon=1e-3, training_mode=0)
one("batch_normalization_rank_2", 15, "BatchNormalization", [("N", 5), *ONES])


@case(9, x=("N", 3, 7, 6))
def conv_batch_normalization(g, x):
    y = g.node("Conv", [x, Weight(5, 3, 3, 3)], kernel_shape=[3, 3])
    y = g.node("BatchNormalization", [y, *ONES], epsilon=1e-3)
    return g.node("Relu", [y])


@case(11, x=("N", 3, 7, 6))
def conv_transpose_batch_normalization(g, x):
    y = g.node("ConvTranspose", [x, Weight(3, 5, 3, 3), Weight(5)], kernel_shape=[3, 3], strides=[2, 2])
    return g.node("BatchNormalization", [y, *ONES])


def fused(g, x, *more, **attributes):
    return g.node("FusedConv", [x, Weight(5, 3, 3, 3), Weight(5), *more], domain=MICROSOFT, kernel_shape=[3, 3], pads=[1] * 4, **attributes)


@case(11, x=X)
def fused_conv_relu(g, x):
    return fused(g, x, activation="Relu")


@case(13, x=X)
def fused_conv_leaky_relu(g, x):
    return fused(g, x, activation="LeakyRelu", activation_params=[0.2])


@case(13, x=X)
def fused_conv_clip(g, x):
    return fused(g, x, activation="Clip", activation_params=[-1.0, 3.0])


@case(13, x=X, z=("N", 5, 7, 6))
def fused_conv_sum(g, x, z):
    return fused(g, x, z, activation="Relu")


@case(13, x=X, z=("N", 5, 7, 6))
def fused_conv_sum_only(g, x, z):
    return fused(g, x, z)


@case(13, x=X)
def fused_conv_only(g, x):
    return g.node("FusedConv", [x, Weight(4, 3, 3, 3)], domain=MICROSOFT, strides=[2, 2])
