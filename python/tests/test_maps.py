"""LBP codes and colours, networks, devices: those of the command line."""

import json
import pickle
from pathlib import Path

import moue
import numpy as np
import pytest
from PIL import Image


def test_codes_and_colours_are_the_command_lines(program, portrait, pixels, tmp_path):
    for map in (None, "regular", "cyclic"):
        out = tmp_path / f"{map}.png"
        program("lbp", portrait, "-o", out, "--radius", "3", "--map", map or "codes")
        assert (np.asarray(Image.open(out)) == moue.lbp(pixels, 3, map)).all()


def test_codes_of_gray_say_who_is_as_bright():
    gray = np.full((3, 3), 9, np.uint8)
    gray[1, 2] = gray[0, 1] = 10
    gray[1, 0] = gray[2, 1] = 8
    # East and North are brighter; between two of 9 and 10 lies more than 9, between 8 and 10 it depends.
    code = moue.lbp(gray, 1)
    assert code.shape == (1, 1) and code[0, 0] & 0b0101_0101 == 0b0000_0101
    assert moue.lbp(gray.astype(np.uint16) * 256, 1) == code
    for wrong in (gray.astype(np.int32), np.zeros((4, 4, 4), np.uint8)):
        with pytest.raises(moue.Error, match="uint8"):
            moue.lbp(wrong, 1)
    with pytest.raises(moue.Error, match="radius 2"):
        moue.lbp(gray, 2)


@pytest.mark.parametrize("source", ["computed", "published"])
def test_tables_are_the_command_lines(program, source):
    [told] = program("lut", "--metric", "cyclic", "--source", source, "--json")
    lut = moue.lut("cyclic", source)
    assert np.asarray(lut).tolist() == told["table"] and lut.stress == told["stress"] and list(lut.filled) == told.get("filled", [])
    [told] = program("lut", "--metric", "regular", "--distances", "--json")
    assert moue.distances("regular").tolist() == told["distances"]
    with pytest.raises(moue.Error, match="no metric"):
        moue.lut("round")


def test_a_network_is_imported_and_run(program, tmp_path):
    source = Path(__file__).parents[2] / "tests/importers/onnx/stored_external.onnx"
    file, theirs = tmp_path / "net.safetensors", tmp_path / "theirs.safetensors"
    described = moue.import_model(source, output=file)
    program("import", source, "-o", theirs)
    assert file.read_bytes() == theirs.read_bytes() and described["members"]
    network = moue.Network(file, "cpu")
    values = np.random.default_rng(0).standard_normal((2, 3, 6, 7)).astype(np.float32)
    np.save(tmp_path / "in.npy", values)
    program("run", "--model", file, "--input", tmp_path / "in.npy", "--output", tmp_path / "out.npy", "--device", "cpu")
    assert (np.load(tmp_path / "out.npy") == network.run(values)).all()
    assert (pickle.loads(pickle.dumps(network)).run(values) == network.run(values)).all()
    with pytest.raises(moue.Error) as raised:
        network.run(values * np.nan)
    assert raised.value.code == "argument"
    with pytest.raises(moue.Error) as raised:
        moue.import_model(tmp_path / "none.onnx", output=file)
    assert raised.value.code == "io"


def test_devices_are_the_command_lines(program):
    told = program("devices", "--json")
    names = [(one["index"], one["name"], one.get("pci_bus", "")) for one in told]
    assert [(device.index, device.name, device.pci_bus) for device in moue.devices()] == names


def test_a_device_is_asked_for_by_name_or_environment(monkeypatch):
    monkeypatch.setenv("MOUE_DEVICE", "reference")
    assert moue.Recognizer(faces="none").device == "reference"
    assert moue.Recognizer("cpu", faces="none").device == "cpu"
    for wrong in ("no such GPU", "99", "cuda:99", "99:99.0"):
        with pytest.raises(moue.Error) as raised:
            moue.Recognizer(wrong)
        assert raised.value.code == "no-adapter"
    assert json.dumps(str(raised.value))
