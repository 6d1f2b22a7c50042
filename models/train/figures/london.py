"""Smiles of the London set, from photograph to label by the program `moue`: all people, those of whom nothing was learned, and by sex, age and ethnicity."""

import csv
import json
import subprocess

import numpy as np

import data

LONDON = data.FER2013.parent / "london-450"
RENDERS = data.FER2013.parent / "au-renders"
LAST_LEARNED = 113
RESAMPLES = 2000
SEED = 102
ENOUGH = 20


def area_under_curve(high, low):
    """Probability that a value of `high` exceeds one of `low` (Mann and Whitney)."""
    high, low = np.asarray(high)[:, None], np.asarray(low)[None]
    return float(((high > low) + 0.5 * (high == low)).mean())


def answers(program, model=None):
    """By person `001`: the neutral and the smiling portrait's first face, (label, P(happy)); None where there is no face. Portraits with exactly one face are counted."""
    people, one_face = {}, {}
    for kind in ("neutral", "smiling"):
        command = [program, "analyze", LONDON / f"{kind}_front", "--json", "--device", "cpu", *(["--model", model] if model else [])]
        records = [json.loads(line) for line in subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()]
        one_face[kind] = sum(len(record["faces"]) == 1 for record in records)
        for record in records:
            person = record["input"].replace("\\", "/").rsplit("/", 1)[-1][:3]
            face = next(iter(record["faces"]), None)
            people.setdefault(person, {})[kind] = face and (face["label"], face["probabilities"]["happy"])
    return {person: found for person, found in people.items() if all(found.get(kind) for kind in ("neutral", "smiling"))}, one_face


def interval(neutral, smiling):
    """95 % of the areas under the curve of people drawn again, with replacement."""
    random = np.random.default_rng(SEED)
    areas = []
    for _ in range(RESAMPLES):
        drawn = random.integers(len(neutral), size=len(neutral))
        areas.append(area_under_curve(smiling[drawn], neutral[drawn]))
    return [float(v) for v in np.quantile(areas, [0.025, 0.975])]


def share(right, whole):
    """A share's 95 % interval (Wilson)."""
    z = 1.96
    middle = (right + z * z / 2) / (whole + z * z)
    half = z * np.sqrt(right * (whole - right) / whole + z * z / 4) / (whole + z * z)
    return [float(middle - half), float(middle + half)]


def group(people):
    """Figures of some people: smiles answered happy, neutral faces called so, the area under the curve, with intervals."""
    neutral, smiling = (np.array([person[kind][1] for person in people]) for kind in ("neutral", "smiling"))
    happy = {kind: sum(person[kind][0] == "happy" for person in people) for kind in ("neutral", "smiling")}
    return {
        "people": len(people),
        "smiles": happy["smiling"], "smiles_interval": share(happy["smiling"], len(people)),
        "false": happy["neutral"], "false_interval": share(happy["neutral"], len(people)),
        "area": area_under_curve(smiling, neutral), "area_interval": interval(neutral, smiling),
    }


def groups():
    """Groups of people by name, each with the numbers of its people."""
    with open(LONDON / "london_info.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {"all": [r["face_id"] for r in rows], "nothing learned of": [r["face_id"] for r in rows if int(r["face_id"]) > LAST_LEARNED]}
    for sex in ("female", "male"):
        found[sex] = [r["face_id"] for r in rows if r["face_gender"] == sex]
    ages = [r for r in rows if r["face_age"].isdigit()]
    for name, low, high in (("18 to 24 years", 0, 24), ("25 to 34 years", 25, 34), ("35 years and more", 35, 200)):
        found[name] = [r["face_id"] for r in ages if low <= int(r["face_age"]) <= high]
    for ethnicity in ("white", "black", "east_asian", "west_asian"):
        found[ethnicity.replace("_", " ")] = [r["face_id"] for r in rows if r["face_eth"] == ethnicity]
    return found


def measure(program, model=None):
    """Labels of all portraits, and the figures of every group."""
    people, one_face = answers(program, model)
    labels = {kind: {label: sum(person[kind][0] == label for person in people.values()) for label in data.LABELS} for kind in ("neutral", "smiling")}
    found = {name: group([people[p] for p in numbers if p in people]) for name, numbers in groups().items()}
    return {"one_face": one_face, "labels": labels, "groups": found}
