"""A peer: `worker.py KIND MODEL INPUT OUTPUT SHAPE`, files of f32. Once ready it writes what the network answers and says so; for every line on standard
input it runs once and gives the seconds, from input on the host to result on the host."""

import sys
import time

import numpy as np


def ncnn_vulkan(model, image):
    import ncnn

    net = ncnn.Net()
    net.opt.use_vulkan_compute = True
    # The same types as moue's: f32 in storage and arithmetic.
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = False
    assert ncnn.get_gpu_count() > 0, "ncnn finds no Vulkan device"
    net.set_vulkan_device(0)
    assert net.load_param(f"{model}.ncnn.param") == 0 and net.load_model(f"{model}.ncnn.bin") == 0
    # A copy that lives on: ncnn does not own what numpy holds.
    given = [ncnn.Mat(part).clone() for part in image]
    device = ncnn.get_gpu_info(0).device_name()

    def run():
        answers = []
        for part in given:
            with net.create_extractor() as extractor:
                extractor.input("in0", part)
                status, out = extractor.extract("out0")
                assert status == 0
                answers.append(np.array(out).ravel())
        return np.stack(answers)

    return run, device


def onnxruntime(provider):
    def make(model, image):
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.log_severity_level = 3
        # Its threads would go on spinning while another program is timed.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = ort.InferenceSession(f"{model}.onnx", options, providers=[provider])
        # Operators that WebGPU lacks, LRN among them, run on the CPU and are paid for; but a session that finds no adapter computes all of it there,
        # and says nothing.
        assert session.get_providers()[0] == provider, f"no adapter for {provider}: it would run on {session.get_providers()}"
        name = session.get_inputs()[0].name
        return lambda: session.run(None, {name: image})[0], provider

    return make


KINDS = {
    "ncnn-vulkan": ncnn_vulkan,
    "ort-webgpu": onnxruntime("WebGpuExecutionProvider"),
    "ort-cpu": onnxruntime("CPUExecutionProvider"),
}


def main(kind, model, source, answer, shape):
    image = np.fromfile(source, np.float32).reshape([int(side) for side in shape.split(",")])
    run, device = KINDS[kind](model, image)
    np.asarray(run(), np.float32).tofile(answer)
    print("ready", device, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
