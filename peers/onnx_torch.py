"""An ONNX file of the zoo in PyTorch: every node is one call of torch.nn.functional."""

import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper


def even(pads, node):
    assert pads[:2] == pads[2:], f"{node.name}: other pads at the end than at the beginning"
    return pads[:2]


def conv(node, strides, pads, group, kernel_shape):
    pads = even(pads, node)
    return lambda x, weight, bias=None: F.conv2d(x, weight, bias, strides, pads, groups=group)


def max_pool(node, kernel_shape, strides, pads):
    if pads[:2] == pads[2:]:
        return lambda x: F.max_pool2d(x, kernel_shape, strides, pads[:2])

    def run(x):
        sizes, ends = x.shape[2:], range(2)
        counts = [(sizes[i] + pads[i] + pads[i + 2] - kernel_shape[i]) // strides[i] + 1 for i in ends]
        # A window that begins within the input and ends beyond it is PyTorch's ceil_mode, of which there is a kernel.
        if pads[:2] == [0, 0] and all(-(-(sizes[i] - kernel_shape[i]) // strides[i]) + 1 == counts[i] for i in ends):
            return F.max_pool2d(x, kernel_shape, strides, ceil_mode=True)
        return F.max_pool2d(F.pad(x, (pads[1], pads[3], pads[0], pads[2]), value=-torch.inf), kernel_shape, strides)

    return run


def lrn(node, size, alpha, beta, bias):
    return lambda x: F.local_response_norm(x, size, alpha, beta, bias)


def gemm(node, transB):
    assert transB == 1, f"{node.name}: its weights are not transposed"
    return F.linear


def flatten(node, axis):
    return lambda x: x.flatten(axis)


def softmax(node, axis):
    return lambda x: F.softmax(x, axis)


def concat(node, axis):
    return lambda *parts: torch.cat(parts, axis)


OPERATORS = {
    "Conv": conv,
    "MaxPool": max_pool,
    "LRN": lrn,
    "Gemm": gemm,
    "Flatten": flatten,
    "Softmax": softmax,
    "Concat": concat,
    "GlobalAveragePool": lambda node: lambda x: F.adaptive_avg_pool2d(x, 1),
    "Relu": lambda node: F.relu,
    "Add": lambda node: torch.add,
}


class Network:
    """The file's network, its weights as `dtype` on `device`."""

    def __init__(self, path, device, dtype):
        graph = onnx.load(path).graph
        self.weights = {w.name: torch.tensor(numpy_helper.to_array(w), device=device, dtype=dtype) for w in graph.initializer}
        self.input, self.output, self.steps = graph.input[0].name, graph.output[0].name, []
        last = {name: index for index, node in enumerate(graph.node) for name in node.input}
        for index, node in enumerate(graph.node):
            attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            call = OPERATORS[node.op_type](node, **attributes)
            done = {name for name in node.input if last[name] == index and name not in self.weights}
            # As torchvision's networks do; nothing else reads what a convolution or an addition wrote for it.
            if node.op_type == "Relu" and done:
                call = F.relu_
            self.steps.append((call, list(node.input), node.output[0], done))

    def __call__(self, images, weights=None):
        tensors = {**(weights or self.weights), self.input: images}
        for call, inputs, output, done in self.steps:
            answer = call(*(tensors[name] for name in inputs))
            for name in done:
                del tensors[name]
            tensors[output] = answer
        return tensors[self.output]


class Module(torch.nn.Module):
    """The same for a compiler: its weights are parameters, channels last, which a CUDA graph need not copy; f32 pictures in NCHW in, f32 out."""

    def __init__(self, path, device, dtype):
        super().__init__()
        self.dtype, self.network = dtype, Network(path, device, dtype)
        self.names = list(self.network.weights)
        last = (w.contiguous(memory_format=torch.channels_last) if w.dim() == 4 else w for w in self.network.weights.values())
        self.values = torch.nn.ParameterList(torch.nn.Parameter(w, requires_grad=False) for w in last)
        self.network.weights = {}

    def forward(self, images):
        weights = dict(zip(self.names, self.values))
        return self.network(images.to(self.dtype, memory_format=torch.channels_last), weights).float()
