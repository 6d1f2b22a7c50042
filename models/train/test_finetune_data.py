"""What fine-tuning learns from: collections merged, faces cut, parts that stay apart, classes balanced. `pytest models/train`. Without PyTorch."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import data
import preprocess
from own import balance, faces, parts
from own.collect import by_source, collect
from own.notes import Notes
from own.program import BUILT

PROGRAM = os.environ.get("MOUE_PROGRAM") or (str(BUILT) if BUILT.is_file() else shutil.which("moue"))
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def picture(path, seed, side=16):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3)).astype(np.uint8)).save(path)


def collected(*folders, whole=False):
    notes = Notes()
    pictures, labels = collect(list(folders), {f.resolve() for f in folders} if whole else set(), notes)
    return pictures, labels, notes


def test_collections_are_merged_and_classes_that_differ_in_case_are_one(tmp_path):
    for at in range(3):
        picture(tmp_path / f"a/happy/deep/{at}.png", at)
    picture(tmp_path / "a/sad/0.PNG", 3)
    picture(tmp_path / "b/Happy/0.png", 4)
    pictures, labels, notes = collected(tmp_path / "a", tmp_path / "b")
    assert labels == ["happy", "sad"]
    assert [(p.label, p.source) for p in pictures].count(("happy", "b")) == 1
    assert any("`happy`, `Happy` differ in case only" in note and "rename" in note for note in notes)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in by_source(pictures, labels, ["a", "b"]).splitlines()]
    assert rows[0] == ["class", "a", "b", "together"]
    assert rows[2:] == [["happy", "3", "1", "4"], ["sad", "1", "0", "1"], ["all", "4", "1", "5"]]


def test_an_unambiguous_class_keeps_its_spelling(tmp_path):
    picture(tmp_path / "Fear/0.png", 0)
    picture(tmp_path / "sad/0.png", 1)
    assert collected(tmp_path)[1] == ["Fear", "sad"]


def test_what_a_collection_lacks_is_said_by_name_and_the_rest_is_used(tmp_path):
    picture(tmp_path / "one/happy/0.png", 0)
    (tmp_path / "none/happy").mkdir(parents=True)
    picture(tmp_path / "two/happy/0.png", 1)
    picture(tmp_path / "two/sad/0.png", 2)
    picture(tmp_path / "two/loose.png", 3)
    (tmp_path / "two/sad/1.heic").write_bytes(b"x")
    (tmp_path / "two/.hidden").mkdir()
    pictures, labels, notes = collected(tmp_path / "one", tmp_path / "none", tmp_path / "two")
    assert (len(pictures), labels) == (3, ["happy", "sad"])
    expected = ["one class only, `happy`", "happy` is empty: put pictures", "no class with pictures", "itself, in no class", "heic 1"]
    assert len(notes) == len(expected)
    for part in expected:
        assert sum(part in note for note in notes) == 1, part


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is text")
def test_a_class_whose_name_is_no_text_is_left_out(tmp_path):
    picture(tmp_path / "happy/0.png", 0)
    picture(tmp_path / os.fsdecode(b"sad\xff") / "0.png", 0)
    _, labels, notes = collected(tmp_path)
    assert labels == ["happy"] and "no UTF-8" in notes[0]


def test_two_collections_of_one_name_stay_apart_in_the_table(tmp_path):
    for one in "xy":
        picture(tmp_path / one / "faces/happy/0.png", ord(one))
        picture(tmp_path / one / "faces/sad/0.png", ord(one) + 9)
    assert {p.source for p in collected(tmp_path / "x/faces", tmp_path / "y/faces")[0]} == {str(tmp_path / one / "faces") for one in "xy"}


def many(count, seed=0):
    """Crops [count, 32, 32, 3] of u8, smooth enough to have hashes, unlike one another."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3)).astype(np.uint8)
    return coarse.repeat(4, 1).repeat(4, 2)


def test_look_alikes_are_never_on_both_sides():
    crops = many(40)
    crops = np.concatenate([crops, crops[:20, :, ::-1]])
    labels = np.array([at % 2 for at in range(40)] + [at % 2 for at in range(20)])
    groups = data.look_alike_groups(parts.small(crops))
    assert (groups[:20] == groups[40:]).all() and len(set(groups)) == 40
    train, test = parts.split(groups, labels, 0.25, 3)
    assert sorted([*train, *test]) == list(range(60))
    assert not set(groups[train]) & set(groups[test])
    for label in (0, 1):
        assert 5 <= (labels[test] == label).sum() <= 7
    again = parts.split(groups, labels, 0.25, 3)
    other = parts.split(groups, labels, 0.25, 4)
    assert (again[1] == test).all() and set(other[1]) != set(test)


def test_a_class_of_one_group_is_learned_from_and_contradictions_are_counted():
    train, test = parts.split(np.array([0, 0, 1, 2, 3]), np.array([0, 0, 1, 1, 1]), 0.2, 1)
    assert {0, 1} <= set(train) and len(test) == 1
    assert parts.conflicting(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])) == 1


def test_classes_come_to_one_size_of_pictures_to_learn_from_only():
    labels = np.array([0] * 9 + [1] * 4 + [2])
    places = np.array([0, 1, 2, 3, 4, 5, 9, 10, 11, 13])
    for size in (6, 3, 60):
        planned = balance.plan(labels, places, size, 5)
        assert np.bincount(labels[planned[:, 0]]).tolist() == [size] * 3
        assert set(planned[:, 0]) <= set(places.tolist())
        assert len({tuple(row) for row in planned.tolist()}) == len(planned)
        rows = balance.counts(planned, labels, 3)
        assert [row[0] for row in rows] == [min(size, 6), min(size, 3), 1]
        assert [row[-1] for row in rows] == [size] * 3
    # No mirror image twice; the other kinds take turns.
    assert rows[1][1] == 3 and all(abs(count - 18) <= 1 for count in rows[1][2:-1])


def test_variants_are_what_they_are_called_and_the_same_again():
    crop = many(1)[0]
    assert (balance.variant(crop, 0, 0, 1) == crop).all()
    assert (balance.variant(crop, 0, 1, 1) == crop[:, ::-1]).all()
    rotated, blurred, noisy = (balance.variant(crop, 0, number, 1).astype(int) for number in (2, 3, 4))
    assert blurred.std() < crop.std() < noisy.std() + 1
    assert abs((noisy - crop).mean()) < 2 and 3 < (noisy - crop).std() < 16
    middle = slice(12, 20)
    assert np.abs(rotated - crop)[middle, middle].mean() < np.abs(rotated - crop).mean()
    for number in range(12):
        first, second = (balance.variant(crop, 7, number, 1) for _ in range(2))
        assert first.dtype == np.uint8 and first.shape == crop.shape and (first == second).all()
    assert (balance.variant(crop, 7, 5, 1) != balance.variant(crop, 8, 5, 1)).any()


def test_the_margin_lies_around_the_outline():
    for margin in (0, 0.05, 0.25):
        forehead, chin, left, right = faces.canonical([96, 96], margin)["alignment"]
        height = chin[1] - forehead[1]
        assert height == pytest.approx(1 / (1 + 2 * margin), abs=2e-4)
        assert forehead[1] == pytest.approx(margin * height, abs=2e-4) and forehead[0] == chin[0] == 0.5
        assert left[0] + right[0] == pytest.approx(1) and (right[0] - left[0]) / height == pytest.approx(0.863, abs=1e-3)


def test_whole_pictures_are_cut_once_and_unreadable_ones_are_named(tmp_path, monkeypatch):
    for at in range(3):
        picture(tmp_path / f"in/happy/{at}.png", at)
    (tmp_path / "in/happy/1.png").write_bytes(b"no picture")
    pictures = collected(tmp_path / "in", whole=True)[0]
    canonical, notes = faces.canonical([24, 20], 0.25), Notes()

    def crops():
        return faces.Crops("no such program", pictures, canonical, tmp_path, "first", notes)

    found = crops()
    assert [p.path.name for p in found.pictures] == ["0.png", "2.png"] and found.array.shape == (2, 24, 20, 3)
    assert [p.path.name for p, _ in found.left_out] == ["1.png"] and "1.png" in notes[0] and "cannot be read" in notes[0]
    photo = np.asarray(Image.open(tmp_path / "in/happy/2.png"))
    assert (found.array[1] == preprocess.canonical(photo, (0, 0, 16, 16), [24, 20])).all()
    with monkeypatch.context() as patch:
        patch.setattr(faces, "cut", None)
        again = crops()
        assert again.digest == found.digest and [p.path for p in again.pictures] == [p.path for p in found.pictures]
    picture(tmp_path / "in/happy/1.png", 7)
    assert len(crops()) == 3


@pytest.mark.skipif(PROGRAM is None, reason="needs the program: cargo build --release, or MOUE_PROGRAM")
def test_faces_are_found_by_the_program_and_pictures_without_one_are_named(tmp_path, monkeypatch):
    folder = tmp_path / "in/happy"
    picture(folder / "noise.png", 1, 64)
    shutil.copy(EXAMPLES / "astronaut.png", folder / "a [1].png")
    (folder / "broken.jpg").write_bytes(b"x")
    notes, pictures = Notes(), collected(tmp_path / "in")[0]
    found = faces.Crops(PROGRAM, pictures, faces.canonical([64, 64], 0.25), tmp_path, "first", notes)
    assert [p.path.name for p in found.pictures] == ["a [1].png"]
    assert any("no face in 1 picture" in note and "noise.png" in note and "--whole" in note for note in notes)
    assert any("broken.jpg" in note and "it holds no PNG" in note for note in notes)
    # The portrait's face lies around (226, 124) and is 109 pixels high: the crop is that face with a quarter of its height around it.
    photo = np.asarray(Image.open(EXAMPLES / "astronaut.png").convert("RGB"))
    around = preprocess.canonical(photo, (226 - 82, 124 - 82, 164, 164), [64, 64]).astype(float)
    assert np.corrcoef(around.ravel(), found.array[0].astype(float).ravel())[0, 1] > 0.9
    with monkeypatch.context() as patch:
        patch.setattr(faces, "ask", None)
        assert len(faces.find(PROGRAM, pictures, tmp_path / "first-faces.jsonl")) == 3


def test_a_missing_program_is_named_with_the_remedy(tmp_path):
    picture(tmp_path / "in/happy/0.png", 0)
    with pytest.raises(SystemExit, match="`no such program` cannot be run .*--program"):
        faces.find("no such program", collected(tmp_path / "in")[0], tmp_path / "faces.jsonl")
