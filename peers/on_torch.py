"""PyTorch as a peer: eager, in NCHW, and compiled, channels last."""

import torch
from onnx_torch import Module, Network

TYPES = {"f32": torch.float32, "f16": torch.float16}
# torch.compile's CUDA graphs: a run that allocates, one that records, one that replays.
RUNS_UNTIL_REPLAY = 3


def prepared(settings):
    """TF32 off, convolutions chosen by time; the device's name and the versions."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    versions = f"torch {torch.__version__}"
    if settings.device == "cpu":
        return "CPU", versions
    return torch.cuda.get_device_name(), f"{versions}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"


def on_host(images, settings):
    host = torch.from_numpy(images)
    return host.pin_memory() if settings.pinned else host


def eager(model, images, precision, settings):
    device, versions = prepared(settings)
    network, host = Network(f"{model}.onnx", settings.device, TYPES[precision]), on_host(images, settings)

    @torch.inference_mode()
    def run(count):
        return network(host[:count].to(settings.device, non_blocking=settings.pinned).to(TYPES[precision])).float().cpu().numpy()

    return run, device, versions


def compiled(model, images, precision, settings):
    device, versions = prepared(settings)
    module, host = Module(f"{model}.onnx", settings.device, TYPES[precision]), on_host(images, settings)
    # A graph for each number of images, none with a break.
    network, recorded = torch.compile(module, mode="max-autotune", dynamic=False, fullgraph=True), set()

    @torch.no_grad()
    def once(count):
        torch.compiler.cudagraph_mark_step_begin()
        return network(host[:count].to(settings.device, non_blocking=settings.pinned)).cpu().numpy()

    def run(count):
        for _ in range(RUNS_UNTIL_REPLAY - 1 if count not in recorded else 0):
            once(count)
        recorded.add(count)
        return once(count)

    return run, device, versions
