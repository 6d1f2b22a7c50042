"""Small TensorFlow Lite files written field by field, and what LiteRT computes of them."""

import flatbuffers
import numpy as np
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

TYPES = {np.dtype(kind): getattr(tflite.TensorType, name) for kind, name in
         [("float32", "FLOAT32"), ("float16", "FLOAT16"), ("int32", "INT32"), ("int64", "INT64"), ("int8", "INT8"), ("uint8", "UINT8"), ("bool", "BOOL")]}
CASES = {}


class Graph:
    """A network under construction: `input` and `constant` give tensors, `op` appends an operator, `output` names an answer."""

    def __init__(self, seed=0):
        self.tensors, self.operators, self.codes, self.inputs, self.outputs = [], [], [], [], []
        self.random, self.feeds, self.sparse = np.random.default_rng(seed), {}, {}

    def tensor(self, shape, kind="float32", data=None, name=None, signature=None):
        self.tensors.append((name or f"t{len(self.tensors)}", list(shape), np.dtype(kind), data, signature))
        return len(self.tensors) - 1

    def input(self, *shape, name=None, values=None, kind="float32", signature=None):
        """An input, fed with values of a normal distribution or those given."""
        index = self.tensor(shape, kind, None, name or f"x{len(self.inputs)}", signature)
        self.inputs.append(index)
        self.feeds[self.tensors[index][0]] = (self.random.normal(size=shape) if values is None else values).astype(kind)
        return index

    def constant(self, values, kind="float32"):
        values = np.asarray(values, kind)
        return self.tensor(values.shape, kind, values.tobytes())

    def weight(self, *shape, kind="float32", scale=0.5):
        return self.constant(self.random.normal(size=shape) * scale, kind)

    def op(self, code, inputs, shape, options=None, kind="float32", version=1, name=None):
        """An operator of one output, or several where `shape` is a list of shapes. `options`: the table's name and its fields."""
        several = isinstance(shape, list)
        made = [self.tensor(own, kind, name=name) for own in (shape if several else [shape])]
        self.operators.append((code, inputs, made, options, version))
        return made if several else made[0]

    def output(self, *indices):
        self.outputs.extend(indices)

    def bytes(self):
        b = flatbuffers.Builder(1 << 16)

        def vector(start, values, prepend):
            start(b, len(values))
            for value in reversed(values):
                prepend(value)
            return b.EndVector()

        def ints(start, values):
            return vector(start, values, b.PrependInt32)

        buffers = [b""] + [data for *_, data, _ in self.tensors if data is not None]
        buffer_at, at = [], 0
        for *_, data, _ in self.tensors:
            at += data is not None
            buffer_at.append(at if data is not None else 0)
        made = []
        for data in buffers:
            stored = b.CreateByteVector(data) if data else None
            tflite.BufferStart(b)
            if stored is not None:
                tflite.BufferAddData(b, stored)
            made.append(tflite.BufferEnd(b))
        buffers = vector(tflite.ModelStartBuffersVector, made, b.PrependUOffsetTRelative)
        tensors = []
        for index, (name, shape, kind, _, signature) in enumerate(self.tensors):
            sparsity = self.sparsity(b, ints, vector, index)
            called, sizes = b.CreateString(name), ints(tflite.TensorStartShapeVector, shape)
            signature = None if signature is None else ints(tflite.TensorStartShapeSignatureVector, signature)
            tflite.TensorStart(b)
            tflite.TensorAddShape(b, sizes)
            tflite.TensorAddType(b, TYPES[kind])
            tflite.TensorAddBuffer(b, buffer_at[index])
            tflite.TensorAddName(b, called)
            if sparsity is not None:
                tflite.TensorAddSparsity(b, sparsity)
            if signature is not None:
                tflite.TensorAddShapeSignature(b, signature)
            tensors.append(tflite.TensorEnd(b))
        codes = sorted({(code, version) for code, *_, version in self.operators}, key=str)
        operators = []
        for code, inputs, outputs, options, version in self.operators:
            table = self.options(b, options)
            read, written = ints(tflite.OperatorStartInputsVector, inputs), ints(tflite.OperatorStartOutputsVector, outputs)
            tflite.OperatorStart(b)
            tflite.OperatorAddOpcodeIndex(b, codes.index((code, version)))
            tflite.OperatorAddInputs(b, read)
            tflite.OperatorAddOutputs(b, written)
            if table is not None:
                tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, options[0]))
                tflite.OperatorAddBuiltinOptions(b, table)
            operators.append(tflite.OperatorEnd(b))
        lists = [
            vector(tflite.SubGraphStartTensorsVector, tensors, b.PrependUOffsetTRelative),
            ints(tflite.SubGraphStartInputsVector, self.inputs),
            ints(tflite.SubGraphStartOutputsVector, self.outputs),
            vector(tflite.SubGraphStartOperatorsVector, operators, b.PrependUOffsetTRelative),
        ]
        tflite.SubGraphStart(b)
        for add, made in zip([tflite.SubGraphAddTensors, tflite.SubGraphAddInputs, tflite.SubGraphAddOutputs, tflite.SubGraphAddOperators], lists):
            add(b, made)
        subgraphs = vector(tflite.ModelStartSubgraphsVector, [tflite.SubGraphEnd(b)], b.PrependUOffsetTRelative)
        made = []
        for code, version in codes:
            custom = None if hasattr(tflite.BuiltinOperator, code) else b.CreateString(code)
            number = tflite.BuiltinOperator.CUSTOM if custom is not None else getattr(tflite.BuiltinOperator, code)
            tflite.OperatorCodeStart(b)
            tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(number, 127))
            tflite.OperatorCodeAddBuiltinCode(b, number)
            tflite.OperatorCodeAddVersion(b, version)
            if custom is not None:
                tflite.OperatorCodeAddCustomCode(b, custom)
            made.append(tflite.OperatorCodeEnd(b))
        codes = vector(tflite.ModelStartOperatorCodesVector, made, b.PrependUOffsetTRelative)
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddOperatorCodes(b, codes)
        tflite.ModelAddSubgraphs(b, subgraphs)
        tflite.ModelAddBuffers(b, buffers)
        b.Finish(tflite.ModelEnd(b), b"TFL3")
        return bytes(b.Output())

    @staticmethod
    def options(b, options):
        """A table of options: its name, and its fields as in the schema."""
        if options is None:
            return None
        table, fields = options
        fields = dict(fields)
        for field, values in fields.items():
            if isinstance(values, list):
                getattr(tflite, f"{table}Start{field}Vector")(b, len(values))
                for value in reversed(values):
                    b.PrependInt32(value)
                fields[field] = b.EndVector()
        getattr(tflite, f"{table}Start")(b)
        for field, value in fields.items():
            getattr(tflite, f"{table}Add{field}")(b, value)
        return getattr(tflite, f"{table}End")(b)

    def sparsity(self, b, ints, vector, index):
        """The places of a sparse tensor: traversal order, block map, and a size or (segments, indices) a dimension."""
        if index not in self.sparse:
            return None
        order, blocks, levels = self.sparse[index]
        dimensions = []
        for level in levels:
            if not isinstance(level, int):
                arrays = []
                for values in level:
                    stored = vector(tflite.Uint8VectorStartValuesVector, list(values), b.PrependUint8)
                    tflite.Uint8VectorStart(b)
                    tflite.Uint8VectorAddValues(b, stored)
                    arrays.append(tflite.Uint8VectorEnd(b))
            tflite.DimensionMetadataStart(b)
            if isinstance(level, int):
                tflite.DimensionMetadataAddFormat(b, tflite.DimensionType.DENSE)
                tflite.DimensionMetadataAddDenseSize(b, level)
            else:
                tflite.DimensionMetadataAddFormat(b, tflite.DimensionType.SPARSE_CSR)
                tflite.DimensionMetadataAddArraySegmentsType(b, tflite.SparseIndexVector.Uint8Vector)
                tflite.DimensionMetadataAddArraySegments(b, arrays[0])
                tflite.DimensionMetadataAddArrayIndicesType(b, tflite.SparseIndexVector.Uint8Vector)
                tflite.DimensionMetadataAddArrayIndices(b, arrays[1])
            dimensions.append(tflite.DimensionMetadataEnd(b))
        dimensions = vector(tflite.SparsityParametersStartDimMetadataVector, dimensions, b.PrependUOffsetTRelative)
        order = ints(tflite.SparsityParametersStartTraversalOrderVector, order)
        blocks = ints(tflite.SparsityParametersStartBlockMapVector, blocks) if blocks else None
        tflite.SparsityParametersStart(b)
        tflite.SparsityParametersAddTraversalOrder(b, order)
        if blocks is not None:
            tflite.SparsityParametersAddBlockMap(b, blocks)
        tflite.SparsityParametersAddDimMetadata(b, dimensions)
        return tflite.SparsityParametersEnd(b)


def run(source, feeds, plain=True):
    """What LiteRT computes, by the names of the outputs: by its plain kernels, or by those that it takes by default."""
    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if plain else OpResolverType.AUTO
    interpreter = Interpreter(model_content=source, experimental_op_resolver_type=resolver, num_threads=1)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], feeds[detail["name"]])
    interpreter.invoke()
    return {detail["name"]: interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()}


def outside(values):
    """As a network of moue has it: pictures channels first."""
    return np.ascontiguousarray(np.transpose(values, (0, 3, 1, 2)) if values.ndim == 4 else values, np.float32)


def case(function):
    """Registers a function that fills a graph; its name is the case's."""
    CASES[function.__name__] = function
    return function
