"""Write caffe.safetensors: small Caffe networks of both syntaxes with their weights, and what OpenCV computes for them and for the real files of
../shared/data/weights; for RFB-320 what ONNX Runtime computes from its ONNX forms too. Of the real files only computed numbers are kept."""

import struct
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from safetensors.numpy import save_file

HERE = Path(__file__).parent
WEIGHTS = HERE.parents[2] / "shared" / "data" / "weights"
RANDOM = np.random.default_rng(5)


def varint(n):
    out = bytearray()
    while True:
        out.append(n & 127 | (128 if n > 127 else 0))
        n >>= 7
        if not n:
            return bytes(out)


def field(number, payload):
    """A length-delimited field of a protobuf message."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def blob(values, legacy):
    values = np.asarray(values, np.float32)
    data = field(5, values.tobytes())
    if not legacy:
        return field(7, field(1, b"".join(varint(n) for n in values.shape))) + data
    sizes = (1,) * (4 - values.ndim) + values.shape
    return b"".join(varint(i + 1 << 3) + varint(n) for i, n in enumerate(sizes)) + data


def caffemodel(layers, legacy):
    """`layers`: name -> blobs. The legacy form has four sizes a blob and V1 layers."""
    net = b""
    for name, blobs in layers.items():
        if legacy:
            net += field(2, field(4, name.encode()) + b"".join(field(6, blob(b, True)) for b in blobs))
        else:
            net += field(100, field(1, name.encode()) + b"".join(field(7, blob(b, False)) for b in blobs))
    return net


def opencv(prototxt, weights, feeds):
    """The outputs by OpenCV, which takes k of LRN for 1 whatever the prototxt says: none here says another."""
    # OpenCV knows no phases.
    prototxt = b"\n".join(line for line in prototxt.split(b"\n") if b"phase: TRAIN" not in line)
    net = cv2.dnn.readNetFromCaffe(np.frombuffer(prototxt, np.uint8), np.frombuffer(weights, np.uint8))
    for name, value in feeds.items():
        net.setInput(value, name)
    names = net.getUnconnectedOutLayersNames()
    # OpenCV's names are those of layers; the prototxts here call the blobs alike.
    return {name: np.array(value) for name, value in zip(names, net.forward(names))}


def draw(*shape, low=-1.0, high=1.0):
    return RANDOM.uniform(low, high, shape).astype(np.float32)


def layer(kind, name, bottoms, tops=None, **parameters):
    def text(value):
        if isinstance(value, dict):
            return "{ " + " ".join(line(key, v) for key, v in value.items()) + " }"
        return str(value)

    def line(key, value):
        values = value if isinstance(value, list) else [value]
        return " ".join(f"{key}{'' if isinstance(v, dict) else ':'} {text(v)}" for v in values)

    blobs = "".join(f' bottom: "{b}"' for b in bottoms) + "".join(f' top: "{t}"' for t in tops or [name])
    return f'layer {{ name: "{name}" type: "{kind}"{blobs} ' + " ".join(line(key, v) for key, v in parameters.items()) + " }\n"


def new_syntax(body, *shape):
    sizes = " ".join(f"dim: {n}" for n in (1, *shape))
    return f'name: "case" # a comment\ninput: "data"\ninput_shape {{ {sizes} }}\n{body}'


CASES = {}


def case(name, prototxt, layers, *shape, legacy=False):
    CASES[name] = (prototxt.encode(), caffemodel(layers, legacy), {"data": draw(2, *shape)})


case(
    "norm_scale_in_place",
    new_syntax(
        layer("Convolution", "conv", ["data"], convolution_param=dict(num_output=6, kernel_size=3, pad=1, bias_term="false"))
        + layer("BatchNorm", "bn", ["conv"], ["conv"], batch_norm_param=dict(eps=0.001))
        + layer("Scale", "scale", ["conv"], ["conv"], scale_param=dict(bias_term="true"))
        + layer("ReLU", "relu", ["conv"], ["conv"])
        + layer("Pooling", "pool", ["conv"], pooling_param=dict(pool="AVE", kernel_size=3, stride=2, pad=1)),
        5, 8, 9,
    ),
    {"conv": [draw(6, 5, 3, 3)], "bn": [draw(6), draw(6, low=1, high=3), [2.5]], "scale": [draw(6), draw(6)]},
    5, 8, 9,
)
case(
    "norm_without_scale",
    new_syntax(
        layer("BatchNorm", "bn", ["data"]) + layer("Scale", "half", ["data"]) + layer("Eltwise", "sum", ["bn", "half"], eltwise_param=dict(operation="SUM", coeff=[0.5, -2])),
        7, 4, 5,
    ),
    {"bn": [draw(7), draw(7, low=1, high=3), [1.0]], "half": [draw(7)]},
    7, 4, 5,
)
case(
    "old_syntax",
    """name: "old" input: "data" input_dim: 1 input_dim: 4 input_dim: 9 input_dim: 9
layers { name: "conv1" type: CONVOLUTION bottom: "data" top: "conv1" blobs_lr: 1 convolution_param { num_output: 6 kernel_size: 3 stride: 2 group: 2 } }
layers { name: "relu1" type: RELU bottom: "conv1" top: "conv1" relu_param { negative_slope: 0.1 } }
layers { name: "norm1" type: LRN bottom: "conv1" top: "norm1" lrn_param { local_size: 3 alpha: 0.7 beta: 0.75 } }
layers { name: "pool1" type: POOLING bottom: "norm1" top: "pool1" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layers { name: "fc" type: INNER_PRODUCT bottom: "pool1" top: "fc" inner_product_param { num_output: 5 } }
layers { name: "drop" type: DROPOUT bottom: "fc" top: "fc" }
layers { name: "loss" type: SOFTMAX_LOSS bottom: "fc" bottom: "label" include: { phase: TRAIN } }
layers { name: "prob" type: SOFTMAX bottom: "fc" top: "prob" }
""",
    {"conv1": [draw(6, 2, 3, 3), draw(6)], "fc": [draw(5, 24), draw(5)]},
    4, 9, 9, legacy=True,
)
case(
    "slices_and_joins",
    new_syntax(
        layer("Slice", "cut", ["data"], ["a", "b", "c"], slice_param=dict(axis=1, slice_point=[2, 5]))
        + layer("Convolution", "conv_a", ["a"], convolution_param=dict(num_output=3, kernel_h=1, kernel_w=3, pad_h=0, pad_w=1))
        + layer("PReLU", "slope", ["b"])
        + layer("PReLU", "shared", ["c"], prelu_param=dict(channel_shared="true"))
        + layer("Eltwise", "product", ["conv_a", "slope"], eltwise_param=dict(operation="PROD"))
        + layer("Eltwise", "largest", ["product", "slope", "conv_a"], eltwise_param=dict(operation="MAX"))
        + layer("Concat", "join", ["largest", "shared"], concat_param=dict(axis=1))
        + layer("Concat", "wide", ["conv_a", "slope"], concat_param=dict(axis=3))
        + layer("Permute", "turn", ["join"], permute_param=dict(order=[0, 2, 3, 1]))
        + layer("Reshape", "rows", ["turn"], reshape_param=dict(shape=dict(dim=[0, -1, 7])))
        + layer("Softmax", "last", ["rows"], softmax_param=dict(axis=2)),
        9, 4, 5,
    ),
    {"conv_a": [draw(3, 2, 1, 3), draw(3)], "slope": [draw(3)], "shared": [draw(1)]},
    9, 4, 5,
)
case(
    "functions",
    new_syntax(
        layer("ELU", "elu", ["data"], elu_param=dict(alpha=0.7))
        + layer("AbsVal", "abs", ["elu"])
        + layer("Power", "root", ["abs"], power_param=dict(power=0.5, scale=2, shift=0.1))
        + layer("Power", "line", ["root"], power_param=dict(scale=-0.5, shift=1.5))
        + layer("TanH", "tanh", ["line"])
        + layer("Sigmoid", "sigmoid", ["tanh"])
        + layer("Power", "square", ["sigmoid"], power_param=dict(power=2))
        + layer("Flatten", "flat", ["square"])
        + layer("InnerProduct", "fc", ["flat"], inner_product_param=dict(num_output=4, bias_term="false")),
        3, 3, 4,
    ),
    {"fc": [draw(4, 36)]},
    3, 3, 4,
)
case(
    "deconvolution_and_floor",
    new_syntax(
        layer("Deconvolution", "up", ["data"], convolution_param=dict(num_output=4, kernel_size=4, stride=2, pad=1, group=2))
        + layer("Convolution", "thin", ["up"], convolution_param=dict(num_output=5, kernel_size=3, dilation=2))
        + layer("Pooling", "ceil", ["thin"], pooling_param=dict(pool="MAX", kernel_size=2, stride=2))
        + layer("Pooling", "mean", ["ceil"], pooling_param=dict(pool="AVE", global_pooling="true")),
        6, 5, 5,
    ),
    {"up": [draw(6, 2, 4, 4), draw(4)], "thin": [draw(5, 4, 3, 3), draw(5)]},
    6, 5, 5,
)


def real(tensors):
    for index, shape in [(1, (3, 12, 12)), (2, (3, 24, 24)), (3, (3, 48, 48)), (4, (15, 24, 24))]:
        path = WEIGHTS / "caffe-mtcnn" / f"det{index}"
        x = draw(2, *shape)
        tensors[f"det{index}/in/data"] = x
        for name, value in opencv(path.with_suffix(".prototxt").read_bytes(), path.with_suffix(".caffemodel").read_bytes(), {"data": x}).items():
            tensors[f"det{index}/out/{name}"] = value
    x = np.load(WEIGHTS / "golden-outputs" / "rfb320_input_astronaut.npy")
    folder = WEIGHTS / "ultraface"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    for name, path in {"rfb": "RFB-320", "rfb_decoded": "version-RFB-320", "rfb_simplified": "version-RFB-320_simplified"}.items():
        if name == "rfb":
            found = opencv((folder / f"{path}.prototxt").read_bytes(), (folder / f"{path}.caffemodel").read_bytes(), {"input": x})
        else:
            session = onnxruntime.InferenceSession(folder / f"{path}.onnx", options, providers=["CPUExecutionProvider"])
            names = [output.name for output in session.get_outputs()]
            found = dict(zip(names, session.run(names, {"input": x})))
        # Every 13th anchor, and the twenty that are most a face.
        rows = np.unique(np.concatenate([np.arange(0, 4420, 13), np.argsort(found["scores"][0, :, 1])[-20:]]))
        tensors[f"{name}/rows"] = rows.astype(np.float32)
        for output, value in found.items():
            tensors[f"{name}/out/{output}"] = np.ascontiguousarray(value[:, rows])


def main():
    tensors = {}
    for name, (prototxt, weights, feeds) in CASES.items():
        found = opencv(prototxt, weights, feeds)
        for key, value in found.items():
            assert np.isfinite(value).all() and np.ptp(value) > 0.01, (name, key)
        tensors[f"{name}/prototxt"] = np.frombuffer(prototxt, np.uint8)
        tensors[f"{name}/caffemodel"] = np.frombuffer(weights, np.uint8)
        tensors |= {f"{name}/in/{key}": value for key, value in feeds.items()} | {f"{name}/out/{key}": value for key, value in found.items()}
        print(name, {key: value.shape for key, value in found.items()})
    real(tensors)
    save_file(dict(sorted(tensors.items())), HERE / "caffe.safetensors")
    (HERE / "caffe.safetensors").chmod(0o644)


if __name__ == "__main__":
    main()
