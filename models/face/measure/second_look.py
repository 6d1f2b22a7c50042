"""What a second look of the mesh says of weak detections: on its own landmarks, in squares of several widths.

    python second_look.py

Faces of ORL shrunk to 32 x 39 pixels and of made pictures (seeds 2 and 3), and what is none in those and in textures; cell.png is judged elsewhere and
shown for comparison. A line a candidate below 0.8 that the mesh took for a face: the detector's score, presence at the first look, and at the second in squares 1.5,
1.75 and 2 times as wide as the landmarks.
"""

from dataclasses import replace

import cv2
import numpy as np

import pasted
import sets
from finder import NORMAL, candidates, cut_off, detection_rect, face_box, landmarks_rect, look, merged

SMALL = replace(NORMAL, min_face=16.0)
WEAK = 0.8
WIDTHS = (1.5, 1.75, 2.0)
SHRUNK = 0.35


def show(name, picture, faces, rules):
    height, width = picture.shape[:2]
    scores, points, owners = candidates(picture, rules)
    keep = ~cut_off(points, owners, width, height, rules.cut)
    for score, place in merged(scores[keep], points[keep], rules.suppress):
        landmarks, presence = look(picture, detection_rect(place, rules))
        if score >= WEAK or presence < rules.least_presence:
            continue
        box = face_box(landmarks)
        middle = (box[:2] + box[2:]) / 2
        true = any(np.hypot(*(middle - face["centre"])) < 0.5 * face["side"] for face in faces)
        again = " ".join(f"{look(picture, landmarks_rect(landmarks, times))[1]:.4f}" for times in WIDTHS)
        print(f"{name:12} {'face' if true else 'none'} {score:.2f} {presence:.4f}  {again}", flush=True)


def main():
    show("cell.png", pasted.shipped("cell.png"), [], NORMAL)
    for name, picture, _ in sets.textures():
        show(name, picture, [], NORMAL)
    for seed, count, turns in ((3, 12, (0,)), (2, 10, (0, 2))):
        for _, (name, picture, faces) in zip(range(count), pasted.pictures(seed)):
            show(name, picture, faces, replace(SMALL, turns=turns))
    for name, picture, _ in list(sets.orl())[::4]:
        small = cv2.resize(picture, None, fx=SHRUNK, fy=SHRUNK, interpolation=cv2.INTER_AREA)
        middle = np.array([small.shape[1] / 2, small.shape[0] / 2])
        show(name, small, [{"centre": middle, "side": 60}], SMALL)


if __name__ == "__main__":
    main()
