"""Judges finders on sets of pictures.

    python measure.py pasted normal thorough yunet moue --program ../../../target/release/moue --json out.json

The first word is a set of sets.py, or several with commas; the others are finders of finders.py. Prints Markdown, writes JSON.
"""

import argparse
import json
import time
from pathlib import Path

import finders
import sets
from judge import Tally, table


def judged_by_place(items, find):
    tally = Tally()
    for name, picture, faces in items:
        tally.add(name, [face["box"] for face in find(picture)], faces)
    return tally.summary()


def judged_by_count(items, find):
    right, few, many, false = 0, [], [], []
    for name, picture, (least, most) in items:
        faces = find(picture)
        if len(faces) < least:
            few.append(name)
        elif len(faces) > most:
            many.append((name, [[round(float(value)) for value in face["box"]] + [round(float(face["score"]), 3)] for face in faces]))
        else:
            right += 1
        false.append(max(0, len(faces) - most))
    return {"pictures": len(false), "right": right, "too_few": few, "too_many": many, "false": sum(false)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("sets")
    arguments.add_argument("finders", nargs="+")
    arguments.add_argument("--program", default="moue")
    arguments.add_argument("--device", help="of the program")
    arguments.add_argument("--json", type=Path)
    options = arguments.parse_args()
    answers = {}
    for name in options.sets.split(","):
        items = list(sets.SETS[name]())
        judge = judged_by_place if isinstance(items[0][2], list) else judged_by_count
        answers[name] = {}
        for one in options.finders:
            find = finders.named(one, options.program, options.device)
            begun = time.perf_counter()
            if hasattr(find, "prepare"):
                find.prepare([picture for _, picture, _ in items])
            answers[name][one] = judge(items, find)
            answers[name][one]["seconds"] = round(time.perf_counter() - begun, 1)
            if hasattr(find, "trace"):
                answers[name][one]["a_picture"] = {key: round(value / len(items), 2) for key, value in find.trace.items()}
        print(f"\n### {name}\n")
        if judge is judged_by_place:
            print(table(answers[name]))
        else:
            print("| | pictures | right | too few | too many | false boxes |\n|---|---|---|---|---|---|")
            for one, answer in answers[name].items():
                row = (answer["pictures"], answer["right"], len(answer["too_few"]), len(answer["too_many"]), answer["false"])
                print(f"| {one} | " + " | ".join(map(str, row)) + " |")
        if options.json:
            options.json.write_text(json.dumps(answers, indent=1))


if __name__ == "__main__":
    main()
