"""A made-up peer for test_compare.py, in worker.py's protocol: `made_up.py KIND MODEL INPUT OUTPUT PRECISION [SHAPE]`. What MADE_UP says of KIND, in JSON, is what it does:

`ms` a run; `wrong` by so much of the largest value, or "nan", "short", "other picture", in the precision `where` alone; `dies` or `hangs` at the "start" or a "run"; `tunes` for
so many seconds at the first run of a number of images, unless --cache has it; `version`. Every start adds a line to MADE_UP_STARTS.
"""

import json
import os
import subprocess
import sys
import time
from array import array
from math import nan, prod
from pathlib import Path


def fail(does, when):
    if does.get("dies") == when:
        sys.exit(f"made up: no memory at the {when}")
    if does.get("hangs") == when:
        if "child" in does:
            Path(does["child"]).write_text(str(subprocess.Popen(["sleep", "600"]).pid))
        time.sleep(600)


def answer(images, does, precision):
    """Sixteen of each picture's values, and what is wrong with them."""
    values, wrong = [image[:16] for image in images], does.get("wrong")
    if wrong is None or does.get("where", precision) != precision:
        return values
    if wrong == "short":
        return [image[:-1] for image in values]
    if wrong == "other picture":
        return values[-1:] + values[:-1]
    values[-1][0] += nan if wrong == "nan" else wrong * max(abs(value) for image in values for value in image)
    return values


def tune(does, name):
    if "tunes" in does:
        kept = Path(sys.argv[sys.argv.index("--cache") + 1]) / name
        if not kept.exists():
            time.sleep(does["tunes"])
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.touch()


def main(kind, model="", source="", output="", precision="", *_):
    does = json.loads(os.environ["MADE_UP"]).get(kind, {})
    if not source.endswith(".input"):
        print(f"{kind} {does.get('version', 1)}")
        return
    shape = Path(source.removesuffix(".input") + ".shape").read_text().split(",")
    with open(os.environ["MADE_UP_STARTS"], "a") as starts:
        starts.write(f"{kind} {Path(model).name} {precision}\n")
    fail(does, "start")
    values, size = array("f", Path(source).read_bytes()), prod(map(int, shape[1:]))
    images = [values[at : at + size] for at in range(0, len(values), size)]
    print("ready", f"{does.get('device', 'made-up GPU')}\t{kind} {does.get('version', 1)}\tdriver 1", flush=True)
    for line in sys.stdin:
        count = int(line)
        fail(does, "run")
        tune(does, f"{Path(model).name}.{precision}.{count}")
        Path(output).write_bytes(b"".join(image.tobytes() for image in answer(images[:count], does, precision)))
        print(does.get("ms", 2) * count / 1e3, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
