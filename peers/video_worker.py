"""A peer that reads a video: `video_worker.py KIND CLIP FOLDER`, KIND fer, fer-mtcnn, either with -bare, py-feat or deepface. It goes about it as its README says. Once
its networks are loaded it says so with its versions, then a line a frame, and at its end the seconds of its stages as JSON.

`video_worker.py KIND` alone fails where there is nothing to run KIND with."""

import json
import sys
import time
from importlib import metadata


def versions(*names):
    return ", ".join(f"{name} {metadata.version(name)}" for name in names)


def said(line):
    print(line, flush=True)


def fer(mtcnn, bare):
    """The README's `Video(file).analyze(FER(...))`, but for its window; it also draws and writes every frame, unless `bare`."""
    # The README's `from fer import FER, Video` fails in 25.10.3: that module exports neither.
    from fer.classes import Video
    from fer.fer import FER

    detector = FER(mtcnn=mtcnn)

    def run(clip, folder):
        stages = {"detect": 0.0, "compute": 0.0}

        def timed(stage, call):
            def wrapped(*given, **named):
                start = time.perf_counter()
                try:
                    return call(*given, **named)
                finally:
                    stages[stage] += time.perf_counter() - start

            return wrapped

        detector.find_faces = timed("detect", detector.find_faces)
        detector._classify_emotions = timed("compute", detector._classify_emotions)
        plain = detector.detect_emotions

        def read(frame):
            answer = plain(frame)
            said("frame")
            return answer

        detector.detect_emotions = read
        writes = {"save_frames": False, "save_video": False, "annotate_frames": False} if bare else {}
        start = time.perf_counter()
        Video(clip, outdir=folder).analyze(detector, display=False, output="pandas", **writes)
        rest = "decode" if bare else "decode, draw, write"
        return stages | {rest: time.perf_counter() - start - sum(stages.values())}

    return run, versions("fer", "tensorflow", *(["facenet-pytorch", "torch"] if mtcnn else []))


def py_feat():
    """The README's `Detectorv1().detect(file, data_type="video")`; its weights come from a hub."""
    from feat import Detectorv1

    detector = Detectorv1()

    def run(clip, folder):
        start = time.perf_counter()
        for _ in range(detector.detect([clip], data_type="video", progress_bar=False)["frame"].nunique()):
            said("frame")
        return {"all": time.perf_counter() - start}

    return run, versions("py-feat", "torch")


def deepface():
    """The README's `DeepFace.analyze(frame, actions=["emotion"])` of every frame that OpenCV reads; its weights come from GitHub with the first."""
    import cv2
    from deepface import DeepFace

    def run(clip, folder):
        video, stages = cv2.VideoCapture(clip), {"decode": 0.0, "all": 0.0}
        while True:
            start = time.perf_counter()
            found, frame = video.read()
            decoded = time.perf_counter()
            if not found:
                return stages
            DeepFace.analyze(frame, actions=["emotion"], detector_backend="opencv", enforce_detection=False, silent=True)
            stages["decode"] += decoded - start
            stages["all"] += time.perf_counter() - decoded
            said("frame")

    return run, versions("deepface", "tensorflow")


KINDS = {
    "fer": lambda: fer(False, False),
    "fer-bare": lambda: fer(False, True),
    "fer-mtcnn": lambda: fer(True, False),
    "fer-mtcnn-bare": lambda: fer(True, True),
    "py-feat": py_feat,
    "deepface": deepface,
}


def main(kind, clip=None, folder=None):
    run, found = KINDS[kind]()
    said(f"ready {found}")
    if clip:
        said("stages " + json.dumps(run(clip, folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
