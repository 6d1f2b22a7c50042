"""Cases of files that move the images from the first dimension, as PyTorch's attention does: `[L, N, C]`, `[N * heads, L, size]`, `[3, N, heads, L, size]`;
and those that mix them there. Of what they answer the images are first again, or it is refused."""

import numpy as np

from onnx_graph import Weight, ints, scalar
from onnx_graph import case as fixed
from onnx_open import ROWS, case, images, listed


def turned(g, x, *perm):
    return g.node("Transpose", [x], perm=list(perm))


@case(13, x=ROWS)
def rows_first(g, x):
    """Value by value, beside constants of rows and of columns, and along the columns."""
    y = g.node("Relu", [turned(g, x, 1, 0, 2)])
    y = g.node("Add", [Weight(7, 1, 6), g.node("Mul", [y, Weight(6)])])
    left, right = (g.node("MatMul", [y, Weight(6, 5)]) for _ in range(2))
    return turned(g, g.node("Softmax", [g.node("Add", [left, right])], axis=-1), 1, 0, 2)


@case(17, x=ROWS)
def normalised_rows_first(g, x):
    y = turned(g, x, 1, 2, 0)
    y = g.node("LayerNormalization", [turned(g, y, 0, 2, 1), Weight(6), Weight(6)])
    centred = g.node("Sub", [y, g.node("ReduceMean", [y], axes=[-1])])
    variance = g.node("ReduceMean", [g.node("Mul", [centred, centred])], axes=[-1])
    y = g.node("Div", [centred, g.node("Sqrt", [g.node("Add", [variance, scalar(0.01)])])])
    return turned(g, g.node("Clip", [y, scalar(-1.0)]), 1, 2, 0)


@case(13, x=("N", 5, 12), y=("N", 7, 12))
def heads_merged_with_images(g, x, y):
    """As torch.nn.MultiheadAttention gives its weights too."""
    q, k, v = (turned(g, g.node("MatMul", [turned(g, side, 1, 0, 2), Weight(12, 12)]), 0, 1, 2) for side in (x, y, y))
    q, k, v = (turned(g, g.node("Reshape", [side, ints(rows, -1, 4)]), 1, 0, 2) for side, rows in ((q, 5), (k, 7), (v, 7)))
    weights = g.node("Softmax", [g.node("Add", [g.node("MatMul", [q, turned(g, k, 0, 2, 1)]), Weight(5, 7)])], axis=2)
    z = g.node("Reshape", [turned(g, g.node("MatMul", [weights, v]), 1, 0, 2), ints(5, -1, 12)])
    return turned(g, z, 1, 0, 2)


@case(11, x=("N", 5, 12))
def rows_of_all_images_in_gemm(g, x):
    count = images(g, x)
    rows = g.node("Unsqueeze", [g.node("Mul", [count, scalar(5, np.int64)])], axes=[0])
    y = g.node("Reshape", [turned(g, x, 1, 0, 2), g.node("Concat", [rows, ints(12)], axis=0)])
    y = g.node("Gemm", [y, Weight(4, 12), Weight(4)], transB=1, alpha=0.5)
    return turned(g, g.node("Reshape", [y, ints(5, -1, 4)]), 1, 0, 2)


@case(13, x=("N", 5, 36))
def queries_keys_and_values_first(g, x):
    """Split along a dimension before the images."""
    y = turned(g, g.node("Reshape", [x, ints(0, 0, 3, 3, 4)]), 2, 0, 3, 1, 4)
    q, *_ = (g.node("Squeeze", [part, ints(0)]) for part in g.node("Split", [y], outputs=3, axis=0))
    k, v = (g.node("Gather", [y, scalar(i, np.int64)], axis=0) for i in (1, -1))
    weights = g.node("Softmax", [g.node("MatMul", [q, turned(g, k, 0, 1, 3, 2)])], axis=-1)
    return g.node("MatMul", [weights, v])


@case(18, x=("N", 5, 24))
def queries_and_keys_sliced(g, x):
    """As torch.export takes what lies before the images apart."""
    y = turned(g, g.node("Reshape", [x, ints(0, 0, 2, 3, 4)]), 2, 0, 3, 1, 4)
    q, k = (g.node("Squeeze", [g.node("Slice", [y, ints(i), ints(i + 1), ints(0)]), ints(0)]) for i in (0, 1))
    return g.node("MatMul", [q, turned(g, k, 0, 1, 3, 2)])


@case(18, x=ROWS)
def reduced_rows_first(g, x):
    y = turned(g, x, 1, 0, 2)
    means, most = g.node("ReduceMean", [y, ints(0)], keepdims=0), g.node("ReduceMax", [y, ints(0, -1)])
    every_other = g.node("ReduceSum", [g.node("Slice", [y, ints(-1, 5), ints(-8, 0), ints(0, 2), ints(-2, -2)]), ints(2)])
    return g.node("Add", [means, g.node("ReduceMean", [g.node("Mul", [every_other, most]), ints(0)], keepdims=0)])


@case(17, x=("N", 5, 12))
def sizes_of_rows_first(g, x):
    """Sizes that follow from those of a tensor without the images first."""
    y = turned(g, x, 1, 0, 2)
    sizes = g.node("Shape", [y], end=2)
    y = g.node("Squeeze", [g.node("Unsqueeze", [g.node("Reshape", [y, g.node("Concat", [sizes, ints(3, 4)], axis=0)]), ints(2)]), ints(2)])
    return turned(g, y, 1, 2, 0, 3)


def places(g, x, step, first):
    """Of every image `step` apart the places `first` to `first` + 11, as as_strided of torch.export is written."""
    start = g.node("Mul", [g.node("Range", [scalar(0, np.int64), images(g, x), scalar(1, np.int64)]), scalar(step, np.int64)])
    return g.node("Add", [g.node("Unsqueeze", [start, ints(1, 2)]), np.arange(first, first + 12).reshape(1, 3, 4)])


@case(13, x=("N", 5, 4))
def places_of_every_image(g, x):
    return g.node("Gather", [g.node("Reshape", [x, ints(-1)]), places(g, x, 20, 8)], axis=0)


# A file that fixes the number of images writes it into its sizes; where it is 1, sizes do not say which 1 it is.
def heads_of_few(g, x, count):
    y = turned(g, x, 1, 0, 2)
    q, k, v = (turned(g, g.node("Reshape", [g.node("MatMul", [y, Weight(12, 12)]), ints(5, 3 * count, 4)]), 1, 0, 2) for _ in range(3))
    y = g.node("MatMul", [g.node("Softmax", [g.node("MatMul", [q, turned(g, k, 0, 2, 1)])], axis=2), v])
    y = g.node("Gemm", [g.node("Reshape", [turned(g, y, 1, 0, 2), ints(5 * count, 12)]), Weight(12, 8), Weight(8)])
    return turned(g, g.node("Reshape", [y, ints(5, count, 8)]), 1, 0, 2)


@fixed(13, batch=1, x=("N", 5, 12))
def heads_of_one_image(g, x):
    return heads_of_few(g, x, 1)


@fixed(13, batch=2, x=("N", 5, 12))
def heads_of_two_images(g, x):
    return heads_of_few(g, x, 2)


@fixed(13, batch=1, x=("N", 5, 36))
def queries_and_keys_of_one_image(g, x):
    y = g.node("Unsqueeze", [g.node("Reshape", [turned(g, x, 1, 0, 2), ints(5, 1, 3, 12)]), ints(0)])
    y = g.node("Squeeze", [turned(g, y, 3, 1, 2, 0, 4), ints(-2)])
    q, k = (g.node("Reshape", [turned(g, g.node("Gather", [y, scalar(i, np.int64)], axis=0), 1, 0, 2), ints(1, 5, 12)]) for i in (0, 2))
    return g.node("MatMul", [q, turned(g, k, 0, 2, 1)])


@fixed(13, batch=1, x=("N", 5, 4))
def places_of_one_image(g, x):
    return g.node("Gather", [g.node("Reshape", [x, ints(-1)]), np.arange(19, 7, -1).reshape(1, 3, 4)], axis=0)


# What mixes images, or leaves them elsewhere.
@case(13, refused="Gather_7", x=("N", 5, 4))
def places_of_other_images(g, x):
    return g.node("Gather", [g.node("Reshape", [x, ints(-1)]), places(g, x, 10, 0)], axis=0)


@case(13, refused="Transpose_0", x=ROWS)
def rows_left_first(g, x):
    return g.node("Relu", [turned(g, x, 1, 0, 2)])


@case(13, refused="Softmax_1", x=ROWS)
def softmax_of_moved_images(g, x):
    return turned(g, g.node("Softmax", [turned(g, x, 1, 0, 2)], axis=1), 1, 0, 2)


@case(12, refused="Softmax_1", x=ROWS)
def softmax_of_rows_and_images_12(g, x):
    return turned(g, g.node("Softmax", [turned(g, x, 1, 0, 2)], axis=0), 1, 0, 2)


@case(17, refused="LayerNormalization_1", x=ROWS)
def normalised_over_moved_images(g, x):
    return turned(g, g.node("LayerNormalization", [turned(g, x, 1, 0, 2), Weight(6)], axis=1), 1, 0, 2)


@case(13, refused="ReduceMean_1", x=ROWS)
def mean_of_merged_images(g, x):
    y = g.node("ReduceMean", [g.node("Reshape", [x, ints(-1, 6)])], axes=[0])
    return g.node("Mul", [y, x])


@case(13, refused="Slice_1", x=ROWS)
def some_of_moved_images(g, x):
    return turned(g, g.node("Slice", [turned(g, x, 1, 0, 2), ints(0), ints(1), ints(1)]), 1, 0, 2)


@case(13, refused="ReduceMean_1", x=ROWS)
def mean_of_moved_images(g, x):
    return g.node("Sub", [x, g.node("ReduceMean", [turned(g, x, 1, 0, 2)], axes=[1, 2])])


@case(13, refused="Gather_1", x=ROWS)
def one_of_moved_images(g, x):
    return g.node("Gather", [turned(g, x, 1, 0, 2), scalar(0, np.int64)], axis=1)


@case(13, refused="Add_1", x=ROWS)
def constant_of_moved_images(g, x):
    return turned(g, g.node("Add", [turned(g, x, 1, 0, 2), Weight(7, 3, 6)]), 1, 0, 2)


@case(13, refused="MatMul_1", x=("N", 6))
def products_over_images(g, x):
    return g.node("MatMul", [x, g.node("MatMul", [turned(g, x, 1, 0), x])])


@case(13, refused="Add_1", x=ROWS)
def images_beside_rows(g, x):
    return turned(g, g.node("Add", [turned(g, x, 1, 0, 2), x]), 1, 0, 2)


@case(13, refused="Conv_1", x=("N", 3, 4, 5))
def convolved_rows_first(g, x):
    return turned(g, g.node("Conv", [turned(g, x, 2, 1, 0, 3), Weight(2, 3, 1, 1)]), 2, 1, 0, 3)
