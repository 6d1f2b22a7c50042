"""preprocess.py against the goldens of exact arithmetic and against scikit-image: `pytest models/train`."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from safetensors import safe_open
from safetensors.numpy import load_file
from skimage.feature import local_binary_pattern

import exact
import preprocess

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "tests/goldens"
INDEX = json.loads((GOLDENS / "goldens.json").read_text())
PHOTOGRAPH_CODES = [(p["path"], c) for p in INDEX["codes"]["photographs"] for c in p["codes"]]


def tensors(part):
    return load_file(GOLDENS / INDEX[part]["file"])


def picture(case, found):
    return found[case["picture"]] if "picture" in case else np.asarray(Image.open(ROOT / case["path"]))


def names(cases):
    return [case["name"] for case in cases]


def photograph_name(value):
    return Path(value).stem if isinstance(value, str) else f"radius {value['radius']}"


@pytest.mark.parametrize("case", INDEX["crops"]["cases"], ids=names(INDEX["crops"]["cases"]))
def test_the_canonical_crop_is_the_exact_one(case):
    found = tensors("crops")
    photo = picture(case, found)
    rect = (0, 0, photo.shape[1], photo.shape[0])
    if case["box"] is not None:
        rect = preprocess.margin_rect(case["box"], case["margin"])
    assert list(rect) == case["rect"]
    np.testing.assert_array_equal(preprocess.canonical(photo, rect, case["size"]), found[case["expected"]])


@pytest.mark.parametrize("case", INDEX["turns"]["cases"], ids=names(INDEX["turns"]["cases"]))
def test_the_turned_crop_is_the_exact_one(case):
    found = tensors("turns")
    crop = preprocess.turned(picture(case, found), case["origin"], case["step"], case["size"])
    np.testing.assert_array_equal(crop, found[case["expected"]])


def test_an_aligned_crop_has_its_template_where_the_points_are():
    template = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)]
    points = [(300 + 96 * (0.8 * (x - 0.5) - 0.6 * (y - 0.5)), 200 + 96 * (0.6 * (x - 0.5) + 0.8 * (y - 0.5))) for x, y in template]
    origin, step = preprocess.similarity(points, template, (48, 48))
    np.testing.assert_allclose(step, (16384 * 2 * 0.8, 16384 * 2 * 0.6), atol=16)
    np.testing.assert_allclose(origin, (16384 * (300 - 9.6), 16384 * (200 - 67.2)), atol=2048)


@pytest.mark.parametrize("case", INDEX["codes"]["cases"], ids=names(INDEX["codes"]["cases"]))
def test_codes_are_exact_at_every_pixel(case):
    found = tensors("codes")
    source = picture(case, found)
    if "error" in case:
        with pytest.raises(ValueError, match=case["error"]):
            preprocess.codes(source, case["radius"])
        return
    codes = preprocess.codes(source, case["radius"])
    np.testing.assert_array_equal(codes, found[case["expected"]])
    if case["name"].startswith("flat"):
        assert (codes == 255).all()


@pytest.mark.parametrize("path, expected", PHOTOGRAPH_CODES, ids=photograph_name)
def test_codes_of_photographs_are_exact(path, expected):
    gray = preprocess.gray(np.asarray(Image.open(ROOT / path).convert("RGB")))
    codes = preprocess.codes(gray, expected["radius"])
    assert list(codes.shape) == expected["size"]
    assert sha256(codes.tobytes()).hexdigest() == expected["sha256"]


@pytest.mark.parametrize("entry", INDEX["codes"]["photographs"], ids=lambda entry: Path(entry["path"]).stem)
def test_gray_of_photographs_is_exact(entry):
    gray = preprocess.gray(np.asarray(Image.open(ROOT / entry["path"]).convert("RGB")))
    assert sha256(gray.tobytes()).hexdigest() == entry["gray_sha256"]


def neighbour_minus_centre(gray, radius, bit):
    """Neighbour minus centre of every interior pixel, in f64, from the exact weights."""
    p = gray.astype(np.float64)
    height, width = gray.shape[0] - 2 * radius, gray.shape[1] - 2 * radius
    sy, sx = (0, -1, -1, -1, 0, 1, 1, 1)[bit], (1, 1, 0, -1, -1, -1, 0, 1)[bit]

    def at(dy, dx):
        return p[radius + dy : radius + dy + height, radius + dx : radius + dx + width]

    if sy == 0 or sx == 0:
        return at(sy * radius, sx * radius) - at(0, 0)
    k = int(radius / np.sqrt(2))
    t = radius / np.sqrt(2) - k
    taps = ((k, 1 - t), (k + 1, t))
    return sum(wy * wx * at(sy * dy, sx * dx) for dy, wy in taps for dx, wx in taps) - at(0, 0)


@pytest.mark.parametrize("path, expected", PHOTOGRAPH_CODES, ids=photograph_name)
def test_scikit_image_differs_only_where_neighbour_and_centre_nearly_tie(path, expected):
    radius = expected["radius"]
    gray = preprocess.gray(np.asarray(Image.open(ROOT / path).convert("RGB")))
    ours = preprocess.codes(gray, radius)
    theirs = local_binary_pattern(gray, 8, radius, "default")[radius:-radius, radius:-radius].astype(np.uint8)
    differing = 0
    for bit in range(8):
        differs = ((ours ^ theirs) >> bit & 1).astype(bool)
        differing += int(differs.sum())
        assert (np.abs(neighbour_minus_centre(gray, radius, bit)[differs]) < 0.005).all()
    print(f"{Path(path).stem}, radius {radius}: {differing} of {8 * ours.size} bits differ")


@pytest.mark.parametrize("case", INDEX["exif"]["cases"], ids=lambda case: f"orientation {case['orientation']}")
def test_every_exif_orientation_reads_upright(case):
    found = np.asarray(ImageOps.exif_transpose(Image.open(ROOT / case["path"])))
    upright = tensors("exif")[INDEX["exif"]["expected"]]
    assert found.shape == upright.shape
    assert np.abs(found.astype(int) - upright).max() <= INDEX["exif"]["tolerance"]


def test_gray_levels_stay_themselves():
    levels = preprocess.identity_table()
    np.testing.assert_array_equal(preprocess.gray(levels), levels[:, 0])


@pytest.mark.parametrize("source, target", [(7, 7), (38, 48), (46, 48), (48, 17), (1, 5), (5, 1)])
def test_resize_samples_at_half_pixel_centres(source, target):
    line = np.random.default_rng(0).integers(0, 256, (1, source, 1)).astype(np.uint8)
    centres = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    expected = np.interp(centres, np.arange(source), line[0, :, 0])
    np.testing.assert_allclose(preprocess.resize(line, (1, target))[0, :, 0], expected, atol=1e-4)


def test_five_crops_come_in_order():
    ramp = np.arange(6 * 7, dtype=np.float32).reshape(6, 7, 1)
    crops = preprocess.crops(ramp, (3, 4), "five_mirrored")[:, 0]
    assert [c[0, 0] for c in crops] == [0, 3, 21, 24, 8]
    np.testing.assert_array_equal(preprocess.crops(ramp, (3, 4))[:, 0], crops[4:5])


def test_a_mirrored_view_is_the_face_mirrored():
    face = np.arange(24, dtype=np.uint8).reshape(1, 2, 4, 3)
    assert len(preprocess.views(face)) == 1
    for oversample in ("mirrored", "five_mirrored"):
        plain, mirrored = preprocess.views(face, oversample)
        assert plain is face and mirrored[0, 1, 0].tolist() == face[0, 1, 3].tolist()


def test_enlarging_is_the_rule_of_the_canonical_crop():
    pictures = np.random.default_rng(3).integers(0, 256, (2, 5, 7, 3)).astype(np.uint8)
    found = preprocess.enlarge(pictures, [11, 14])
    for picture, enlarged in zip(pictures, found):
        np.testing.assert_array_equal(enlarged, exact.canonical(picture, (0, 0, 7, 5), [11, 14]))


@pytest.mark.parametrize("case", INDEX["representations"]["cases"], ids=names(INDEX["representations"]["cases"]))
def test_representations_of_the_default_model(case):
    found = tensors("representations")
    with safe_open(ROOT / INDEX["representations"]["model"], "numpy") as file:
        steps = json.loads(file.metadata()["moue"])["representations"][case["representation"]]
        tables = {step["lookup"]: file.get_tensor(step["lookup"]) for step in steps if "lookup" in step}
    at = next(i for i, step in enumerate(steps) if "lookup" in step)
    codes = preprocess.apply(steps[:at], found[case["canonical"]], tables)
    np.testing.assert_array_equal(codes, found[case["codes"]])
    mapped = preprocess.apply(steps[at : at + 1], codes, tables)
    np.testing.assert_array_equal(mapped, found[case["mapped"]])
    normalised = preprocess.apply(steps[at + 1 :], mapped, tables)
    np.testing.assert_allclose(np.moveaxis(normalised, -1, 0), found[case["normalised"]], atol=1e-5)
