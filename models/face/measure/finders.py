"""What is judged: a finder is called with a picture [h, w, 3] of u8, RGB, and answers a list of faces, best first.

A face is a dict: `box` (left, top, right, bottom) and `score`; the prototype also gives `landmarks` [478, 3], in pixels.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import cv2

import finder
from networks import DATA


class Prototype:
    """finder.py by LiteRT."""

    def __init__(self, rules):
        self.rules, self.trace = rules, {"tiles": 0, "candidates": 0, "looks": 0}

    def __call__(self, picture):
        trace = {}
        faces = finder.find(picture, self.rules, trace)
        self.trace = {key: value + trace[key] for key, value in self.trace.items()}
        return faces


class YuNet:
    """OpenCV's FaceDetectorYN on the whole picture at its full size; its own example's thresholds: score 0.6 here, suppression 0.3."""

    def __init__(self, least_score=0.6):
        path = DATA / "weights" / "yunet" / "face_detection_yunet_2026may.onnx"
        self.net = cv2.FaceDetectorYN.create(str(path), "", (320, 320), least_score, 0.3, 5000)

    def __call__(self, picture):
        self.net.setInputSize((picture.shape[1], picture.shape[0]))
        rows = self.net.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1]
        return [{"box": (row[0], row[1], row[0] + row[2], row[1] + row[3]), "score": row[14]} for row in ([] if rows is None else rows)]


class Moue:
    """The program moue, a picture a call; `prepare` reads many at once."""

    def __init__(self, program, *options):
        self.command = [program, "analyze", "--json", "--top", "1", *options]
        self.known = {}

    def prepare(self, pictures):
        """Finds the faces of pictures by one run of the program; later calls with the same arrays answer from it."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / f"{index:05}.png" for index in range(len(pictures))]
            for path, picture in zip(paths, pictures, strict=True):
                cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1])
            lines = subprocess.run([*self.command, folder], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
        records = {Path(record["input"]).name: record for record in map(json.loads, lines)}
        for path, picture in zip(paths, pictures, strict=True):
            self.known[id(picture)] = (picture, records[path.name])

    def __call__(self, picture):
        if id(picture) not in self.known:
            self.prepare([picture])
        record = self.known.pop(id(picture))[1]
        if record["error"]:
            raise RuntimeError(record["error"])
        faces = []
        for face in record["faces"]:
            x, y, width, height = face["box"]
            faces.append({"box": (x, y, x + width, y + height), "score": face["score"]})
        return faces


def named(name, program="moue", device=None):
    """`fast`, `normal`, `thorough`: the prototype; `yunet`; `moue` and `moue:normal`: the program, with `--find normal` there."""
    if name == "yunet":
        return YuNet()
    if name.startswith("moue"):
        setting = name.partition(":")[2]
        return Moue(program, *(["--find", setting] if setting else []), *(["--device", device] if device else []))
    return Prototype(finder.SETTINGS[name])
