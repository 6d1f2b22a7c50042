"""What the tests of all engines ask."""

import os
import sys
from pathlib import Path

import moue
import moue._batches
import numpy as np
import pyarrow.dataset

ROOT = Path(__file__).parents[3]
# With MOUE_THOROUGH=1 2,000 pictures, of which twenty are broken.
COUNT, BROKEN = (2000, 20) if os.environ.get("MOUE_THOROUGH") == "1" else (36, 3)
OPTIONS = {"device": "cpu", "find": "fast"}
# The processes of an engine choose by what it gave them; Spark would take the first python3 of the path.
os.environ.pop("MOUE_DEVICE", None)
os.environ["PYSPARK_PYTHON"] = sys.executable


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
    """A video, one that is none, and one that is missing."""
    return [("clip.gif", clip.read_bytes()), ("none.gif", (folder / "0007.jpg").read_bytes()[:300]), ("null.gif", None)]


def frames_of(clip):
    """The faces of a clip, by frame."""
    found = {}
    for frame in moue.Recognizer(**OPTIONS).analyze_video(clip, every=2):
        [face] = frame.faces
        numbers = {name: float(np.float32(value)) for name, value in {**face.probabilities, **face.pose}.items()}
        found[frame.frame] = {"timestamp": frame.timestamp, "track": face.track, "x": face.box[0], "label": face.label, **numbers}
    return found


def same_frames(found, clip):
    for name in ("none.gif", "null.gif"):
        error = found.pop((name, None, None))
        assert name in error["error"] and error["frame"] is None and "/" not in error["error"]
    expected = frames_of(clip)
    assert sorted(found) == [("clip.gif", 1, frame) for frame in sorted(expected)] and len(expected) == 3
    for (_, _, frame), row in found.items():
        assert {name: row[name] for name in expected[frame]} == expected[frame]
