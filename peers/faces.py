"""moue and its peers find the faces of the same decoded pictures, in turns on one processor: `faces.py --help`.

Of each: milliseconds from the decoded picture to boxes, and how many of the faces that are known to be there it finds: one counts where its box overlaps the face's square by half (intersection over union).
A time counts where all are found. The square is of models/face/measure/pasted.py: 2.2 distances of the pupils wide. moue gives 478 landmarks of each face too, and so does MediaPipe's mesh.

    pip install -r peers/requirements-processor.txt                               OpenCV
    python -m venv V && V/bin/pip install -r peers/requirements-mediapipe.txt     for --mediapipe-python V/bin/python, the last release with MediaPipe's own graphs and models in it
    python models/face/measure/pasted.py --crowd target/peers-faces               the crowd: its README says what it needs
    cargo build --release --example faces_peer
    python peers/faces.py --devices cpu,llvmpipe --mediapipe-python V/bin/python --json benches/peers/faces-MACHINE.json

YuNet's weights and OpenCV's cascade are in no package of today's OpenCV: `--yunet` and `--cascade` say where they lie, by default in ../shared/data beside the repository.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from boxes import matched, square
from turns import Program, in_turns, processor

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
# The pupils of examples/astronaut.png by eye, and of them the square as pasted.py makes it.
PORTRAIT = [{"centre": [224.4, 115.2], "side": 94.8}]
SETTINGS = {
    "moue": "find normal: faces of 24 pixels and more, and of a 64th of the longer side; with 478 landmarks of each",
    "moue, fast": "find fast: the whole picture at once",
    "mediapipe-short": "its graph and model as its package has them, least confidence 0.5: faces within 2 m, the picture as 128 x 128",
    "mediapipe-full": "the same, faces within 5 m, the picture as 192 x 192",
    "mediapipe-mesh": "short range, then 478 landmarks of each (refine_landmarks), as a still picture; at most 20 faces",
    "yunet": "FaceDetectorYN at the picture's own size, score 0.6, suppression 0.3, 5,000 candidates",
    "yunet-1280": "the same, the picture shrunk to 1,280 pixels at its longer side where it is longer",
    "haar": "haarcascade_frontalface_default, detectMultiScale with its defaults, 1.1 and 3",
}


def mediapipe_detection(picture, model):
    import mediapipe

    graph = mediapipe.solutions.face_detection.FaceDetection(model_selection=model, min_detection_confidence=0.5)
    height, width = picture.shape[:2]

    def run():
        found = graph.process(picture).detections or []
        boxes = [one.location_data.relative_bounding_box for one in found]
        return [[box.xmin * width, box.ymin * height, box.width * width, box.height * height] for box in boxes]

    return run, f"mediapipe {mediapipe.__version__}"


def mediapipe_mesh(picture):
    import mediapipe
    import numpy as np

    graph = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=20, refine_landmarks=True, min_detection_confidence=0.5)
    size = np.array(picture.shape[1::-1])

    def run():
        boxes = []
        for face in graph.process(picture).multi_face_landmarks or []:
            points = np.array([(point.x, point.y) for point in face.landmark]) * size
            boxes.append([*points.min(0), *np.ptp(points, 0)])
        return boxes

    return run, f"mediapipe {mediapipe.__version__}"


def yunet(picture, longest, path):
    import cv2

    scale = min(1.0, longest / max(picture.shape[:2])) if longest else 1.0
    size = tuple(round(scale * side) for side in picture.shape[1::-1])
    net, picture = cv2.FaceDetectorYN.create(path, "", size, 0.6, 0.3, 5000), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)

    def run():
        small = picture if scale == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        rows = net.detect(small)[1]
        return [[float(value) / scale for value in row[:4]] for row in ([] if rows is None else rows)]

    return run, f"OpenCV {cv2.__version__}"


def haar(picture, path):
    import cv2

    cascade = cv2.CascadeClassifier(path)

    def run():
        return [[int(value) for value in box] for box in cascade.detectMultiScale(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))]

    return run, f"OpenCV {cv2.__version__}"


WORKERS = {
    "mediapipe-short": lambda picture, _: mediapipe_detection(picture, 0),
    "mediapipe-full": lambda picture, _: mediapipe_detection(picture, 1),
    "mediapipe-mesh": lambda picture, _: mediapipe_mesh(picture),
    "yunet": lambda picture, path: yunet(picture, 0, path),
    "yunet-1280": lambda picture, path: yunet(picture, 1280, path),
    "haar": haar,
}


def worker(kind, file, path):
    if path and not Path(path).exists():
        raise SystemExit(f"{Path(path).name} is not there, and no package has it: --{'cascade' if kind == 'haar' else 'yunet'} says where it lies")
    import cv2

    run, says = WORKERS[kind](cv2.cvtColor(cv2.imread(file), cv2.COLOR_BGR2RGB), path)
    print("ready", says, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        boxes = run()
        print(time.perf_counter() - start, json.dumps([[round(float(value), 1) for value in box] for box in boxes]), flush=True)


def commands(options, file):
    """What is run on a picture, by name."""
    found = {}
    for device in options.devices:
        found[f"moue, {device}"] = [options.moue, file, device, "normal"]
        found[f"moue, {device}, fast"] = [options.moue, file, device, "fast"]
    for kind in WORKERS:
        python = options.mediapipe_python or sys.executable if kind.startswith("mediapipe") else sys.executable
        path = options.yunet if kind.startswith("yunet") else options.cascade if kind == "haar" else ""
        found[kind] = [python, __file__, "worker", kind, file, path]
    return found


def verdict(boxes, faces):
    """What a report says of an answer: whether it counts, and why not."""
    count, others = matched(boxes, faces)
    said = {"found": count, "boxes": boxes} | ({"remark": f"{others} more that are none"} if others else {})
    return said if count == len(faces) else said | {"failed": f"finds {count} of {len(faces)}"}


def compare(name, file, faces, options):
    """One picture's case of the report."""
    programs = [Program(kind, command) for kind, command in commands(options, file).items()]
    entries = {}
    for program in programs:
        entries[program.name] = {"says": program.says}
        if program.run() is not None:
            entries[program.name] |= verdict(json.loads(program.rest), faces)
    right = [program for program in programs if not program.failed and "failed" not in entries[program.name]]
    in_turns(right, options.turns, options.runs)
    for program in programs:
        entry = entries[program.name]
        if "failed" not in entry:
            entry |= program.entry()
        said = f"{entry['median_ms']:9.2f} ms" if "median_ms" in entry else entry["failed"]
        print(f"{name:30} {program.name:24} {said}", flush=True)
        program.close()
    return {"name": name, "faces": len(faces), "programs": entries}


def pictures(options):
    """By name: the file and the faces that are known to be in it."""
    found = {"portrait, 512 x 512, 1 face": (options.portrait, PORTRAIT)}
    truth = options.crowd / "truth.json"
    if truth.exists():
        faces = json.loads(truth.read_text())["crowd"]
        found[f"crowd, 4000 x 3000, {len(faces)} faces"] = (options.crowd / "crowd.png", faces)
    else:
        print(f"{truth} is not there: no crowd", file=sys.stderr)
    return {name: (file, [square(face["centre"], face["side"]) for face in faces]) for name, (file, faces) in found.items()}


def main():
    def names(text):
        return [name for name in text.split(",") if name]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portrait", type=Path, default=ROOT / "examples/astronaut.png")
    parser.add_argument("--crowd", type=Path, default=ROOT / "target/peers-faces", help="the folder that pasted.py wrote")
    parser.add_argument("--moue", type=Path, default=ROOT / "target/release/examples/faces_peer")
    parser.add_argument("--devices", type=names, default=["cpu"], help="of moue: cpu,llvmpipe")
    parser.add_argument("--mediapipe-python", type=Path, help="the interpreter that has mediapipe")
    parser.add_argument("--yunet", type=Path, default=DATA / "weights/yunet/face_detection_yunet_2026may.onnx")
    parser.add_argument("--cascade", type=Path, default=DATA / "cascades/haarcascade_frontalface_default.xml")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--runs", type=int, default=5, help="of a program's turn, the fastest counts")
    parser.add_argument("--beside", help="what else ran on the machine")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cases = [compare(name, *case, options) for name, case in pictures(options).items()]
    says = [entry["says"] for case in cases for entry in case["programs"].values() if entry["says"]]
    report = {
        "schema": "moue.tasks/1",
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor(len(os.sched_getaffinity(0))),
        "versions": dict(sorted(tuple(words.split(", ")[0].rsplit(" ", 1)) for words in says)),
        "how": f"peers/faces.py --devices {','.join(options.devices)} --turns {options.turns} --runs {options.runs}",
        "beside": options.beside,
        "base": f"moue, {options.devices[0]}",
        "settings": SETTINGS,
        "cases": cases,
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        worker(*sys.argv[2:])
    else:
        main()
