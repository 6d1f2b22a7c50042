"""How often action units speak for what the networks of expressions say, and what is known: `python agreement.py renders portraits fer2013 --program target/release/moue`.

renders: stills of au-renders of people of validation that were made as an emotion; portraits: London portraits of the same people, neutral and smiling; fer2013: its validation
images, known by FER+'s votes (more than half). Of each picture the largest face is read.
"""

import argparse
import csv
import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from PIL import Image

import crops

# What the networks call each emotion.
LABELS = {"happiness": "happy", "sadness": "sad", "surprise": "surprise", "fear": "fear", "anger": "angry", "disgust": "disgust", "contempt": "contempt", None: "neutral"}
KINDS = {"happy": "happy", "sad": "sad", "surprise": "surprise", "fear": "fear", "anger": "angry", "disgust": "disgust", "contempt": "contempt", "neutral": "neutral"}


def pictures(source):
    """Name, picture, enlargement and known label."""
    if source == "renders":
        with open(crops.RENDERS / "labels.csv", newline="") as file:
            kinds = {row["file"]: KINDS.get(row["kind"]) for row in csv.DictReader(file)}
        for name, picture, scale in crops.pictures("renders", ["val"]):
            if kinds[name]:
                yield name, picture, scale, kinds[name]
    elif source == "portraits":
        for part, label in (("neutral", "neutral"), ("smiling", "happy")):
            for name, picture, scale in crops.pictures(part, ["val"]):
                yield f"{part} {name}", picture, scale, label
    else:
        import votes

        training = votes.Training()
        for index, label in zip(training.validation, training.votes.of(training.validation).set_b()):
            if label >= 0:
                yield training.names[index], Image.fromarray(training.faces[index]).convert("RGB"), 3, votes.data.LABELS[label]


def read(program, source, more):
    """Of each picture with a face: what is known, what the networks say, and what the units speak for, as the networks call it."""
    known = []
    with tempfile.TemporaryDirectory() as folder:
        for index, (_, picture, scale, label) in enumerate(pictures(source)):
            (crops.framed(picture, scale)[0] if scale else picture).save(Path(folder) / f"{index:05}.bmp")
            known.append(label)
        command = [program, "analyze", folder, "--json", "--faces", "largest", "--actions", *more]
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in run.stdout.splitlines():
        record = json.loads(line)
        for face in record["faces"]:
            yield known[int(Path(record["input"]).stem)], face["label"], LABELS[face["actions"]["emfacs"]["emotion"]]


def share(part, whole):
    return f"{part / whole:.3f}" if whole else "-"


def figures(source, rows):
    rows = list(rows)
    spoken = [row for row in rows if row[2] != "neutral"]
    agree = sum(networks == units for _, networks, units in rows)
    both = sum(networks == units for _, networks, units in spoken)
    print(f"\n{source}: {len(rows)} faces; units speak for an emotion in {share(len(spoken), len(rows))}, for the networks' label in {share(both, len(spoken))} of these")
    print(f"units (nothing: neutral) and networks agree in {share(agree, len(rows))}; right are the networks in "
          f"{share(sum(k == n for k, n, _ in rows), len(rows))}, the units in {share(sum(k == u for k, _, u in rows), len(rows))}")
    print("| known as | faces | networks right | units speak for it | for nothing | for another, most often |\n|---|---|---|---|---|---|")
    for label in sorted({row[0] for row in rows}):
        own = [row for row in rows if row[0] == label]
        nothing = sum(units == "neutral" for *_, units in own)
        others = Counter(units for *_, units in own if units not in (label, "neutral"))
        most = ", ".join(f"{name} {count}" for name, count in others.most_common(2))
        named = "-" if label == "neutral" else share(sum(units == label for *_, units in own), len(own))
        print(f"| {label} | {len(own)} | {share(sum(n == label for _, n, _ in own), len(own))} | {named} | {share(nothing, len(own))} | {share(sum(others.values()), len(own))}: {most} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", choices=["renders", "portraits", "fer2013"])
    parser.add_argument("--program", required=True, help="the program `moue`, built in release")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threshold", default="0.5")
    options = parser.parse_args()
    for source in options.sources:
        figures(source, read(options.program, source, ["--device", options.device, "--threshold", options.threshold]))


if __name__ == "__main__":
    main()
