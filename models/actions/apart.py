"""How far the probabilities of units are apart in two runs of one video: `moue analyze CLIP --actions --json --device D > d.jsonl` on each device; `python apart.py a.jsonl b.jsonl`."""

import json
import sys
from pathlib import Path


def units(path):
    """Of every frame and face, in order: its units' probabilities by name."""
    records = (json.loads(line) for line in Path(path).read_text().splitlines())
    frames = [record for record in records if record["schema"] == "moue.frame/1"]
    return [{name: unit["probability"] for name, unit in face["actions"]["units"].items()} for frame in frames for face in frame["faces"] if "actions" in face]


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    one, other = map(units, sys.argv[1:])
    if [list(face) for face in one] != [list(face) for face in other] or not one:
        raise SystemExit(f"{sys.argv[1]} and {sys.argv[2]} have other faces or units, or none: read the same video with --actions")
    apart = [abs(face[name] - another[name]) for face, another in zip(one, other) for name in face]
    print(f"{len(one)} faces, {len(apart)} probabilities: {sum(apart) / len(apart):.1e} apart on the mean, {max(apart):.1e} at most")


if __name__ == "__main__":
    main()
