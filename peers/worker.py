"""A peer: `worker.py KIND MODEL INPUT OUTPUT PRECISION SHAPE`, files of f32, INPUT as many pictures of SHAPE as there are. Once ready it says so; for every
line on standard input, a number of images, it runs the first of them once, writes OUTPUT, and gives the seconds from input on the host to result on the host.

`worker.py KIND` alone fails where there is nothing to run KIND with."""

import sys
import time

import numpy as np


def ncnn_vulkan(model, images, precision):
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
    def make(model, images, precision):
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


def torch_cuda(model, images, precision):
    import torch
    from onnx_torch import Network

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    dtype = {"f32": torch.float32, "f16": torch.float16}[precision]
    network, host = Network(f"{model}.onnx", "cuda", dtype), torch.from_numpy(images)

    @torch.inference_mode()
    def run(count):
        answer = network(host[:count].cuda().to(dtype)).float().cpu()
        torch.cuda.synchronize()
        return answer.numpy()

    versions = f"torch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"
    return run, torch.cuda.get_device_name(), versions


PROVIDERS = {"ort-webgpu": "WebGpuExecutionProvider", "ort-cuda": "CUDAExecutionProvider", "ort-cpu": "CPUExecutionProvider"}
KINDS = {
    "ncnn-vulkan": ncnn_vulkan,
    "ort-webgpu": onnxruntime("onnxruntime-webgpu", PROVIDERS["ort-webgpu"]),
    "ort-cuda": onnxruntime("onnxruntime-gpu", PROVIDERS["ort-cuda"], use_tf32="0"),
    "ort-cpu": onnxruntime("onnxruntime", PROVIDERS["ort-cpu"]),
    "torch-cuda": torch_cuda,
}


def require(kind):
    """Fails with the reason where this interpreter cannot run `kind`."""
    if kind == "ncnn-vulkan":
        import ncnn  # noqa: F401
    elif kind == "torch-cuda":
        import onnx  # noqa: F401
        import torch

        assert torch.cuda.is_available(), f"torch {torch.__version__} finds no CUDA device"
    else:
        import onnxruntime as ort

        found = ort.get_available_providers()
        assert PROVIDERS[kind] in found, f"onnxruntime {ort.__version__} has no {PROVIDERS[kind]}, only {', '.join(found)}"


def main(kind, model, source, answer, precision, shape):
    images = np.fromfile(source, np.float32).reshape([-1, *(int(side) for side in shape.split(",")[1:])])
    run, device, versions = KINDS[kind](model, images, precision)
    print("ready", f"{device}\t{versions}", flush=True)
    for line in sys.stdin:
        count = int(line)
        start = time.perf_counter()
        values = run(count)
        seconds = time.perf_counter() - start
        np.asarray(values, np.float32).tofile(answer)
        print(seconds, flush=True)


if __name__ == "__main__":
    require(sys.argv[1]) if len(sys.argv) == 2 else main(*sys.argv[1:])
