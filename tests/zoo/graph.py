"""ONNX graphs of networks, named tensor by tensor, with seeded weights, and their run in ONNX Runtime.

Pooling of Caffe rounds sizes up and drops a last window that would start in the padding: written as explicit pads at the ends.
"""

from math import prod

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import seeded

OPSET = 17
EPSILON = 1e-5


def caffe_size(size, kernel, stride, pad):
    """Output length of Caffe's pooling."""
    out = -(-(size + 2 * pad - kernel) // stride) + 1
    return out - 1 if pad and (out - 1) * stride >= size + pad else out


class Graph:
    """A network under construction: every method adds one layer, named as its output tensor, and returns that name."""

    def __init__(self, input_shape, classes, seed):
        self.input_shape, self.classes, self.seed = [1, *input_shape], classes, seed
        self.shapes = {"data": self.input_shape}
        self.stages, self.nodes, self.weights, self.constants, self.added = [], [], [], [], set()

    def node(self, kind, name, inputs, shape, **attributes):
        assert name not in self.shapes
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        self.shapes[name] = shape
        self.stages.append((name, shape))
        return name

    def weight(self, layer, part, kind, shape):
        self.weights.append((f"{layer}.{part}", layer, kind, shape))
        return f"{layer}.{part}"

    def conv(self, name, x, channels, kernel, stride=1, pad=0, groups=1, bias=True, weights=None):
        n, c, h, w = self.shapes[x]
        inputs = [x, self.weight(weights or name, "weight", "conv", [channels, c // groups, kernel, kernel])]
        if bias:
            inputs.append(self.weight(weights or name, "bias", "conv", [channels]))
        shape = [n, channels, (h + 2 * pad - kernel) // stride + 1, (w + 2 * pad - kernel) // stride + 1]
        return self.node(
            "Conv", name, inputs, shape, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4, group=groups
        )

    def dense(self, name, x, count, weights=None):
        shape = self.shapes[x]
        size = prod(shape[1:])
        if len(shape) > 2:
            self.nodes.append(helper.make_node("Flatten", [x], [f"{x}:flat"], axis=1))
            x = f"{x}:flat"
        inputs = [x, self.weight(weights or name, "weight", "conv", [count, size]), self.weight(weights or name, "bias", "conv", [count])]
        return self.node("Gemm", name, inputs, [shape[0], count], transB=1)

    def norm(self, name, x):
        parts = [self.weight(name, part, "norm", [self.shapes[x][1]]) for part in ("weight", "bias", "running_mean", "running_var")]
        return self.node("BatchNormalization", name, [x, *parts], self.shapes[x], epsilon=EPSILON)

    def relu(self, name, x):
        return self.node("Relu", name, [x], self.shapes[x])

    def lrn(self, name, x, alpha=1e-4, k=1.0, size=5, beta=0.75):
        return self.node("LRN", name, [x], self.shapes[x], size=size, alpha=alpha, beta=beta, bias=k)

    def max_pool(self, name, x, kernel, stride, pad=0, caffe=True):
        n, c, h, w = self.shapes[x]
        if caffe:
            out = [caffe_size(size, kernel, stride, pad) for size in (h, w)]
        else:
            out = [(size + 2 * pad - kernel) // stride + 1 for size in (h, w)]
        ends = [max(0, (o - 1) * stride + kernel - size - pad) for o, size in zip(out, (h, w))]
        return self.node("MaxPool", name, [x], [n, c, *out], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad, pad, *ends])

    def average(self, name, x):
        n, c, _, _ = self.shapes[x]
        return self.node("GlobalAveragePool", name, [x], [n, c, 1, 1])

    def add(self, name, x, y):
        self.added |= {x, y}
        return self.node("Add", name, [x, y], self.shapes[x])

    def concat(self, name, xs):
        n, _, h, w = self.shapes[xs[0]]
        return self.node("Concat", name, xs, [n, sum(self.shapes[x][1] for x in xs), h, w], axis=1)

    def softmax(self, name, x):
        return self.node("Softmax", name, [x], self.shapes[x], axis=1)

    def sigmoid(self, name, x):
        return self.node("Sigmoid", name, [x], self.shapes[x])

    def reshape(self, name, x, shape):
        """Not a stage: no number changes."""
        sizes = numpy_helper.from_array(np.array([1, *shape], np.int64), f"{name}:sizes")
        self.constants.append(sizes)
        self.nodes.append(helper.make_node("Reshape", [x, sizes.name], [name], name))
        self.shapes[name] = [1, *shape]
        return name

    def transpose(self, name, x):
        n, a, b = self.shapes[x]
        return self.node("Transpose", name, [x], [n, b, a], perm=[0, 2, 1])

    def slice(self, name, x, start, count):
        """Positions of the first axis after the batch."""
        ends = [numpy_helper.from_array(np.array([v], np.int64), f"{name}:{i}") for i, v in enumerate((start, start + count, 1))]
        self.constants += ends
        n, _, *rest = self.shapes[x]
        return self.node("Slice", name, [x, *(end.name for end in ends)], [n, count, *rest])

    def parameters(self):
        """The numbers of all weights: (all, those of them running means and variances)."""
        running = sum(prod(shape) for name, _, _, shape in self.weights if ".running_" in name)
        return sum(prod(shape) for _, _, _, shape in self.weights), running

    def model(self):
        """The ONNX model, every stage an output."""
        weights = [
            numpy_helper.from_array(seeded.tensor(name, shape, self.seed, kind, layer in self.added), name)
            for name, layer, kind, shape in self.weights
        ]
        inputs = [helper.make_tensor_value_info("data", TensorProto.FLOAT, self.input_shape)]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in self.stages]
        graph = helper.make_graph(self.nodes, "network", inputs, outputs, weights + self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
        onnx.checker.check_model(model)
        return model

    def run(self):
        """Every stage's tensor for the seeded picture, in order; one thread, no rewriting of the graph."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(self.model().SerializeToString(), options, providers=["CPUExecutionProvider"])
        values = session.run([name for name, _ in self.stages], {"data": seeded.picture(self.input_shape, self.seed)})
        for (name, shape), value in zip(self.stages, values):
            assert list(value.shape) == shape and value.dtype == np.float32, name
        return dict(zip((name for name, _ in self.stages), values))

    def extra(self):
        """What networks.json says about this network beyond the common."""
        return {}
