"""The operators of network.py whose rules are moue's own: pads, ceil, divisors. `pytest models/train`, with PyTorch."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch.nn import functional as F

from network import Network


def run(op, x):
    """Run one operator on tensors [n, c, h, w]."""
    op = {"in": ["data"], "out": ["found"], **op}
    network = Network({"inputs": {"data": list(x.shape[1:])}, "outputs": ["found"], "ops": [op]})
    return network.eval(), network(x)[0]


@pytest.mark.parametrize("size", range(5, 12))
@pytest.mark.parametrize("kernel, stride, pad", [(2, 2, 0), (3, 2, 0), (3, 2, 1), (3, 3, 1), (2, 3, 1)])
@pytest.mark.parametrize("ceil", [False, True])
def test_pools_agree_with_pytorch(size, kernel, stride, pad, ceil):
    x = torch.randn(2, 3, size, size + 1)
    shape = {"kernel": [kernel, kernel], "stride": [stride, stride], "pad": [pad] * 4, "ceil": ceil}
    torch.testing.assert_close(run({"op": "max_pool", **shape}, x)[1], F.max_pool2d(x, kernel, stride, pad, ceil_mode=ceil))
    for counted in (False, True):
        found = run({"op": "average_pool", **shape, "count_include_pad": counted}, x)[1]
        torch.testing.assert_close(found, F.avg_pool2d(x, kernel, stride, pad, ceil, counted))


@pytest.mark.parametrize("size, stride, upper, lower", [(5, 2, (1, 1), (1, 1)), (6, 2, (0, 1), (1, 0)), (7, 1, (1, 1), (1, 1)), (7, 3, (1, 1), (1, 1))])
def test_same_pads_give_the_odd_one_to_the_named_end(size, stride, upper, lower):
    x = torch.randn(1, 2, size, size)
    for rule, (begin, end) in (("same_upper", upper), ("same_lower", lower)):
        op = {"op": "conv", "name": "c", "channels": 4, "kernel": [3, 3], "stride": [stride, stride], "pad": rule}
        network, found = run(op, x)
        layer = network.layers[0]
        expected = F.conv2d(F.pad(x, (begin, end, begin, end)), layer.weight, layer.bias, stride)
        torch.testing.assert_close(found, expected)


def test_four_pads_are_top_left_bottom_right():
    x = torch.ones(1, 1, 1, 1)
    op = {"op": "average_pool", "kernel": [1, 1], "pad": [0, 1, 2, 3], "count_include_pad": True}
    found = run(op, x)[1]
    assert found.shape == (1, 1, 3, 5)
    assert found[0, 0, 0, 1] == 1 and found.sum() == 1


@pytest.mark.parametrize(
    "shape", [{}, {"pad": "same_lower", "stride": [2, 1], "dilation": [1, 2]}, {"pad": [2, 0, 1, 3], "stride": [1, 2], "bias": False}]
)
def test_every_place_of_a_locally_connected_layer_is_a_convolution_of_its_own(shape):
    x = torch.randn(2, 3, 6, 7)
    op = {"op": "local_conv", "name": "l", "channels": 4, "kernel": [3, 2], **shape}
    network, found = run(op, x)
    layer = network.layers[0]
    rows, columns = found.shape[2:]
    assert network.multiply_adds() == layer.weight.numel() == 4 * rows * columns * 3 * 6
    for row in range(rows):
        for column in range(columns):
            conv, whole = run({**op, "op": "conv"}, x)
            with torch.no_grad():
                conv.layers[0].weight.copy_(layer.weight[:, row, column])
                if layer.bias is not None:
                    conv.layers[0].bias.copy_(layer.bias[:, row, column])
                whole = conv(x)[0]
            torch.testing.assert_close(found[:, :, row, column], whole[:, :, row, column])


def test_a_scale_a_channel_broadcasts_over_a_picture():
    ops = [
        {"op": "global_average_pool", "in": ["data"], "out": ["average"]},
        {"op": "flatten", "in": ["average"], "out": ["scale"]},
        {"op": "mul", "in": ["data", "scale"], "out": ["scaled"]},
        {"op": "concat", "in": ["data", "scaled"], "out": ["both"]},
    ]
    x = torch.randn(2, 3, 4, 5)
    (found,) = Network({"inputs": {"data": [3, 4, 5]}, "outputs": ["both"], "ops": ops})(x)
    torch.testing.assert_close(found, torch.cat([x, x * x.mean((2, 3), keepdim=True)], 1))


@pytest.mark.parametrize("size", [1, 3, 5])
def test_normalisation_agrees_with_pytorch(size):
    x = 3 * torch.randn(2, 7, 3, 4)
    found = run({"op": "lrn", "size": size, "alpha": 0.7, "beta": 0.75, "k": 2.0}, x)[1]
    torch.testing.assert_close(found, F.local_response_norm(x, size, 0.7, 0.75, 2.0))


def test_an_even_normalisation_reaches_further_after_its_channel():
    x = torch.tensor([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    found = run({"op": "lrn", "size": 2, "alpha": 2.0, "beta": 1.0}, x)[1]
    torch.testing.assert_close(found.flatten(), torch.tensor([1 / 6, 2 / 14, 3 / 10]))


def test_drawn_windows_lie_where_row_and_column_samples_say():
    x = torch.arange(49.0).reshape(1, 1, 7, 7)
    op = {"op": "fractional_max_pool", "kernel": [2, 2], "size": [3, 4], "sample": [0.9, 0.0]}
    # Rows: alpha 2.5, starts 0, int(1.9 * 2.5) - int(0.9 * 2.5) = 2, and 5. Columns: alpha 5 / 3, starts 0, 1, 3, 5.
    expected = torch.stack([torch.tensor([7.0 * (r + 1) + c + 1 for c in (0, 1, 3, 5)]) for r in (0, 2, 5)])
    torch.testing.assert_close(run(op, x)[1][0, 0], expected)


def test_an_unknown_operator_is_refused_by_name():
    with pytest.raises(ValueError, match="convolve"):
        run({"op": "convolve"}, torch.zeros(1, 1, 1, 1))


# A model's JSON of every operator, and what moue's twin computes of it (tests/kernels/operators.rs writes and reads the same file).
OPERATORS = Path(__file__).parents[2] / "tests" / "goldens" / "operators.safetensors"


def test_every_operator_gives_what_moue_gives():
    with safe_open(OPERATORS, "pt") as file:
        description = json.loads(file.metadata()["network"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    network = Network(description).eval()
    network.load_weights(tensors, "weights/")
    wanted = [name.removeprefix("out/") for name in tensors if name.startswith("out/")]
    assert len({op["op"] for op in description["ops"]}) > 25
    with torch.no_grad():
        found = network({name: tensors[f"in/{name}"] for name in description["inputs"]}, wanted)
    for name, value in zip(wanted, found):
        torch.testing.assert_close(value, tensors[f"out/{name}"], rtol=1e-5, atol=1e-5, msg=lambda text: f"{name}: {text}")


def test_training_begins_with_what_a_model_in_eight_bits_means():
    import train
    from evaluate import DEFAULT
    from model import Model

    model = Model.load(DEFAULT)
    with_scales = Model.load(DEFAULT).networks[0].named_weights()
    begun = train.from_model(DEFAULT, model.text["members"][0]["name"])
    assert begun.keys() == with_scales.keys()
    for name, value in with_scales.items():
        # The answers stand in training's order, which is the model's.
        assert torch.equal(begun[name], value), name
