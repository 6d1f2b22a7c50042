"""As much of TensorRT 11's Python interface as on_tensorrt.py uses, and no more: a plan is the ONNX file with what was asked of its builder, and PyTorch runs it on the processor.

Names, arguments and what is returned are those of tensorrt_cu13_bindings 11.4.0.106; what that has not, BuilderFlag.FP16 among it, is missing here too.
"""

import ctypes
import enum
import io
import pickle

import onnx
import torch

__version__ = "made up"
BUILT, REFUSED = [], {"parse": False, "build": False}


class ILogger:
    class Severity(enum.Enum):
        INTERNAL_ERROR, ERROR, WARNING, INFO, VERBOSE = range(5)

    def __init__(self):
        self.made = True

    def log(self, severity, msg):
        raise NotImplementedError


class BuilderFlag(enum.Enum):
    TF32, REFIT = range(2)


class TensorIOMode(enum.Enum):
    NONE, INPUT, OUTPUT = range(3)


class IHostMemory:
    """Readable by `bytes` alone, as a buffer is."""

    def __init__(self, data):
        self.data = data

    def __bytes__(self):
        return self.data


class ITimingCache:
    def __init__(self, data):
        self.entries = set(pickle.loads(data)) if data else set()

    def serialize(self):
        return IHostMemory(pickle.dumps(sorted(self.entries)))


class IOptimizationProfile:
    def set_shape(self, input, min, opt, max):
        self.shapes = {input: (tuple(min), tuple(opt), tuple(max))}


class IBuilderConfig:
    def __init__(self):
        self.flags, self.profiles, self.cache, self.builder_optimization_level = {BuilderFlag.TF32}, [], None, 3

    def clear_flag(self, flag):
        self.flags.discard(flag)

    def add_optimization_profile(self, profile):
        self.profiles.append(profile)
        return len(self.profiles) - 1

    def create_timing_cache(self, serialized_timing_cache):
        return ITimingCache(serialized_timing_cache)

    def set_timing_cache(self, cache, ignore_mismatch):
        assert ignore_mismatch is False
        self.cache = cache
        return True

    def get_timing_cache(self):
        return self.cache


class INetworkDefinition:
    def get_input(self, index):
        return self.model.graph.input[index]


class Builder:
    def __init__(self, logger):
        assert logger.made, "ILogger.__init__ was not called"
        self.logger = logger

    def create_network(self, flags=0):
        return INetworkDefinition()

    def create_builder_config(self):
        return IBuilderConfig()

    def create_optimization_profile(self):
        return IOptimizationProfile()

    def build_serialized_network(self, network, config):
        if REFUSED["build"]:
            self.logger.log(ILogger.Severity.WARNING, "slow")
            self.logger.log(ILogger.Severity.ERROR, "no kernel for Conv_1")
            self.logger.log(ILogger.Severity.INFO, "done")
            return None
        (profile,) = config.profiles
        ((name, (least, best, most)),) = profile.shapes.items()
        assert name == network.model.graph.input[0].name and least == best == most
        BUILT.append({"shape": best, "tf32": BuilderFlag.TF32 in config.flags, "level": config.builder_optimization_level, "timings": len(config.cache.entries)})
        config.cache.entries.add(str(best))
        return IHostMemory(pickle.dumps((network.model.SerializeToString(), best)))


class OnnxParser:
    def __init__(self, network, logger):
        self.network = network

    num_errors = property(lambda self: REFUSED["parse"] * 1)

    def parse(self, model, path=None):
        assert isinstance(model, bytes)
        self.network.model = onnx.load(io.BytesIO(model))
        return not REFUSED["parse"]

    def get_error(self, index):
        return f"error {index}: LRN is unknown"


class Runtime:
    def __init__(self, logger):
        assert logger.made

    def deserialize_cuda_engine(self, serialized_engine):
        assert isinstance(serialized_engine, bytes)
        return ICudaEngine(*pickle.loads(serialized_engine))


class ICudaEngine:
    num_io_tensors = 2

    def __init__(self, model, shape):
        self.model, self.shape = onnx.load(io.BytesIO(model)), shape
        self.names = [self.model.graph.input[0].name, self.model.graph.output[0].name]

    def get_tensor_name(self, index):
        return self.names[index]

    def get_tensor_mode(self, name):
        return TensorIOMode.INPUT if name == self.names[0] else TensorIOMode.OUTPUT

    def create_execution_context(self):
        return IExecutionContext(self)


class IExecutionContext:
    def __init__(self, engine):
        self.engine, self.at, self.shape = engine, {}, None

    def set_input_shape(self, name, shape):
        assert tuple(shape) == self.engine.shape, "it is not that of the profile"
        self.shape = tuple(shape)
        return True

    def get_tensor_shape(self, name):
        dims = [side.dim_value for side in self.engine.model.graph.output[0].type.tensor_type.shape.dim]
        return self.shape if name == self.engine.names[0] else (self.shape[0], *dims[1:])

    def set_tensor_address(self, name, memory):
        self.at[name] = memory
        return True

    def execute_async_v3(self, stream_handle):
        assert isinstance(stream_handle, int) and set(self.at) == set(self.engine.names)
        source, result = self.engine.names
        given = (ctypes.c_float * torch.Size(self.shape).numel()).from_address(self.at[source])
        answer = run(self.engine.model, torch.frombuffer(given, dtype=torch.float32).reshape(self.shape)).contiguous()
        ctypes.memmove(self.at[result], answer.data_ptr(), 4 * answer.numel())
        return True


def run(model, images):
    """The nodes of test_on_cuda.py's network, by hand: another way than onnx_torch.py's, also in f16, whose file casts."""
    weights = {w.name: torch.tensor(onnx.numpy_helper.to_array(w)) for w in model.graph.initializer}
    values = {**weights, model.graph.input[0].name: images}
    kinds = {onnx.TensorProto.FLOAT: torch.float32, onnx.TensorProto.FLOAT16: torch.float16}
    calls = {
        "Cast": lambda node, x: x.to(kinds[node.attribute[0].i]),
        "Conv": lambda node, x, w, b: torch.conv2d(x, w, b, padding=1),
        "Relu": lambda node, x: torch.relu(x),
        "GlobalAveragePool": lambda node, x: x.mean((2, 3), keepdim=True),
        "Flatten": lambda node, x: x.flatten(1),
        "Gemm": lambda node, x, w, b: x @ w.T + b,
    }
    for node in model.graph.node:
        values[node.output[0]] = calls[node.op_type](node, *(values[name] for name in node.input))
    return values[model.graph.output[0].name]
