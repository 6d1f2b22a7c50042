"""What is read, and that the numbers are the command line's."""

import base64
import io
import pickle
import subprocess
import sys
from pathlib import Path

import moue
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
EVERYTHING = ["--landmarks", "68", "--blendshapes", "--actions", "--embed", "--find", "fast"]


def test_records_are_the_command_lines(program, portrait, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(portrait.read_bytes()[:5000])
    told = program("analyze", portrait, broken, "--json", "--device", "cpu", *EVERYTHING)
    reader = moue.Recognizer("cpu", find="fast", landmarks=68, blendshapes=True, actions=True, embed=True)
    found = reader.analyze([str(portrait), broken])
    assert [one.to_dict() for one in found] == told
    [face] = found[0].faces
    assert face.landmarks.shape == (68, 3) and face.embedding.shape == (64,) and len(face.blendshapes) == 52
    assert face.actions["units"] and found[1].code == "picture"


def test_records_are_the_command_lines_on_an_adapter(program, portrait, adapter):
    told = program("analyze", portrait, "--json", "--device", adapter)
    found = moue.Recognizer(adapter).analyze(portrait)
    assert found.to_dict() == {**told[0], "input": str(portrait)}


def test_one_picture_in_every_form_is_one_answer(recognizer, portrait, pixels):
    with Image.open(portrait) as picture:
        picture.load()
    # Rows in another order in memory: what is not contiguous is copied.
    turned = np.ascontiguousarray(pixels.transpose(1, 0, 2)).transpose(1, 0, 2)
    assert not turned.flags.c_contiguous
    forms = [portrait, str(portrait), portrait.read_bytes(), bytearray(portrait.read_bytes()), picture, pixels, turned]
    faces = [recognizer.analyze(form).to_dict()["faces"] for form in forms]
    assert faces[0][0]["label"] == "happy" and all(one == faces[0] for one in faces)
    assert [one.to_dict()["faces"] for one in recognizer.analyze(forms)] == faces


def test_pil_pictures_are_upright_as_files_are(recognizer):
    turned = ROOT / "tests/goldens/exif/orientation_6.jpg"
    with Image.open(turned) as picture:
        assert recognizer.analyze(picture).width == recognizer.analyze(turned).width != picture.width


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux")
def test_an_array_is_read_where_it_lies():
    """300 MB of pixels take no other 300."""
    text = """
import resource, numpy as np, moue
reader = moue.Recognizer("cpu", faces="none")
reader.analyze(np.zeros((64, 64, 3), np.uint8))
pixels = np.full((10_000, 10_000, 3), 128, np.uint8)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
reader.analyze(pixels, crops=False)
print(peak() - before)
"""
    grown = int(subprocess.run([sys.executable, "-c", text], stdout=subprocess.PIPE, check=True).stdout)
    assert grown < 100_000, f"{grown} kB"


def test_what_cannot_be_read_costs_its_own_answer(recognizer, pixels):
    found = recognizer.analyze([pixels, b"no picture", "/nowhere.png", pixels[..., 0]])
    assert [one.code for one in found] == [None, "picture", "io", "argument"]
    assert [len(one.faces) for one in found] == [1, 0, 0, 0]
    assert "np.stack" in found[3].error and "nowhere" in found[2].error


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (np.zeros((8, 8), np.uint8), "np.stack"),
        (np.zeros((8, 8, 4), np.uint8), "[..., :3]"),
        (np.zeros((3, 8, 8), np.uint8), "transpose"),
        (np.zeros((2, 8, 8, 3), np.uint8), "list(array)"),
        (np.zeros((8, 8, 3), np.float32), "astype"),
        (np.zeros((0, 8, 3), np.uint8), "empty"),
    ],
)
def test_wrong_arrays_are_refused_with_the_remedy(recognizer, wrong, remedy):
    with pytest.raises(moue.Error) as raised:
        recognizer.analyze(wrong)
    assert raised.value.code == "argument" and remedy in str(raised.value)


def test_errors_and_answers_can_be_pickled(recognizer, pixels):
    with pytest.raises(moue.Error) as raised:
        recognizer.analyze(b"")
    again = pickle.loads(pickle.dumps(raised.value))
    assert (again.code, str(again), type(again)) == ("picture", str(raised.value), moue.Error)
    found = recognizer.analyze(pixels)
    again = pickle.loads(pickle.dumps(found))
    assert again.to_dict() == found.to_dict() and (again.faces[0].crop == found.faces[0].crop).all()


@pytest.mark.parametrize(
    ("option", "wrong", "said"),
    [
        ("faces", "some", "largest"),
        ("find", "slow", "thorough"),
        ("precision", "f8", "f16"),
        ("landmarks", 6, "478"),
        ("threads", 0, "1024"),
        ("min_face", 1, "8 pixels"),
    ],
)
def test_wrong_options_are_refused_with_the_right_ones(option, wrong, said):
    with pytest.raises(moue.Error) as raised:
        moue.Recognizer("cpu", **{option: wrong})
    assert raised.value.code == "argument" and said in str(raised.value)


def test_a_face_is_shown_with_its_bars(recognizer, pixels):
    found = recognizer.analyze(pixels)
    [face] = found.faces
    assert "happy" in repr(found) and repr(face).startswith("Face(happy 0.")
    html = found._repr_html_()
    assert all(f">{label}<" in html for label in recognizer.labels)
    file = base64.b64decode(html.split("base64,")[1].split('"')[0])
    shown = np.asarray(Image.open(io.BytesIO(file)))
    assert (shown == face.crop).all() and face.crop.std() > 20
    assert recognizer.analyze(pixels, crops=False).faces[0].crop is None
