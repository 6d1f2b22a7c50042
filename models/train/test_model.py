"""The exported model against its schema, and its tensors against what the text names: `pytest models/train`. Without PyTorch."""

import copy
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from safetensors import safe_open

from quantise import SCALE

MODELS = Path(__file__).resolve().parents[1]
SCHEMA = json.loads((MODELS / "model.schema.json").read_text())


@pytest.fixture(scope="module")
def model():
    with safe_open(MODELS / "default" / "default.safetensors", "numpy") as file:
        return json.loads(file.metadata()["moue"]), {name: file.get_tensor(name) for name in file.keys()}


def weight_names(op):
    if op["op"] == "batch_norm":
        return ["weight", "bias", "running_mean", "running_var"]
    if op["op"] in ("conv", "local_conv", "dense"):
        return ["weight", "bias"] if op.get("bias", True) else ["weight"]
    return []


def test_the_text_follows_the_schema(model):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(model[0])


def test_that_of_action_units_does_too():
    with safe_open(MODELS / "actions" / "actions.safetensors", "numpy") as file:
        text = json.loads(file.metadata()["moue"])
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(text)
    for spoil in ({"oversample": "twice"}, {"fusion": {"rule": "weighted_mean", "weights": [0.5, 0.5]}}, {"task": "expressions"}):
        assert not validator.is_valid(text | spoil), spoil


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.update(moue=2),
        lambda text: text.update(comment="none"),
        lambda text: text.pop("labels"),
        lambda text: text["networks"]["compact"]["ops"][0].update(op="convolve"),
        lambda text: text["networks"]["compact"]["ops"][0].update(padding=[1, 1]),
        lambda text: text["representations"]["lbp"][1].update(lbp={"radius": 0}),
        lambda text: text["canonical"].update(size=[48]),
    ],
    ids=["version", "extra key", "missing key", "unknown operator", "unknown field", "radius 0", "short size"],
)
def test_the_schema_refuses_a_spoilt_text(model, spoil):
    text = copy.deepcopy(model[0])
    spoil(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(text)


def test_the_file_holds_the_tensors_that_the_text_names_and_no_others(model):
    text, tensors = model
    expected = {step["lookup"] for steps in text["representations"].values() for step in steps if "lookup" in step}
    for member in text["members"]:
        for op in text["networks"][member["network"]]["ops"]:
            expected |= {f"{member['weights']}{op['name']}.{part}" for part in weight_names(op)}
    expected |= {name + SCALE for name in expected & set(tensors) if tensors[name].dtype == np.int8}
    assert set(tensors) == expected


def test_tables_are_256_colours_and_every_weight_is_finite(model):
    for name, tensor in model[1].items():
        if name.startswith("tables/"):
            assert tensor.shape == (256, 3) and tensor.dtype == np.uint8
        else:
            assert np.isfinite(tensor.astype(np.float64)).all(), name


def test_fusion_weights_sum_to_one(model):
    weights = model[0]["fusion"]["weights"]
    assert len(weights) == len(model[0]["members"])
    assert sum(weights) == pytest.approx(1)


def test_every_operator_follows_the_schema():
    network = json.loads((MODELS.parent / "tests" / "goldens" / "operators.json").read_text())
    operator = jsonschema.Draft202012Validator({"$defs": SCHEMA["$defs"], "$ref": "#/$defs/operator"})
    for op in network["ops"]:
        operator.validate(op)
    known = {definition["properties"]["op"]["const"] for definition in SCHEMA["$defs"].values() if "op" in definition.get("properties", {})}
    assert known == {op["op"] for op in network["ops"]}
