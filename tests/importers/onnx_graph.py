"""Small ONNX models: an operator or a few, seeded weights, and their run in ONNX Runtime.

A tensor's numbers follow from its name and shape alone, so cases of like shapes differ in nothing but the operator's form.
"""

import zlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

BATCH = 2
IR_VERSIONS = {7: 3, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10}
MICROSOFT = "com.microsoft"
CASES = {}


def values(name, shape):
    """Numbers in [-2, 2)."""
    rng = np.random.default_rng(zlib.crc32(f"{name}{list(shape)}".encode()))
    return rng.uniform(-2, 2, shape).astype(np.float32)


class Weight:
    """A constant of a shape, to be filled by its place among the constants of its case."""

    def __init__(self, *shape, low=None):
        self.shape, self.low = shape, low

    def array(self, name):
        array = values(name, self.shape)
        return array if self.low is None else np.abs(array) + np.float32(self.low)


def ints(*numbers, dtype=np.int64):
    return np.array(numbers, dtype)


def scalar(number, dtype=np.float32):
    return np.array(number, dtype)


class Case:
    """A model under construction. Nodes and constants are named by their order."""

    def __init__(self, name, opset, inputs, batch="N", ir=None, listed=None):
        self.name, self.opset, self.inputs, self.batch = name, opset, inputs, batch
        self.ir = ir or IR_VERSIONS[opset]
        self.listed = self.ir < 4 if listed is None else listed
        self.nodes, self.constants, self.domains, self.outputs = [], {}, [("", opset)], []

    def constant(self, array, stored=None):
        """An initializer: a Weight, an array, or a finished TensorProto through `stored`(array, name)."""
        name = f"w{len(self.constants)}"
        if isinstance(array, Weight):
            array = array.array(name)
        self.constants[name] = (stored or numpy_helper.from_array)(np.asarray(array), name)
        return name

    def node(self, kind, inputs, outputs=1, domain="", **attributes):
        """One node; an input is a tensor's name, None (absent), a Weight or an array. Returns its output names, one alone as str."""
        names = [i if isinstance(i, str) else "" if i is None else self.constant(i) for i in inputs]
        count = sum(len(node.output) for node in self.nodes)
        made = [f"t{count + i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, names, made, f"{kind}_{len(self.nodes)}", domain=domain or None, **attributes))
        if domain and (domain, 1) not in self.domains:
            self.domains.append((domain, 1))
        return made[0] if outputs == 1 else made

    def literal(self, array, **attributes):
        """A Constant node."""
        attributes = attributes or {"value": numpy_helper.from_array(np.asarray(array))}
        return self.node("Constant", [], **attributes)

    def shape(self, shape, batch):
        return [batch if d == "N" else d for d in shape]

    def model(self, output_shapes):
        inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, self.shape(s, self.batch)) for n, s in self.inputs.items()]
        if self.listed:
            inputs += [helper.make_tensor_value_info(n, t.data_type, list(t.dims)) for n, t in self.constants.items()]
        outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in zip(self.outputs, output_shapes)]
        graph = helper.make_graph(self.nodes, self.name, inputs, outputs, list(self.constants.values()))
        opsets = [helper.make_opsetid(*domain) for domain in self.domains]
        return helper.make_model(graph, opset_imports=opsets, ir_version=self.ir)

    def feeds(self):
        count = self.batch if isinstance(self.batch, int) else BATCH
        return {name: values(name, self.shape(shape, count)) for name, shape in self.inputs.items()}

    def run(self):
        """(model, inputs, outputs); the model's output shapes are those found, with the batch as it is in the inputs."""
        feeds = self.feeds()
        found = infer(self.model([None] * len(self.outputs)), feeds)
        batch = len(next(iter(feeds.values())))
        for name, value in found.items():
            assert value.shape[0] == batch and value.dtype == np.float32, (self.name, name, value.shape)
            assert np.isfinite(value).all() and value.size > batch and np.ptp(value) > 0.01, (self.name, name)
        model = self.model([self.shape(["N", *value.shape[1:]], self.batch) for value in found.values()])
        onnx.checker.check_model(model)
        return model, feeds, found


def infer(model, feeds):
    """The outputs by ONNX Runtime: one thread, no rewriting of the graph. `model` is a ModelProto, its bytes or a path."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    source = model if isinstance(model, (str, bytes)) else model.SerializeToString()
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds)))


def case(opset, batch="N", ir=None, listed=None, **inputs):
    """Registers a function (case, *inputs) -> output or outputs under its own name."""

    def register(build):
        made = Case(build.__name__, opset, inputs, batch, ir, listed)
        made.outputs = build(made, *inputs)
        made.outputs = [made.outputs] if isinstance(made.outputs, str) else list(made.outputs)
        assert build.__name__ not in CASES
        CASES[build.__name__] = made
        return build

    return register


def one(name, opset, kind, inputs, outputs=1, batch="N", **attributes):
    """Registers a case of one node: a list or tuple of `inputs` is the shape of a graph input (x, y, ..), the rest as in Case.node."""
    shapes = {}
    for i, given in enumerate(inputs):
        if isinstance(given, (list, tuple)):
            letter = "xyz"[len(shapes)]
            shapes[letter] = given
            inputs = [*inputs[:i], letter, *inputs[i + 1 :]]
    made = Case(name, opset, shapes, batch)
    found = made.node(kind, inputs, outputs, **attributes)
    made.outputs = [found] if outputs == 1 else found
    assert name not in CASES
    CASES[name] = made
