"""What the engines read: small pictures of which some are broken, and what one process says of them. With MOUE_THOROUGH=1 2,000, of which twenty are."""

import os
import sys
import time
from pathlib import Path

import moue
import moue._batches
import numpy as np
import pyarrow.dataset
import pytest
from PIL import Image

ROOT = Path(__file__).parents[3]
THOROUGH = os.environ.get("MOUE_THOROUGH") == "1"
COUNT, BROKEN = (2000, 20) if THOROUGH else (36, 3)
OPTIONS = {"device": "cpu", "find": "fast"}
# Of the machines' processes: they are not asked for a device by the environment of the tests.
os.environ.pop("MOUE_DEVICE", None)
# Spark would take the first python3 of the path.
os.environ["PYSPARK_PYTHON"] = sys.executable


@pytest.fixture(scope="session")
def portrait():
    with Image.open(ROOT / "examples/astronaut.png") as picture:
        return picture.convert("RGB").crop((60, 0, 316, 224))


@pytest.fixture(scope="session")
def folder(portrait, tmp_path_factory):
    """Crops of the portrait, each another; every so many is cut off."""
    folder = tmp_path_factory.mktemp("pictures")
    for at in range(COUNT):
        x, y = at % 32, at // 32 % 8
        file = folder / f"{at:04}.jpg"
        portrait.crop((x, y, x + 216, y + 216)).resize((128, 128)).save(file, quality=90 - at // 256)
        if at % (COUNT // BROKEN) == 7:
            file.write_bytes(file.read_bytes()[:900])
    return folder


@pytest.fixture(scope="session")
def clip(portrait, tmp_path_factory):
    """An animated picture, which needs no ffmpeg."""
    path = tmp_path_factory.mktemp("video") / "clip.gif"
    frames = [portrait.crop((4 * at, 0, 4 * at + 216, 216)) for at in range(6)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[40, 40, 120] * 2)
    return path


@pytest.fixture(scope="session")
def expected(folder):
    """The rows of one process, by the name of their file."""
    begin = time.perf_counter()
    files = sorted(folder.iterdir())
    table = moue.Recognizer(**OPTIONS).table((file.read_bytes() for file in files), keys=files)
    print(f"\none process: {time.perf_counter() - begin:.1f} s, {COUNT} pictures, {BROKEN} broken")
    return rows(table.to_arrow())


@pytest.fixture
def timed(capsys):
    """Says how long an engine takes, where it takes long."""
    begin = time.perf_counter()
    yield
    if THOROUGH:
        with capsys.disabled():
            print(f"\nan engine: {time.perf_counter() - begin:.1f} s, with its start")


def rows(table):
    """By file, face and frame; a second row for the same is an error."""
    found = {}
    for row in table.to_pylist():
        key = (Path(row.pop("key")).name, row["face"], row.get("frame"))
        assert key not in found, f"{key} twice"
        found[key] = row
    return found


def written(folder):
    return rows(pyarrow.dataset.dataset(folder, format="parquet", exclude_invalid_files=True).to_table())


def same(found, expected):
    """Every key once, the numbers of one process, errors in their column."""
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        assert {name: found[key][name] for name in row} == row
    assert sum(row["error"] is not None for row in found.values()) == BROKEN


def failing(tmp_path):
    """Pictures of which one kills its process once, and of another the device is lost once."""
    died, lost = tmp_path / "died", tmp_path / "lost"

    # In here, so that it is sent along: the processes of an engine cannot import this file.
    class Failing(moue._batches.Pictures):
        def _rows(self, recognizer, keys, contents):
            names = [str(key)[-8:] for key in keys]
            if "0012.jpg" in names and not died.exists():
                died.touch()
                os._exit(1)
            if "0024.jpg" in names and not lost.exists():
                lost.write_text(f"{os.getpid()} {id(recognizer)}")
                raise moue.Error("device-lost", "made up")
            if "0024.jpg" in names and lost.read_text() == f"{os.getpid()} {id(recognizer)}":
                raise AssertionError("a recognizer whose device is lost reads again")
            return super()._rows(recognizer, keys, contents)

    return Failing, died, lost


def pairs(clip, folder):
    """A video, and one that is none."""
    return [("clip.gif", clip.read_bytes()), ("none.gif", (folder / "0007.jpg").read_bytes()[:300])]


def frames_of(clip):
    """The faces of a clip, by frame."""
    found = {}
    for frame in moue.Recognizer(**OPTIONS).analyze_video(clip, every=2):
        [face] = frame.faces
        numbers = {name: float(np.float32(value)) for name, value in {**face.probabilities, **face.pose}.items()}
        found[frame.frame] = {"timestamp": frame.timestamp, "track": face.track, "x": face.box[0], "label": face.label, **numbers}
    return found


def same_frames(found, clip):
    error = found.pop(("none.gif", None, None))
    assert error["error"] and error["frame"] is None and "/" not in error["error"]
    expected = frames_of(clip)
    assert sorted(found) == [("clip.gif", 1, frame) for frame in sorted(expected)] and len(expected) == 3
    for (_, _, frame), row in found.items():
        assert {name: row[name] for name in expected[frame]} == expected[frame]
