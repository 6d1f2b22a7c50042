"""TensorRT as a peer: an engine of the ONNX file for each number of images, run as a CUDA graph. PyTorch holds the memory and the stream."""

import hashlib
import sys
from pathlib import Path

import tensorrt as trt
import torch
from on_torch import on_host, prepared


class Log(trt.ILogger):
    """Warnings go to standard error, where they are looked for when it fails; the last error is also its reason."""

    def __init__(self):
        trt.ILogger.__init__(self)
        self.error = "it does not say why"

    def log(self, severity, message):
        of = trt.ILogger.Severity
        if severity in (of.INTERNAL_ERROR, of.ERROR):
            self.error = message
        if severity in (of.INTERNAL_ERROR, of.ERROR, of.WARNING):
            print(message, file=sys.stderr, flush=True)


def write(path, data):
    """In one step: what stops this program leaves no part of an engine."""
    part = path.with_suffix(".part")
    part.write_bytes(bytes(data))
    part.replace(path)


def build(path, shape, log, settings, timings):
    """The plan of the file's network for pictures of that shape, all of it fixed."""
    builder = trt.Builder(log)
    # Types are those of the file: TensorRT 11 knows no other way.
    network, config = builder.create_network(), builder.create_builder_config()
    parser = trt.OnnxParser(network, log)
    if not parser.parse(path.read_bytes()):
        raise RuntimeError(f"TensorRT does not read {path.name}: {'; '.join(str(parser.get_error(i)) for i in range(parser.num_errors))}")
    config.clear_flag(trt.BuilderFlag.TF32)
    config.builder_optimization_level = settings.level
    profile = builder.create_optimization_profile()
    profile.set_shape(network.get_input(0).name, shape, shape, shape)
    config.add_optimization_profile(profile)
    cache = config.create_timing_cache(timings.read_bytes() if timings.exists() else b"")
    config.set_timing_cache(cache, ignore_mismatch=False)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise RuntimeError(f"TensorRT built no engine: {log.error}")
    write(timings, config.get_timing_cache().serialize())
    return plan


class Engine:
    """It for one number of images: `given` and `answer` on the device, and what computes the one of the other on `stream`."""

    def __init__(self, plan, shape, log, settings, stream):
        # The engine lives as long as its runtime.
        self.runtime, self.stream = trt.Runtime(log), stream
        self.engine = self.runtime.deserialize_cuda_engine(plan)
        if self.engine is None:
            raise RuntimeError(f"TensorRT does not take its engine back: {log.error}")
        self.context = self.engine.create_execution_context()
        names = [self.engine.get_tensor_name(index) for index in range(self.engine.num_io_tensors)]
        (source,) = [name for name in names if self.engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT]
        (result,) = [name for name in names if name != source]
        self.context.set_input_shape(source, shape)
        # Both are f32 in the file, also where it computes in f16.
        self.given = torch.zeros(shape, device=settings.device)
        self.answer = torch.empty(tuple(self.context.get_tensor_shape(result)), device=settings.device)
        for name, tensor in ((source, self.given), (result, self.answer)):
            self.context.set_tensor_address(name, tensor.data_ptr())
        self.launch = self.enqueue if stream is None else self.recorded()

    def enqueue(self):
        if not self.context.execute_async_v3(self.stream.cuda_stream if self.stream else 0):
            raise RuntimeError("TensorRT does not run its engine")

    def recorded(self):
        """The same as a CUDA graph; what TensorRT sets up at the first run stays outside it."""
        # The tensors were made on another stream.
        torch.cuda.synchronize()
        with torch.cuda.stream(self.stream):
            self.enqueue()
        self.stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self.stream):
            self.enqueue()
        return graph.replay


def engines(model, images, precision, settings):
    device, versions = prepared(settings)
    log, folder = Log(), settings.cache / "tensorrt"
    folder.mkdir(parents=True, exist_ok=True)
    path = Path(f"{model}.onnx" if precision == "f32" else f"{model}.{precision}.onnx")
    # What an engine is made of and for; timings are of one device and version, as TensorRT itself checks.
    made_of = hashlib.sha256(f"{trt.__version__} {device} {settings.level}\n".encode() + path.read_bytes()).hexdigest()[:16]
    timings = folder / f"{hashlib.sha256(f'{trt.__version__} {device}'.encode()).hexdigest()[:16]}.timings"
    host, stream, ready = on_host(images, settings), None if settings.device == "cpu" else torch.cuda.Stream(), {}

    def engine(count):
        shape = (count, *images.shape[1:])
        kept = folder / f"{path.stem}.{count}.{made_of}.engine"
        if not kept.exists():
            write(kept, build(path, shape, log, settings, timings))
        return Engine(kept.read_bytes(), shape, log, settings, stream)

    def run(count):
        if count not in ready:
            ready[count] = engine(count)
        with torch.cuda.stream(stream):
            ready[count].given.copy_(host[:count], non_blocking=settings.pinned)
            ready[count].launch()
            # Waits for it.
            return ready[count].answer.cpu().numpy().reshape(count, -1)

    return run, device, f"tensorrt {trt.__version__}, {versions}"
