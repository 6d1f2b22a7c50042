"""A peer: `worker.py KIND MODEL INPUT OUTPUT PRECISION SHAPE`, files of f32, INPUT as many pictures of SHAPE as there are. Once ready it says so; for every
line on standard input, a number of images, it runs the first of them once, writes OUTPUT, and gives the seconds from input on the host to result on the host.

`worker.py KIND` alone says its versions, and fails where there is nothing to run KIND with."""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np


def ncnn_vulkan(model, images, precision, _):
    import ncnn

    net = ncnn.Net()
    net.opt.use_vulkan_compute = True
    # f32 in storage and arithmetic, or f16 in both, which is ncnn's default where the device has it.
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = precision == "f16"
    net.opt.use_bf16_storage = False
    assert ncnn.get_gpu_count() > 0, "ncnn finds no Vulkan device"
    net.set_vulkan_device(0)
    assert net.load_param(f"{model}.ncnn.param") == 0 and net.load_model(f"{model}.ncnn.bin") == 0
    # A copy that lives on: ncnn does not own what numpy holds.
    given = [ncnn.Mat(part).clone() for part in images]

    def run(count):
        answers = []
        for part in given[:count]:
            with net.create_extractor() as extractor:
                extractor.input("in0", part)
                status, out = extractor.extract("out0")
                assert status == 0
                answers.append(np.array(out).ravel())
        return np.stack(answers)

    return run, ncnn.get_gpu_info(0).device_name(), f"ncnn {ncnn.__version__}"


def onnxruntime(kind, provider, **settings):
    def make(model, images, precision, _):
        import onnxruntime as ort

        if kind == "onnxruntime-gpu":
            # CUDA and cuDNN of the environment's packages, which are not where a linker looks.
            ort.preload_dlls()
        options = ort.SessionOptions()
        options.log_severity_level = 3
        # Its threads would go on spinning while another program is timed.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = f"{model}.onnx" if precision == "f32" else f"{model}.{precision}.onnx"
        session = ort.InferenceSession(path, options, providers=[(provider, settings)])
        # Operators that WebGPU lacks, LRN among them, run on the CPU and are paid for; but a session that finds no adapter computes all of it there,
        # and says nothing.
        assert session.get_providers()[0] == provider, f"no adapter for {provider}: it would run on {session.get_providers()}"
        name = session.get_inputs()[0].name
        return lambda count: session.run(None, {name: images[:count]})[0], provider, f"{kind} {ort.__version__}"

    return make


def pytorch(compiled):
    def make(model, images, precision, settings):
        import on_torch

        return (on_torch.compiled if compiled else on_torch.eager)(model, images, precision, settings)

    return make


def tensorrt(model, images, precision, settings):
    import on_tensorrt

    return on_tensorrt.engines(model, images, precision, settings)


PROVIDERS = {"ort-webgpu": "WebGpuExecutionProvider", "ort-cuda": "CUDAExecutionProvider", "ort-cpu": "CPUExecutionProvider"}
KINDS = {
    "ncnn-vulkan": ncnn_vulkan,
    "ort-webgpu": onnxruntime("onnxruntime-webgpu", PROVIDERS["ort-webgpu"]),
    "ort-cuda": onnxruntime("onnxruntime-gpu", PROVIDERS["ort-cuda"], use_tf32="0"),
    "ort-cpu": onnxruntime("onnxruntime", PROVIDERS["ort-cpu"]),
    "torch-cuda": pytorch(compiled=False),
    "torch-compile": pytorch(compiled=True),
    "tensorrt": tensorrt,
}


def require(kind, settings):
    """The versions of what runs `kind`; fails with the reason where this interpreter cannot."""
    if kind == "ncnn-vulkan":
        import ncnn

        return f"ncnn {ncnn.__version__}"
    if kind in ("torch-cuda", "torch-compile", "tensorrt"):
        import onnx  # noqa: F401
        import torch

        assert settings.device == "cpu" or torch.cuda.is_available(), f"torch {torch.__version__} finds no CUDA device"
        if kind == "tensorrt":
            import tensorrt

            return f"tensorrt {tensorrt.__version__}, torch {torch.__version__}"
        return f"torch {torch.__version__}"
    import onnxruntime as ort

    found = ort.get_available_providers()
    assert PROVIDERS[kind] in found, f"onnxruntime {ort.__version__} has no {PROVIDERS[kind]}, only {', '.join(found)}"
    return f"onnxruntime {ort.__version__}"


def main(kind, model, source, answer, precision, shape, settings):
    images = np.fromfile(source, np.float32).reshape([-1, *(int(side) for side in shape.split(",")[1:])])
    run, device, versions = KINDS[kind](model, images, precision, settings)
    print("ready", f"{device}\t{versions}", flush=True)
    for line in sys.stdin:
        count = int(line)
        start = time.perf_counter()
        values = run(count)
        seconds = time.perf_counter() - start
        np.asarray(values, np.float32).tofile(answer)
        print(seconds, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("rest", nargs="*", metavar="MODEL INPUT OUTPUT PRECISION SHAPE")
    parser.add_argument("--device", default="cuda", help="of PyTorch: cpu is for tests")
    parser.add_argument("--pinned", action="store_true", help="pictures in page-locked memory, for PyTorch and TensorRT")
    parser.add_argument("--cache", type=Path, help="where what was compiled and tuned is kept")
    parser.add_argument("--level", type=int, default=3, help="of TensorRT's builder")
    settings = parser.parse_args()
    if len(settings.rest) not in (0, 5):
        parser.error("MODEL INPUT OUTPUT PRECISION SHAPE, or none of them")
    return settings


if __name__ == "__main__":
    given = arguments()
    if given.cache:
        # Before PyTorch is there, which reads it once.
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(given.cache / "inductor"))
    if given.rest:
        main(given.kind, *given.rest, given)
    else:
        print(require(given.kind, given))
