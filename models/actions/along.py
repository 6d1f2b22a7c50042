"""How units go along with blendshapes over a video: `moue analyze CLIP --actions --blendshapes --json > clip.jsonl; python along.py clip.jsonl`.

Correlation over the frames of its first face, of probability and of intensity; of several units the larger.
"""

import json
import sys
from pathlib import Path

import numpy as np

PAIRS = [
    (["jawOpen"], ["AU26", "AU27"]),
    (["mouthSmileLeft", "mouthSmileRight"], ["AU12"]),
    (["browInnerUp"], ["AU01"]),
    (["browOuterUpLeft", "browOuterUpRight"], ["AU02"]),
    (["eyeBlinkLeft", "eyeBlinkRight"], ["AU45"]),
    (["eyeBlinkLeft", "eyeBlinkRight"], ["AU43"]),
    (["eyeBlinkLeft", "eyeBlinkRight"], ["AU43", "AU45"]),
]


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    records = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    faces = [record["faces"][0] for record in records if record["schema"] == "moue.frame/1" and record["faces"]]
    print(f"{len(faces)} frames with a face")
    for shapes, units in PAIRS:
        shown = np.array([np.mean([face["blendshapes"][shape] for shape in shapes]) for face in faces])
        row = []
        for what in ("probability", "intensity"):
            read = np.array([max(face["actions"]["units"][unit][what] for unit in units) for face in faces])
            row.append(f"{what} {np.corrcoef(shown, read)[0, 1]:.2f}")
        print(f"{', '.join(shapes)} (deviation {shown.std():.2f}) and {', '.join(units)}: {', '.join(row)}")


if __name__ == "__main__":
    main()
