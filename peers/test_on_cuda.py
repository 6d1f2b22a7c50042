"""Peers on CUDA where there is none: PyTorch eager and compiled on the processor, TensorRT made up. A network of three layers; a minute, as PyTorch compiles it.

Wants torch, onnx and a C++ compiler: python3 -m pytest peers/test_on_cuda.py
"""

import argparse
import contextlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

onnx = pytest.importorskip("onnx")

import made_up_tensorrt  # noqa: E402
import on_torch  # noqa: E402
import rewrite  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

HERE = Path(__file__).parent
sys.modules["tensorrt"] = made_up_tensorrt
import on_tensorrt  # noqa: E402

SHAPE = (3, 3, 12, 10)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The path of NET.onnx and NET.f16.onnx without its end, as export.py writes them."""
    random, path = np.random.default_rng(1), tmp_path_factory.mktemp("net") / "net"
    weights = {"w": (8, 3, 3, 3), "b": (8,), "v": (5, 8), "c": (5,)}
    values = [numpy_helper.from_array(random.standard_normal(shape).astype(np.float32), name) for name, shape in weights.items()]
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["conv"], "conv", strides=[1, 1], pads=[1, 1, 1, 1], group=1, kernel_shape=[3, 3]),
        helper.make_node("Relu", ["conv"], ["relu"], "relu"),
        helper.make_node("GlobalAveragePool", ["relu"], ["mean"], "mean"),
        helper.make_node("Flatten", ["mean"], ["flat"], "flat", axis=1),
        helper.make_node("Gemm", ["flat", "v", "c"], ["y"], "gemm", transB=1),
    ]
    given, answer = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", [1, *SHAPE[1:]]), ("y", [1, 5])))
    whole = rewrite.any_batch(helper.make_model(helper.make_graph(nodes, "net", [given], [answer], values), opset_imports=[helper.make_opsetid("", 17)]))
    onnx.save(whole, f"{path}.onnx")
    onnx.save(rewrite.halves(whole), f"{path}.f16.onnx")
    return path


@pytest.fixture
def images():
    return np.random.default_rng(2).standard_normal(SHAPE).astype(np.float32)


@pytest.fixture
def settings(tmp_path):
    made_up_tensorrt.BUILT.clear()
    made_up_tensorrt.REFUSED.update(parse=False, build=False)
    return argparse.Namespace(device="cpu", pinned=False, cache=tmp_path, level=4)


def expected(model, images):
    """In f64, of the file."""
    w = {tensor.name: numpy_helper.to_array(tensor).astype(np.float64) for tensor in onnx.load(f"{model}.onnx").graph.initializer}
    padded = np.pad(images.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    conv = np.einsum("nchwij,ocij->nohw", windows, w["w"]) + w["b"][:, None, None]
    return np.maximum(conv, 0).mean((2, 3)) @ w["v"].T + w["c"]


def near(answer, model, images, precision):
    want = expected(model, images)
    assert answer.shape == want.shape and answer.dtype == np.float32
    error = np.abs(answer - want).max() / np.abs(want).max()
    assert error < {"f32": 1e-5, "f16": 1e-2}[precision], error


@pytest.mark.parametrize("precision", ["f32", "f16"])
@pytest.mark.parametrize("make", [on_torch.eager, on_torch.compiled, on_tensorrt.engines])
def test_it_answers_as_the_file_says_for_every_number_of_images(make, model, images, settings, precision):
    run, device, versions = make(str(model), images, precision, settings)
    assert device == "CPU" and f"torch {torch.__version__}" in versions
    for count in (1, 3, 1):
        near(run(count), model, images[:count], precision)


def test_what_is_compiled_is_one_graph_channels_last_for_each_number_of_images(model, images, settings, monkeypatch):
    graphs = []

    def compiler(graph, inputs):
        graphs.append([tuple(i.shape) for i in inputs if i.dim() == 4])
        assert all(i.is_contiguous(memory_format=torch.channels_last) for i in inputs if isinstance(i, torch.nn.Parameter) and i.dim() == 4)
        (conv,) = [node for node in graph.graph.nodes if node.target is torch.conv2d]
        assert "channels_last" in str([node.kwargs for node in graph.graph.nodes if node.target == "to"]), graph.code
        return graph.forward

    asked, real = {}, torch.compile
    monkeypatch.setattr(torch, "compile", lambda module, **options: asked.update(options) or real(module, backend=compiler, dynamic=options["dynamic"], fullgraph=options["fullgraph"]))
    run, _, _ = on_torch.compiled(str(model), images, "f32", settings)
    for count in (1, 3, 1, 3):
        near(run(count), model, images[:count], "f32")
    assert asked == {"mode": "max-autotune", "dynamic": False, "fullgraph": True}
    assert len(graphs) == 2 and (1, *SHAPE[1:]) in graphs[0] and SHAPE in graphs[1]


def test_tf32_is_off(model, images, settings):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    on_torch.eager(str(model), images, "f32", settings)
    assert not torch.backends.cuda.matmul.allow_tf32 and not torch.backends.cudnn.allow_tf32


def test_an_engine_is_built_once_for_each_number_of_images_without_tf32(model, images, settings):
    for precision in ("f32", "f16"):
        for _ in range(2):
            run, _, _ = on_tensorrt.engines(str(model), images, precision, settings)
            run(1), run(3), run(1)
    built = made_up_tensorrt.BUILT
    assert [of["shape"][0] for of in built] == [1, 3, 1, 3] and not any(of["tf32"] for of in built) and {of["level"] for of in built} == {4}
    # The cache of timings goes from one to the next.
    assert [of["timings"] for of in built] == [0, 1, 2, 2]
    settings.level = 5
    on_tensorrt.engines(str(model), images, "f32", settings)[0](1)
    assert len(built) == 5 and built[-1]["level"] == 5
    assert sorted(path.suffix for path in (settings.cache / "tensorrt").iterdir()) == [".engine"] * 5 + [".timings"]


def test_another_file_has_another_engine(model, images, settings):
    on_tensorrt.engines(str(model), images, "f32", settings)[0](1)
    newer = onnx.load(f"{model}.onnx")
    newer.graph.initializer[3].CopyFrom(numpy_helper.from_array(np.full(5, 100, np.float32), "c"))
    folder = settings.cache / "newer"
    folder.mkdir()
    onnx.save(newer, folder / "net.onnx")
    near(on_tensorrt.engines(str(folder / "net"), images, "f32", settings)[0](1), folder / "net", images[:1], "f32")


@pytest.mark.parametrize(("what", "says"), [("parse", "TensorRT does not read net.onnx: error 0: LRN is unknown"), ("build", "TensorRT built no engine: no kernel for Conv_1")])
def test_what_tensorrt_refuses_is_said_and_nothing_is_kept(model, images, settings, capsys, what, says):
    made_up_tensorrt.REFUSED[what] = True
    run, _, _ = on_tensorrt.engines(str(model), images, "f32", settings)
    with pytest.raises(RuntimeError, match=says):
        run(1)
    assert list((settings.cache / "tensorrt").iterdir()) == []
    assert capsys.readouterr().err.splitlines() == (["slow", "no kernel for Conv_1"] if what == "build" else [])


def test_on_a_stream_it_is_recorded_once_and_replayed(model, images, settings, monkeypatch):
    """The way of a GPU, with a made-up stream and graph."""
    said = []

    class Stream:
        cuda_stream = 7

        def synchronize(self):
            said.append("wait")

    class Graph:
        def replay(self):
            said.append("replay")
            self.recorded()

    @contextlib.contextmanager
    def graph(of, stream):
        said.append("record")
        yield
        of.recorded = lambda: engine.context.execute_async_v3(stream.cuda_stream)

    launched = made_up_tensorrt.IExecutionContext.execute_async_v3

    def execute(context, stream_handle):
        nonlocal engine
        engine = argparse.Namespace(context=context)
        said.append(f"run on {stream_handle}")
        return launched(context, stream_handle)

    engine = None
    monkeypatch.setattr(made_up_tensorrt.IExecutionContext, "execute_async_v3", execute)
    for name, of in {
        "Stream": Stream, "CUDAGraph": Graph, "graph": graph, "stream": lambda stream: contextlib.nullcontext(), "synchronize": lambda: said.append("all wait"),
        "get_device_name": lambda: "made-up GPU",
    }.items():
        monkeypatch.setattr(torch.cuda, name, of)
    # A device on which tensors can be made here, and which is not called cpu.
    settings.device = torch.device("cpu")
    run, device, _ = on_tensorrt.engines(str(model), images, "f32", settings)
    assert device == "made-up GPU"
    near(run(3), model, images, "f32")
    assert said == ["all wait", "run on 7", "wait", "record", "run on 7", "replay", "run on 7"]
    said.clear()
    near(run(3), model, images, "f32")
    assert said == ["replay", "run on 7"]


def test_the_worker_says_why_it_cannot_run_a_kind(tmp_path):
    def ask(kind, *more):
        return subprocess.run([sys.executable, HERE / "worker.py", kind, *more], capture_output=True, text=True)

    assert ask("torch-compile", "--device", "cpu").stdout == f"torch {torch.__version__}\n"
    if not torch.cuda.is_available():
        assert ask("torch-compile").stderr.splitlines()[-1] == f"AssertionError: torch {torch.__version__} finds no CUDA device"
    (tmp_path / "tensorrt.py").write_text("raise ImportError('libnvinfer.so.11: cannot open shared object file')")
    said = subprocess.run([sys.executable, HERE / "worker.py", "tensorrt", "--device", "cpu"], capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)})
    assert said.stderr.splitlines()[-1] == "ImportError: libnvinfer.so.11: cannot open shared object file"
