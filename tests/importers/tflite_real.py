"""Write what LiteRT computes of MediaPipe's face networks, on a portrait and on random numbers: tflite_real.safetensors.

`python tflite_real.py FOLDER`: the folder of the files. Of an output with many values every 13th is kept, and the largest of all.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).parent.parent / "zoo"))
from seeded import tensor  # noqa: E402
from tflite_graph import run  # noqa: E402

HERE = Path(__file__).parent
# Of each file: the value of white, and what black is.
FILES = {
    "face_detection_full_range": ((192, 192), -1.0), "tflite/face_detector": ((128, 128), -1.0), "tflite/face_landmarks_detector": ((256, 256), 0.0),
    "tflite/face_blendshapes": (None, 0.0), "pypi-0.10.21/face_detection_full_range_sparse": ((192, 192), -1.0),
    "pypi-0.10.21/face_detection_short_range": ((128, 128), -1.0), "pypi-0.10.21/face_landmark": ((192, 192), 0.0),
    "pypi-0.10.21/iris_landmark": ((64, 64), 0.0),
}
# The astronaut's face: left, top and side of a square.
SQUARE = 155, 50, 144
STEP, MANY = 13, 2000


def portrait(size):
    """The nearest pixels of the square, 0 to 255."""
    left, top, side = SQUARE
    photo = np.asarray(Image.open(HERE.parent.parent / "examples/astronaut.png").convert("RGB"))
    rows, columns = (np.arange(n) * side // n for n in size)
    return photo[top + rows][:, left + columns].astype(np.float32)


def main():
    folder, tensors = Path(sys.argv[1]), {}
    for path, (size, black) in FILES.items():
        source, name = (folder / f"{path}.tflite").read_bytes(), Path(path).name
        if size is None:
            inputs = {"random": tensor("data", (1, 146, 2), 1, "input")}
        else:
            light = portrait(size) / np.float32(127.5 if black else 255) + np.float32(black)
            inputs = {"portrait": light[None], "random": tensor("data", (1, 3, *size), 1, "input").transpose(0, 2, 3, 1)}
        for kind, values in inputs.items():
            called = "serving_default_input_points:0" if size is None else None
            called = called or input_name(source)
            for output, found in run(source, {called: np.ascontiguousarray(values, np.float32)}).items():
                found = found.ravel()
                key = f"{name}/{kind}/{output}"
                tensors[f"{key}/values"] = np.ascontiguousarray(found[::STEP] if found.size > MANY else found)
                tensors[f"{key}/largest"] = np.abs(found).max(keepdims=True)
    save_file(dict(sorted(tensors.items())), HERE / "tflite_real.safetensors")
    print(len(tensors) // 2, "outputs")


def input_name(source):
    from ai_edge_litert.interpreter import Interpreter
    return Interpreter(model_content=source).get_input_details()[0]["name"]


if __name__ == "__main__":
    main()
