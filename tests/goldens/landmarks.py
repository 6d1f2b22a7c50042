"""landmarks.safetensors: faces by MediaPipe's own network and program, and the pose that it gives them.

    python tests/goldens/landmarks.py                  writes it, of ../shared/data/weights/mediapipe
    python tests/goldens/landmarks.py london TASK      says how far the 68 points lie from those of the Face Research Lab London Set; TASK is
                                                       face_landmarker.task, and mediapipe==0.10.21 is needed

Of photographs only computed numbers are kept. Landmarks are [478, 3] in pixels of the photograph, matrices [3, 3] turn the canonical face (y up, z to who
looks). `portrait` is made of Google's test vector: its metric mesh as its matrix places it, y and z turned as a photograph's are, the irises' points 0."""

import json
import re
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared/data"
MEDIAPIPE = DATA / "weights/mediapipe"
# Name -> photograph, its width and height, and which of its faces.
FACES = {
    "astronaut": ("photos/astronaut.png", 512, 512, 0),
    "turned": ("photos/pexels-1080865-group.jpeg", 1280, 853, 0),
    "baby": ("photos/pexels-1648383-happy-baby.jpeg", 1280, 853, 0),
    "shouting": ("photos/pexels-18175-angry.jpg", 1280, 1920, 0),
}


def turn(matrix):
    turned = np.array(matrix, np.float64)[:3, :3]
    return np.ascontiguousarray(turned / np.cbrt(np.linalg.det(turned)), np.float32)


def portrait():
    text = (MEDIAPIPE / "testvectors/portrait_expected_face_geometry.pbtxt").read_text()
    vertices = np.array(re.findall(r"vertex_buffer: (\S+)", text), np.float64).reshape(-1, 5)[:, :3]
    matrix = np.array(re.findall(r"packed_data: (\S+)", text), np.float64).reshape(4, 4).T
    placed = (vertices @ matrix[:3, :3].T + matrix[:3, 3]) * [1, -1, -1]
    return np.vstack([placed, np.zeros((10, 3))]).astype(np.float32), turn(matrix)


def write():
    from safetensors.numpy import save_file

    golden = json.loads((MEDIAPIPE / "golden/photos_blendshapes_landmarks478.json").read_text())
    tensors = {}
    for name, (photo, width, height, face) in FACES.items():
        one = golden[f"{photo}#{face}"]
        tensors[f"{name}.landmarks"] = (np.array(one["landmarks"]) * [width, height, width]).astype(np.float32)
        tensors[f"{name}.turn"] = turn(one["matrix"])
    tensors["portrait.landmarks"], tensors["portrait.turn"] = portrait()
    save_file(tensors, ROOT / "tests/goldens/landmarks.safetensors")


def table():
    """The positions of src/face/landmarks.rs."""
    text = (ROOT / "src/face/landmarks.rs").read_text()
    return [int(at) for at in re.findall(r"\d+", re.search(r"SIXTY_EIGHT: \[u16; 68\] = \[(.*?)\]", text, re.S)[1])]


def london(task):
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(base_options=BaseOptions(model_asset_path=task), num_faces=1)
    finder = vision.FaceLandmarker.create_from_options(options)
    found, theirs = [], []
    for path in sorted((DATA / "london-450/neutral_front").glob("*.jpg")):
        picture = mediapipe.Image.create_from_file(str(path))
        face = finder.detect(picture).face_landmarks[0]
        found.append([[point.x * picture.width, point.y * picture.height] for point in face])
        lines = (DATA / f"london-450/landmarks_x3/{path.stem}.tem").read_text().split("\n")
        theirs.append([[float(v) / 3 for v in line.split()] for line in lines[1 : 1 + int(lines[0])]])
    found, theirs = np.array(found)[:, table()], np.array(theirs)
    pupils = np.linalg.norm(theirs[:, 0] - theirs[:, 1], axis=1)

    def off(points):
        """Of each point the distance from one of theirs, or from the middle of several."""
        away = [np.linalg.norm(found[:, at] - theirs[:, of].mean(1), axis=1) / pupils for at, of in points.items()]
        return np.array(away)

    def beside(points, line):
        """Of each point the distance from a line through theirs."""
        away = []
        for at in points:
            steps = []
            for a, b in zip(line, line[1:]):
                start, along = theirs[:, a], theirs[:, b] - theirs[:, a]
                share = (((found[:, at] - start) * along).sum(1) / (along**2).sum(1)).clip(0, 1)
                steps.append(np.linalg.norm(found[:, at] - start - share[:, None] * along, axis=1))
            away.append(np.min(steps, axis=0) / pupils)
        return np.array(away)

    groups = {
        "corners of the eyes": off({36: [18], 39: [22], 42: [23], 45: [27]}),
        "lids": np.vstack([
            beside([37, 38], [18, 19, 20, 21, 22]), beside([40, 41], [18, 28, 29, 30, 22]),
            beside([43, 44], [23, 24, 25, 26, 27]), beside([46, 47], [23, 31, 32, 33, 27]),
        ]),
        "brows": np.vstack([beside(range(17, 22), range(71, 77)), beside(range(22, 27), range(77, 83))]),
        "outer lips": off(dict(zip(range(48, 60), [[at] for at in [87, 88, 89, 90, 91, 92, 93, 108, 107, 106, 105, 104]]))),
        "inner lips": off({61: [95], 62: [96], 63: [97], 65: [102], 66: [101], 67: [100]}),
        "jaw": beside(range(17), [109, 110, 111, *range(125, 134), 114, 113, 112]),
        "nose": off({30: [54, 60], 31: [64], 32: [170], 33: [55], 34: [172], 35: [69]}),
    }
    groups["all"] = np.vstack(list(groups.values()))
    for name, away in groups.items():
        print(f"{name}: {100 * np.median(away):.1f}")
    print(f"{np.median(groups['all'] * pupils):.2f} pixels")


if __name__ == "__main__":
    if sys.argv[1:2] == ["london"]:
        london(sys.argv[2])
    else:
        write()
