"""Cases of files that leave the number of images open, each run with 1 and 3 images: equal to ONNX Runtime, or refused at a node.

What is refused mixes images or uses their number as a value: its answer would follow from how many come together.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from onnx_graph import Case, Weight, infer, ints, scalar, values

COUNTS = (1, 3)
OPEN = {}
IR_VERSIONS = {6: 3, 23: 10, 24: 10}


class Open(Case):
    """A case with an open batch. `kind`: the type of its inputs; float16 weights and inputs are computed in f32, as moue does. `like`: the case that ONNX
    Runtime runs in its place, where it does not run this one."""

    def __init__(self, name, opset, inputs, kind=TensorProto.FLOAT, refused=None, like=None):
        super().__init__(name, opset, inputs, ir=IR_VERSIONS.get(opset))
        self.kind, self.refused, self.like = kind, refused, like

    def typed(self, kind, shape=None):
        inputs = [helper.make_tensor_value_info(n, kind, self.shape(s, self.batch)) for n, s in self.inputs.items()]
        half = kind == TensorProto.FLOAT16
        given = list(self.constants.values())
        if self.kind == TensorProto.FLOAT16:
            given = [self.rounded(tensor, half) for tensor in given]
        if self.listed:
            inputs += [helper.make_tensor_value_info(t.name, t.data_type, list(t.dims)) for t in given]
        outputs = [helper.make_tensor_value_info(n, kind if half else TensorProto.FLOAT, shape) for n in self.outputs]
        graph = helper.make_graph(self.nodes, self.name, inputs, outputs, given)
        opsets = [helper.make_opsetid(*domain) for domain in self.domains]
        return helper.make_model(graph, opset_imports=opsets, ir_version=self.ir)

    @staticmethod
    def rounded(tensor, half):
        array = numpy_helper.to_array(tensor)
        if array.dtype != np.float32:
            return tensor
        array = array.astype(np.float16)
        return numpy_helper.from_array(array if half else array.astype(np.float32), tensor.name)

    def feeds(self, count):
        found = {name: values(name, self.shape(shape, count)) for name, shape in self.inputs.items()}
        if self.kind == TensorProto.UINT8:
            found = {name: np.round((value + 2) * 63.75).astype(np.uint8) for name, value in found.items()}
        if self.kind == TensorProto.FLOAT16:
            found = {name: value.astype(np.float16).astype(np.float32) for name, value in found.items()}
        return found

    def run(self):
        """(model, {count: (inputs, outputs)}); of what is refused no outputs."""
        # Outputs of any shape are left open; the checker wants one.
        onnx.checker.check_model(self.typed(self.kind, []))
        model = self.typed(self.kind)
        if self.refused:
            assert self.refused in {*self.inputs, *(node.name for node in self.nodes)}, (self.name, self.refused)
            return model, {}
        plain = self.typed(TensorProto.FLOAT) if self.kind == TensorProto.FLOAT16 else model
        plain = OPEN[self.like].typed(TensorProto.FLOAT) if self.like else plain
        found = {}
        for count in COUNTS:
            feeds = self.feeds(count)
            outputs = infer(plain, feeds)
            for name, value in outputs.items():
                assert value.shape[:1] == (count,) and value.dtype == np.float32, (self.name, name, value.shape, value.dtype)
                assert np.isfinite(value).all() and np.ptp(value) > 0.01, (self.name, name)
            found[count] = {name: value.astype(np.float32) for name, value in feeds.items()}, outputs
        return model, found


def case(opset, refused=None, kind=TensorProto.FLOAT, like=None, **inputs):
    """Registers a function (case, *inputs) -> output or outputs under its own name."""

    def register(build):
        made = Open(build.__name__, opset, inputs, kind, refused, like)
        made.outputs = build(made, *inputs)
        made.outputs = [made.outputs] if isinstance(made.outputs, str) else list(made.outputs)
        assert build.__name__ not in OPEN
        OPEN[build.__name__] = made
        return build

    return register


def one(name, opset, kind, inputs, refused=False, cast=False, **attributes):
    """Registers a case of one node: a tuple of `inputs` is the shape of a graph input (x, y, ..), the rest as in Case.node."""
    shapes, given = {}, []
    for value in inputs:
        if isinstance(value, tuple):
            shapes["xyz"[len(shapes)]] = value
            value = "xyz"[len(shapes) - 1]
        given.append(value)
    made = Open(name, opset, shapes, refused=f"{kind}_0" if refused else None)
    found = made.node(kind, given, **attributes)
    made.outputs = [made.node("Cast", [found], to=TensorProto.FLOAT) if cast else found]
    assert name not in OPEN
    OPEN[name] = made


X = ("N", 3, 4, 5)
ROWS = ("N", 7, 6)


def images(g, x):
    """The number of images, as a number."""
    return g.node("Gather", [g.node("Shape", [x]), scalar(0, np.int64)], axis=0)


def listed(g, number):
    return g.node("Unsqueeze", [number, ints(0)])


# Some of the images, or all of them.
one("slice_first_image", 13, "Slice", [X, ints(0), ints(1), ints(0)], refused=True)
one("slice_last_image", 13, "Slice", [X, ints(-1), ints(2**62), ints(0)], refused=True)
one("slice_every_other_image", 13, "Slice", [X, ints(0), ints(2**62), ints(0), ints(2)], refused=True)
one("slice_images_backwards", 13, "Slice", [X, ints(-1), ints(-(2**62)), ints(0), ints(-1)], refused=True)
one("slice_all_images", 13, "Slice", [X, ints(0, 1), ints(2**62, 3), ints(0, 2)])
one("slice_first_image_9", 9, "Slice", [X], refused=True, starts=[0], ends=[1], axes=[0])
one("gather_image", 13, "Gather", [X, scalar(0, np.int64)], refused=True, axis=0)
one("gather_images", 13, "Gather", [X, ints(0, 0)], refused=True, axis=0)
one("gather_row", 13, "Gather", [X, scalar(-1, np.int64)], axis=2)
one("split_images", 13, "Split", [X, ints(1)], refused=True, axis=0)
one("concat_images", 13, "Concat", [X, X], refused=True, axis=0)
one("tile_images", 13, "Tile", [X, ints(2, 1, 1, 1)], refused=True)
one("tile_rows", 13, "Tile", [X, ints(1, 2, 1, 3)])
one("pad_images", 13, "Pad", [X, ints(0, 0, 0, 0, 1, 0, 0, 0)], refused=True)
one("expand_images", 13, "Expand", [X, ints(2, 1, 1, 1)], refused=True)
one("expand_rows", 13, "Expand", [("N", 3, 1, 5), ints(1, 1, 4, 1)])
one("constant_of_three_images", 13, "Add", [X, Weight(3, 1, 1, 1)], refused=True)
one("resize_images", 13, "Resize", [X, None, np.array([2, 1, 1, 1], np.float32)], refused=True)

# Over images.
one("mean_of_all", 13, "ReduceMean", [X], refused=True)
one("sum_of_images", 13, "ReduceSum", [X, ints(0)], refused=True)
one("max_of_images", 13, "ReduceMax", [X], refused=True, axes=[0, 2])
one("max_of_all_18", 18, "ReduceMax", [X], refused=True)
one("nothing_reduced", 18, "ReduceMax", [X], noop_with_empty_axes=1)
one("softmax_of_images", 13, "Softmax", [X], refused=True, axis=0)
one("softmax_of_all_11", 11, "Softmax", [X], refused=True, axis=0)
one("largest_image", 13, "ArgMax", [X], refused=True, axis=0)
one("normalised_over_images", 17, "LayerNormalization", [X, Weight(3, 4, 5)], refused=True, axis=0)
one("images_transposed", 13, "Transpose", [("N", 6)], refused=True, perm=[1, 0])
one("products_of_images", 13, "MatMul", [("N", 6), ("N", 6)], refused=True)
one("images_turned_in_gemm", 13, "Gemm", [("N", 6), Weight(3, 4)], refused=True, transA=1)
one("flatten_all", 13, "Flatten", [X], refused=True, axis=0)
one("flatten_channels_into_images", 13, "Flatten", [X], refused=True, axis=2)
one("squeeze_what_is_one", 13, "Squeeze", [("N", 3, 1, 4)], refused=True)
one("squeeze_a_channel", 13, "Squeeze", [("N", 1, 3, 4), ints(1)])
one("squeeze_images", 13, "Squeeze", [X, ints(0)], refused=True)
one("unsqueeze_images", 13, "Unsqueeze", [X, ints(0)], refused=True)
one("reshape_to_one_image", 13, "Reshape", [X, ints(1, -1)], refused=True)
one("reshape_to_more_images", 13, "Reshape", [X, ints(-1, 30)], refused=True)
one("reshape_to_three_images", 13, "Reshape", [X, ints(3, -1)], refused=True)
one("reshape_kept_by_zero", 13, "Reshape", [X, ints(0, -1)])
one("reshape_found", 13, "Reshape", [X, ints(-1, 60)])


# The number of images in the sizes of a Reshape, a Slice, an Expand, a Resize: where it stays the number of images it is read.
@case(13, x=X)
def reshape_by_shape(g, x):
    return g.node("Reshape", [x, g.node("Concat", [listed(g, images(g, x)), ints(-1)], axis=0)])


@case(11, x=("N", 7, 12))
def heads_by_shape(g, x):
    """Split into heads and back, as PyTorch writes it at opset 11."""
    shape = g.node("Shape", [x])
    count, rows = (g.node("Unsqueeze", [g.node("Gather", [shape, scalar(i, np.int64)], axis=0)], axes=[0]) for i in (0, 1))
    y = g.node("Reshape", [x, g.node("Concat", [count, rows, ints(3, 4)], axis=0)])
    y = g.node("Softmax", [g.node("Transpose", [y], perm=[0, 2, 1, 3])], axis=3)
    y = g.node("Transpose", [y], perm=[0, 2, 1, 3])
    return g.node("Reshape", [y, g.node("Concat", [count, rows, ints(-1)], axis=0)])


@case(13, refused="Reshape_5", x=X)
def reshape_by_twice_the_images(g, x):
    twice = g.node("Mul", [images(g, x), scalar(2, np.int64)])
    return g.node("Reshape", [x, g.node("Concat", [listed(g, twice), ints(-1)], axis=0)])


@case(13, x=X)
def images_and_rows_merged_and_back(g, x):
    y = g.node("Relu", [g.node("Reshape", [x, ints(-1, 5)])])
    return g.node("Reshape", [y, ints(-1, 3, 4, 5)])


@case(13, x=X)
def all_images_by_shape(g, x):
    return g.node("Slice", [x, ints(0), listed(g, images(g, x)), ints(0)])


@case(13, refused="Slice_3", x=X)
def columns_by_images(g, x):
    return g.node("Slice", [x, ints(0), listed(g, images(g, x)), ints(3)])


@case(13, x=X)
def half_the_rows_by_shape(g, x):
    rows = g.node("Gather", [g.node("Shape", [x]), ints(2)], axis=0)
    return g.node("Slice", [x, ints(0), g.node("Div", [rows, ints(2)]), ints(2)])


@case(15, x=X)
def shape_without_images(g, x):
    size = g.node("ReduceProd", [g.node("Shape", [x], start=1)], keepdims=0)
    return g.node("Div", [x, g.node("Cast", [size], to=TensorProto.FLOAT)])


@case(13, x=("N", 1, 4, 5), y=X)
def expand_by_shape(g, x, y):
    return g.node("Expand", [x, g.node("Shape", [y])])


@case(13, x=X)
def resize_by_shape(g, x):
    start = g.node("Slice", [g.node("Shape", [x]), ints(0), ints(2), ints(0)])
    sizes = g.node("Concat", [start, ints(8, 10)], axis=0)
    return g.node("Resize", [x, None, None, sizes], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")


@case(13, x=("N", 6, 8))
def class_token(g, x):
    """A constant for every image, before its rows."""
    sizes = g.node("Concat", [listed(g, images(g, x)), ints(-1, -1)], axis=0)
    ones = g.node("ConstantOfShape", [ints(3)], value=numpy_helper.from_array(ints(1), "one"))
    minus = g.node("Mul", [ones, scalar(-1, np.int64)])
    sizes = g.node("Where", [g.node("Equal", [sizes, minus]), ones, sizes])
    token = g.node("Expand", [Weight(1, 1, 8), sizes])
    return g.node("Add", [g.node("Concat", [token, x], axis=1), Weight(1, 7, 8)])


@case(13, x=X)
def zeros_of_its_shape(g, x):
    zeros = g.node("ConstantOfShape", [g.node("Shape", [x])], value=numpy_helper.from_array(np.array([0.5], np.float32), "half"))
    return g.node("Sub", [x, zeros])


@case(13, refused="Add_6", x=("N", 1))
def numbered_images(g, x):
    order = g.node("Range", [scalar(0, np.int64), images(g, x), scalar(1, np.int64)])
    rows = g.node("Cast", [g.node("Unsqueeze", [order, ints(1)])], to=TensorProto.FLOAT)
    return g.node("Add", [g.node("Relu", [x]), rows])


# Their number as a value.
@case(13, refused="Mul_3", x=X)
def times_the_images(g, x):
    return g.node("Mul", [x, g.node("Cast", [images(g, x)], to=TensorProto.FLOAT)])


@case(13, refused="Div_2", x=X)
def over_the_size(g, x):
    return g.node("Div", [x, g.node("Cast", [g.node("Size", [x])], to=TensorProto.FLOAT)])


@case(13, refused="Mul_5", x=X)
def whether_there_is_one(g, x):
    one = g.node("Equal", [images(g, x), scalar(1, np.int64)])
    return g.node("Mul", [x, g.node("Cast", [g.node("Where", [one, scalar(2.0), scalar(3.0)])], to=TensorProto.FLOAT)])


@case(13, refused="Mul_4", x=X)
def whether_they_are_odd(g, x):
    return g.node("Mul", [x, g.node("Cast", [g.node("Mod", [images(g, x), scalar(2, np.int64)])], to=TensorProto.FLOAT)])


@case(13, x=X)
def at_most_one_image(g, x):
    return g.node("Mul", [x, g.node("Cast", [g.node("Min", [images(g, x), scalar(1, np.int64)])], to=TensorProto.FLOAT)])


@case(13, refused="Pow_3", x=X)
def to_the_power_of_the_images(g, x):
    return g.node("Pow", [x, g.node("Cast", [images(g, x)], to=TensorProto.FLOAT)])


@case(13, refused="Pad_4", x=X)
def padded_by_the_images(g, x):
    before = g.node("Concat", [ints(0, 0, 0), listed(g, images(g, x)), ints(0, 0, 0, 0)], axis=0)
    return g.node("Pad", [x, before])


@case(13, refused="Tile_4", x=X)
def repeated_by_the_images(g, x):
    return g.node("Tile", [x, g.node("Concat", [ints(1, 1, 1), listed(g, images(g, x))], axis=0)])


@case(13, x=X)
def rows_as_a_number(g, x):
    rows = g.node("Gather", [g.node("Shape", [x]), scalar(2, np.int64)], axis=0)
    return g.node("Div", [x, g.node("Sqrt", [g.node("Cast", [rows], to=TensorProto.FLOAT)])])
