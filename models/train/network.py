"""A model's JSON network as a PyTorch module.

Every operator of version 1 (models/model.schema.json). Tensors are NCHW; a module's state is named as in the model file,
`conv1.weight`, `bn1.running_mean`, without the member's prefix.
"""

import torch
from torch import nn
from torch.nn import functional as F

from resample import resize


def same_pads(size, kernel, stride, dilation, upper):
    """Pads (begin, end) of one axis that make the output ceil(size / stride); `upper` puts the odd one at the end."""
    reach = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    small = total // 2
    return (small, total - small) if upper else (total - small, small)


def pads(op, height, width):
    """Pads (top, left, bottom, right) of an operator over an input of height x width."""
    pad = op.get("pad", [0, 0, 0, 0])
    if pad == "valid":
        return 0, 0, 0, 0
    if pad in ("same_upper", "same_lower"):
        (kh, kw), (sh, sw), (dh, dw) = op["kernel"], op.get("stride", [1, 1]), op.get("dilation", [1, 1])
        top, bottom = same_pads(height, kh, sh, dh, pad == "same_upper")
        left, right = same_pads(width, kw, sw, dw, pad == "same_upper")
        return top, left, bottom, right
    return tuple(pad)


def ceil_extension(size, begin, end, kernel, stride):
    """How far the end pad grows so that the last, partial window is kept; a window that would begin in the end pad is not."""
    room = size + begin + end - kernel
    windows = -(-room // stride) + 1
    if (windows - 1) * stride >= size + begin:
        windows -= 1
    return max((windows - 1) * stride - room, 0)


def pool_pads(op, x):
    """Pads (top, left, bottom, right) of a pool, and how far `ceil` extends the bottom and the right."""
    height, width = x.shape[2:]
    top, left, bottom, right = pads(op, height, width)
    (kh, kw), (sh, sw), (dh, dw) = op["kernel"], op.get("stride", [1, 1]), op.get("dilation", [1, 1])
    kh, kw = (kh - 1) * dh + 1, (kw - 1) * dw + 1
    if not op.get("ceil", False):
        return (top, left, bottom, right), (0, 0)
    return (top, left, bottom, right), (
        ceil_extension(height, top, bottom, kh, sh),
        ceil_extension(width, left, right, kw, sw),
    )


def max_pool(op, x):
    (top, left, bottom, right), (down, along) = pool_pads(op, x)
    pad = (left, right + along, top, bottom + down)
    if any(pad):
        x = F.pad(x, pad, value=float("-inf"))
    return F.max_pool2d(x, op["kernel"], op.get("stride", [1, 1]), dilation=op.get("dilation", [1, 1]))


def average_pool(op, x):
    (top, left, bottom, right), (down, along) = pool_pads(op, x)
    counted = torch.ones_like(x[:1, :1])
    pad = (left, right, top, bottom)
    counted = F.pad(counted, pad, value=1.0 if op.get("count_include_pad", False) else 0.0)
    extension = (0, along, 0, down)
    kernel, stride = op["kernel"], op.get("stride", [1, 1])
    total = F.avg_pool2d(F.pad(F.pad(x, pad), extension), kernel, stride)
    return total / F.avg_pool2d(F.pad(counted, extension), kernel, stride)


def lrn(op, x):
    """Normalisation across channels; of an even size the longer half lies after the channel, as in ONNX and not in PyTorch."""
    before = (op["size"] - 1) // 2
    squares = F.pad(x * x, (0, 0, 0, 0, before, op["size"] - 1 - before)).unfold(1, op["size"], 1).sum(-1)
    return x * (op.get("k", 1.0) + op["alpha"] / op["size"] * squares) ** -op["beta"]


def fractional_max_pool(op, x):
    """Windows drawn by the operator's sample, [row, column], the same for every image and channel; PyTorch draws columns first."""
    down, along = op["sample"]
    sample = torch.tensor([along, down], dtype=x.dtype, device=x.device).expand(*x.shape[:2], 2).contiguous()
    return F.fractional_max_pool2d(x, op["kernel"], output_size=op["size"], _random_samples=sample)


def conv_transpose(op, x, layer):
    """Rows are (in - 1) * stride + dilation * (kernel - 1) + 1 + output_pad - top - bottom."""
    top, left, bottom, right = op.get("pad", [0, 0, 0, 0])
    more = op.get("output_pad", [0, 0])
    whole = F.conv_transpose2d(x, layer.weight, layer.bias, layer.stride, 0, 0, layer.groups, layer.dilation)
    whole = F.pad(whole, (0, more[1], 0, more[0]))
    if layer.bias is not None and any(more):
        # What lies beyond the windows is the bias alone.
        height, width = whole.shape[2] - more[0], whole.shape[3] - more[1]
        bias = layer.bias.reshape(1, -1, 1, 1)
        outside = torch.ones_like(whole[:1, :1])
        outside[:, :, :height, :width] = 0
        whole = whole + outside * bias
    return whole[:, :, top : whole.shape[2] - bottom, left : whole.shape[3] - right]


def take(op, x):
    """Every step-th position of a dimension."""
    places = [op["start"] + i * op.get("step", 1) for i in range(op["count"])]
    return x.index_select(op["axis"] + 1, torch.tensor(places))


def pad(op, x):
    """Positions before and after each dimension."""
    mode = op.get("mode", "constant")
    for axis, (before, after) in enumerate(zip(op["before"], op["after"]), 1):
        length = x.shape[axis]
        places = torch.arange(-before, length + after)
        inside = places.clamp(0, length - 1)
        if mode == "reflect":
            inside = torch.where(places < 0, -places, torch.where(places >= length, 2 * (length - 1) - places, places))
        x = x.index_select(axis, inside)
        if mode == "constant":
            shape = [-1] + [1] * (x.dim() - axis - 1)
            x = torch.where(((places >= 0) & (places < length)).reshape(shape), x, torch.tensor(float(op.get("value", 0)), dtype=x.dtype))
    return x


class LocalConv(nn.Module):
    """A convolution whose every output pixel has weights of its own: weight [channels, rows, columns, in, kh, kw], bias [channels, rows, columns]."""

    def __init__(self, op, channels, height, width):
        super().__init__()
        self.op, (kh, kw) = op, op["kernel"]
        self.stride, self.dilation = op.get("stride", [1, 1]), op.get("dilation", [1, 1])
        top, left, bottom, right = pads(op, height, width)
        rows = (height + top + bottom - self.dilation[0] * (kh - 1) - 1) // self.stride[0] + 1
        columns = (width + left + right - self.dilation[1] * (kw - 1) - 1) // self.stride[1] + 1
        # As nn.Conv2d begins.
        bound = (channels * kh * kw) ** -0.5
        self.weight = nn.Parameter(torch.empty(op["channels"], rows, columns, channels, kh, kw).uniform_(-bound, bound))
        bias = torch.empty(op["channels"], rows, columns).uniform_(-bound, bound) if op.get("bias", True) else None
        self.register_parameter("bias", None if bias is None else nn.Parameter(bias))

    def forward(self, x):
        top, left, bottom, right = pads(self.op, *x.shape[2:])
        under = F.unfold(F.pad(x, (left, right, top, bottom)), self.op["kernel"], self.dilation, 0, self.stride)
        outputs, rows, columns = self.weight.shape[:3]
        made = torch.einsum("nkp,opk->nop", under, self.weight.reshape(outputs, rows * columns, -1))
        made = made.reshape(len(x), outputs, rows, columns)
        return made if self.bias is None else made + self.bias


UNARY = {
    "relu": lambda op, x: F.relu(x),
    "sigmoid": lambda op, x: torch.sigmoid(x),
    "tanh": lambda op, x: torch.tanh(x),
    "exp": lambda op, x: torch.exp(x),
    "log": lambda op, x: torch.where(x == 0, x, torch.log(x)),
    "sqrt": lambda op, x: torch.sqrt(x),
    "abs": lambda op, x: torch.abs(x),
    "leaky_relu": lambda op, x: F.leaky_relu(x, op["slope"]),
    "elu": lambda op, x: F.elu(x, op.get("alpha", 1.0)),
    "clip": lambda op, x: torch.clamp(x, op["min"], op["max"]),
    "hard_sigmoid": lambda op, x: torch.clamp(op["alpha"] * x + op["beta"], 0, 1),
    "hard_swish": lambda op, x: x * torch.clamp(x / 6 + 0.5, 0, 1),
    "erf": lambda op, x: torch.erf(x),
    "gelu": lambda op, x: F.gelu(x, approximate="tanh" if op.get("tanh", False) else "none"),
    "softplus": lambda op, x: torch.logaddexp(x, torch.zeros_like(x)),
    "log_softmax": lambda op, x: F.log_softmax(x, 1),
    "arg_max": lambda op, x: x.argmax(1, keepdim=True).to(x.dtype),
    "identity": lambda op, x: x,
    "softmax": lambda op, x: F.softmax(x, 1),
    "max_pool": lambda op, x: max_pool(op, x),
    "average_pool": lambda op, x: average_pool(op, x),
    "fractional_max_pool": lambda op, x: fractional_max_pool(op, x),
    "lrn": lambda op, x: lrn(op, x),
    "global_average_pool": lambda op, x: x.mean(tuple(range(2, x.dim())), keepdim=True) if x.dim() > 2 else x,
    "flatten": lambda op, x: x.flatten(1),
    "reshape": lambda op, x: x.reshape(len(x), *op["shape"]),
    "transpose": lambda op, x: x.permute(0, *(axis + 1 for axis in op["axes"])),
    "slice": take,
    "pad": pad,
    "resize": resize,
}

BINARY = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "max": torch.maximum, "min": torch.minimum}
BINARY |= {"pow": torch.pow, "matmul": torch.matmul}


class Constant(nn.Module):
    """A tensor of the file, the same for every image."""

    def __init__(self, shape):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(shape))


def aligned(tensors):
    """Tensors of one rank, to broadcast: [n, c] becomes [n, c, 1, 1] beside a picture."""
    rank = max(t.dim() for t in tensors)
    return [t.reshape(t.shape + (1,) * (rank - t.dim())) for t in tensors]


class Network(nn.Module):
    """A network of a model's JSON text. `forward` returns the tensors that it is asked for by name."""

    def __init__(self, description):
        super().__init__()
        self.description = description
        self.layers = nn.ModuleList()
        self.names = []
        probe = {name: torch.zeros(1, *shape) for name, shape in description["inputs"].items()}
        self.layer_of = {}
        for index, op in enumerate(description["ops"]):
            layer = self.make(op, [probe[name] for name in op.get("in", [])])
            if layer is not None:
                self.layer_of[index] = layer
                self.layers.append(layer)
                self.names.append(op["name"])
            self.eval()
            with torch.no_grad():
                probe[op["out"][0]] = self.run(index, op, [probe[name] for name in op.get("in", [])])
        self.shapes = {name: tuple(t.shape[1:]) for name, t in probe.items()}
        self.train()

    @staticmethod
    def make(op, inputs):
        """The layer that holds an operator's weights, if it has any, for inputs like these."""
        if op["op"] == "constant":
            return Constant(op["shape"])
        x = inputs[0]
        if op["op"] == "conv":
            return nn.Conv2d(
                x.shape[1], op["channels"], op["kernel"], op.get("stride", [1, 1]), 0,
                op.get("dilation", [1, 1]), op.get("groups", 1), op.get("bias", True),
            )
        if op["op"] == "conv_transpose":
            return nn.ConvTranspose2d(
                x.shape[1], op["channels"], op["kernel"], op.get("stride", [1, 1]), 0, 0,
                op.get("groups", 1), op.get("bias", True), op.get("dilation", [1, 1]),
            )
        if op["op"] == "local_conv":
            return LocalConv(op, *x.shape[1:])
        if op["op"] == "batch_norm":
            return nn.BatchNorm2d(x.shape[1], op.get("eps", 1e-5))
        if op["op"] == "prelu":
            return nn.PReLU(x.shape[1])
        if op["op"] == "dense":
            return nn.Linear(x[0].numel(), op["channels"], op.get("bias", True))
        return None

    def run(self, index, op, inputs):
        kind, layer = op["op"], self.layer_of.get(index)
        if kind == "constant":
            return layer.value[None]
        x = inputs[0]
        if kind in UNARY:
            return UNARY[kind](op, x)
        if kind in BINARY:
            return BINARY[kind](*aligned(inputs))
        if kind == "conv":
            top, left, bottom, right = pads(op, *x.shape[2:])
            if top == bottom and left == right:
                return F.conv2d(x, layer.weight, layer.bias, layer.stride, (top, left), layer.dilation, layer.groups)
            return layer(F.pad(x, (left, right, top, bottom)))
        if kind == "conv_transpose":
            return conv_transpose(op, x, layer)
        if kind in ("batch_norm", "prelu", "local_conv"):
            return layer(x)
        if kind == "dense":
            return layer(x.flatten(1))
        if kind == "dropout":
            return F.dropout(x, op["rate"], self.training)
        if kind == "concat":
            return torch.cat(inputs, 1)
        raise ValueError(f"unknown operator {kind!r}")

    def forward(self, data, wanted=None):
        """The tensors `wanted` (default: the network's outputs), a list, for an input [n, c, h, w], or a dict of several by name."""
        values = dict(data) if isinstance(data, dict) else {name: data for name in self.description["inputs"]}
        for index, op in enumerate(self.description["ops"]):
            values[op["out"][0]] = self.run(index, op, [values[name] for name in op.get("in", [])])
        return [values[name] for name in wanted or self.description["outputs"]]

    def logits_name(self):
        """The tensor that the last softmax reads."""
        return [op["in"][0] for op in self.description["ops"] if op["op"] == "softmax"][-1]

    def named_weights(self):
        """The weights by their name in the model file, `conv1.weight`, without a member's prefix."""
        return {
            f"{name}.{key}": value
            for name, layer in zip(self.names, self.layers)
            for key, value in layer.state_dict().items()
            if key != "num_batches_tracked"
        }

    def load_weights(self, tensors, prefix=""):
        """Copy weights from a model file's tensors (any float type), by name; a missing or misshapen one is an error."""
        for name, value in self.named_weights().items():
            found = torch.as_tensor(tensors[prefix + name])
            if found.shape != value.shape:
                raise ValueError(f"{prefix}{name} is {list(found.shape)}; the network needs {list(value.shape)}")
            value.copy_(found)

    def multiply_adds(self):
        """Multiply-adds of one forward pass in convolutions, locally connected and dense layers."""
        total = 0
        for index, layer in self.layer_of.items():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                outputs = self.shapes[self.description["ops"][index]["out"][0]]
                positions = outputs[1] * outputs[2] if len(outputs) == 3 else 1
                total += layer.weight.numel() * positions
            elif isinstance(layer, LocalConv):
                total += layer.weight.numel()
        return total
