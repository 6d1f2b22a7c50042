"""The figures and pictures of models/default/README.md: `python card.py`. For final figures, never for a choice.

Measures models/default/default.safetensors on FER2013's PublicTest and on the validation split, undisturbed and under every disturbance of disturb.py
(PublicTest), and by the program `moue` on the portraits of the London set; writes models/default/card/figures.json and the pictures beside it, and fills the
tables between the `figures` marks of models/default/README.md.
"""

import argparse
import json
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

import data
from disturb import DISTURBANCES
from drawing import confusion, plt, save
from model import Model

MODELS = Path(__file__).resolve().parents[1]
CARD = MODELS / "default" / "card"
PUBLIC_TEST = data.FER2013 / "public_test.tar.gz"
LONDON = data.FER2013.parent / "london-450"
BINS = 15
with safe_open(MODELS / "default" / "default.safetensors", "numpy") as file:
    LABELS = json.loads(file.metadata()["moue"])["labels"]
COLOURS = {"gray": "#4d4d4d", "gray_wide": "#111111", "lbp": "#0072b2", "cyclic_lbp": "#009e73", "cyclic_lbp_5": "#e69f00", "cyclic_lbp_10": "#cc79a7"}
FUSED = "#d62728"


def calibration(probabilities, labels):
    """Expected calibration error over equal-width bins of the top probability, and (mean confidence, accuracy, count) a bin."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    at = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = [(float(confidence[at == b].mean()), float(right[at == b].mean()), int((at == b).sum())) for b in range(BINS) if (at == b).any()]
    return sum(n * abs(c - a) for c, a, n in bins) / len(labels), bins


def likelihood(probabilities, labels):
    """Mean negative log-likelihood of the labels, in nats."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)).mean())


def uncalibrated(model, members):
    """Fused probabilities before the temperature."""
    return np.tensordot(np.array(model.text["fusion"]["weights"], np.float32), members, 1)


def measure(model, faces, labels):
    """Accuracies, confusion and calibration of the model on gray faces."""
    members = model.member_probabilities(data.rgb(faces))
    before, after = uncalibrated(model, members), model.fuse(members)
    right = lambda p: float((p.argmax(1) == labels).mean())
    confusion = np.zeros((len(LABELS),) * 2, int)
    np.add.at(confusion, (labels, after.argmax(1)), 1)
    names = [m["name"] for m in model.text["members"]]
    error_before, bins_before = calibration(before, labels)
    error_after, bins_after = calibration(after, labels)
    return {
        "images": len(labels),
        "members": {name: right(p) for name, p in zip(names, members)},
        "equal_weights": right(members.mean(0)),
        "fused": right(after),
        "confusion": confusion.tolist(),
        "nll": [likelihood(before, labels), likelihood(after, labels)],
        "ece": [error_before, error_after],
        "reliability": [bins_before, bins_after],
    }


def disturbed(model, all_faces, all_labels):
    """Accuracy of each member and of the fused model under every level of every disturbance: gamma on every third face, the others on every sixth."""
    found = {}
    for name, (change, levels, _, unit) in DISTURBANCES.items():
        rows = []
        every = 3 if name == "gamma" else 6
        faces, labels = all_faces[::every], all_labels[::every]
        for level in levels:
            members = model.member_probabilities(data.rgb(change(faces, level)))
            rows.append([float((p.argmax(1) == labels).mean()) for p in (*members, model.fuse(members))])
            print(f"{name} {level}: fused {rows[-1][-1]:.4f}", flush=True)
        found[name] = {"unit": unit, "faces": len(faces), "levels": levels, "members": np.array(rows)[:, :-1].T.tolist(), "fused": [row[-1] for row in rows]}
    return found


def oversampled(model, faces, labels):
    """Accuracy under each kind of oversampling, the members' and the fused model's; the model's own is put back."""
    own, found = model.text["oversample"], {}
    for kind in ("none", "mirrored", "five_mirrored"):
        model.text["oversample"] = kind
        members = model.member_probabilities(data.rgb(faces))
        found[kind] = [float((p.argmax(1) == labels).mean()) for p in (*members, model.fuse(members))]
    model.text["oversample"] = own
    return found


def area_under_curve(high, low):
    """Probability that a value of `high` exceeds one of `low` (Mann and Whitney)."""
    high, low = np.array(high)[:, None], np.array(low)[None]
    return float(((high > low) + 0.5 * (high == low)).mean())


def london(program):
    """Answers of the program `moue` on neutral and on smiling portraits: faces found, labels, area under the curve of P(happy)."""
    found, happy = {}, {}
    for kind in ("neutral", "smiling"):
        run = subprocess.run([program, "analyze", LONDON / f"{kind}_front", "--json"], check=True, stdout=subprocess.PIPE, text=True)
        records = [json.loads(line) for line in run.stdout.splitlines()]
        first = [record["faces"][0] for record in records if record["faces"]]
        happy[kind] = [face["probabilities"]["happy"] for face in first]
        labels = Counter(face["label"] for face in first)
        found[kind] = {"portraits": len(records), "one_face": sum(len(r["faces"]) == 1 for r in records), "labels": {label: labels[label] for label in LABELS}}
    return {**found, "area_under_curve": area_under_curve(happy["smiling"], happy["neutral"])}


def draw_confusion(counts):
    save(confusion(counts, LABELS, "PublicTest, fused: per cent of each label"), CARD / "confusion.svg")


def draw_reliability(found):
    figure, axes = plt.subplots(figsize=(5, 4.6))
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    for (bins, error), label, colour in zip(zip(found["reliability"], found["ece"]), ("before", "after"), ("#999999", FUSED)):
        confidence, right, counts = np.array(bins).T
        axes.plot(confidence, right, "o-", color=colour, label=f"{label} the temperature: ECE {100 * error:.1f} %", markersize=4)
    axes.set(xlabel="probability of the answer", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1), title="PublicTest, fused")
    axes.legend(loc="upper left", frameon=False)
    save(figure, CARD / "reliability.svg")


def draw_importance(text):
    names = [m["name"] for m in text["members"]]
    figure, axes = plt.subplots(figsize=(5.6, 2.8))
    axes.barh(names, text["fusion"]["weights"], color=[COLOURS.get(name, "#4d4d4d") for name in names])
    axes.invert_yaxis()
    axes.set(xlabel="fusion weight", title="Importance of the members, learned on validation")
    save(figure, CARD / "importance.svg")


def draw_curves(found, names, titles, stem, columns, lowest=0):
    figure, grid = plt.subplots(-(-len(titles) // columns), columns, figsize=(4.4 * columns, 3.5 * -(-len(titles) // columns)), squeeze=False)
    for axes, title in zip(grid.flat, titles):
        part = found[title]
        for name, values in zip(names, part["members"]):
            axes.plot(part["levels"], 100 * np.array(values), color=COLOURS.get(name), linewidth=1.2, label=name)
        axes.plot(part["levels"], 100 * np.array(part["fused"]), color=FUSED, linewidth=2.4, label="fused")
        axes.set(title=title, xlabel=part["unit"], ylabel="accuracy, %", ylim=(lowest, 80 if lowest == 0 else 70))
        if title in ("gamma", "contrast"):
            axes.set_xscale("log")
            axes.set_xticks(part["levels"], [f"{level:g}" for level in part["levels"]], fontsize=8)
            axes.minorticks_off()
        if title == "small faces":
            axes.invert_xaxis()
        axes.grid(alpha=0.3)
    for axes in grid.flat[len(titles) :]:
        axes.set_axis_off()
    grid.flat[0].legend(fontsize=7, frameon=False, loc="lower center", ncols=2)
    save(figure, CARD / f"{stem}.svg")


def percent(share):
    return f"{100 * share:.2f} %"


def accuracy_table(text, validation, public):
    lines = ["| | network | validation | PublicTest | fusion weight |", "|---|---|---|---|---|"]
    for member, weight in zip(text["members"], text["fusion"]["weights"]):
        name = member["name"]
        lines.append(f"| `{name}` | {member['network']} | {percent(validation['members'][name])} | {percent(public['members'][name])} | {weight:.3f} |")
    lines.append(f"| equal weights | | {percent(validation['equal_weights'])} | {percent(public['equal_weights'])} | |")
    lines.append(f"| **fused** | | {percent(validation['fused'])} | **{percent(public['fused'])}** | |")
    return "\n".join(lines)


def calibration_table(validation, public):
    lines = ["| | ECE before | ECE after | NLL before | NLL after |", "|---|---|---|---|---|"]
    for name, part in (("validation", validation), ("PublicTest", public)):
        lines.append(f"| {name} | {percent(part['ece'][0])} | {percent(part['ece'][1])} | {part['nll'][0]:.4f} | {part['nll'][1]:.4f} |")
    return "\n".join(lines)


def class_table(confusion):
    lines = ["| " + " | ".join(["", *LABELS]) + " |", "|---" * (1 + len(LABELS)) + "|"]
    counts = np.array(confusion)
    right = counts.diagonal()
    for name, whole in (("recall", counts.sum(1)), ("precision", counts.sum(0))):
        lines.append(f"| {name} | " + " | ".join(f"{100 * r / max(n, 1):.1f} %" for r, n in zip(right, whole)) + " |")
    return "\n".join(lines)


def oversample_table(found, names):
    lines = ["| | " + " | ".join([*(f"`{n}`" for n in names), "**fused**"]) + " |", "|---" * (2 + len(names)) + "|"]
    for kind, values in found.items():
        lines.append(f"| `{kind}` | " + " | ".join(percent(v) for v in values) + " |")
    return "\n".join(lines)


def london_table(found):
    lines = ["| portraits | one face | " + " | ".join(LABELS) + " |", "|---" * (2 + len(LABELS)) + "|"]
    for kind in ("neutral", "smiling"):
        part = found[kind]
        lines.append(f"| {kind} | {part['one_face']} of {part['portraits']} | " + " | ".join(str(part["labels"][label]) for label in LABELS) + " |")
    return "\n".join(lines) + f"\n\nArea under the curve of P(happy), smiling against neutral: **{found['area_under_curve']:.4f}**."


def level_table(found, names, title):
    part = found[title]
    lines = ["| " + title + " | " + " | ".join(f"{level:g}" for level in part["levels"]) + " |", "|---" * (1 + len(part["levels"])) + "|"]
    for name, values in [*zip(names, part["members"]), ("**fused**", part["fused"])]:
        lines.append(f"| {name} | " + " | ".join(f"{100 * v:.1f}" for v in values) + " |")
    return "\n".join(lines)


def fill(tables):
    """Replace what stands between `<!-- figures: NAME -->` and `<!-- end -->` in the card."""
    path = MODELS / "default" / "README.md"
    card = path.read_text()
    for name, table in tables.items():
        begin = f"<!-- figures: {name} -->\n"
        if begin not in card:
            raise SystemExit(f"{path} has no mark `{begin.strip()}`")
        head, rest = card.split(begin, 1)
        card = head + begin + table + "\n" + rest[rest.index("<!-- end -->") :]
    path.write_text(card)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=MODELS.parent / "target/release/moue", help="the program `moue`, built in release")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--draw-only", action="store_true", help="draw and fill again from models/default/card/figures.json")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    CARD.mkdir(exist_ok=True)
    model = Model.load(MODELS / "default" / "default.safetensors")
    names = [m["name"] for m in model.text["members"]]
    if not options.draw_only:
        faces, labels = data.read_faces(PUBLIC_TEST)
        all_faces, all_labels, _, held_out = data.training_data()
        kept = all_faces[held_out], all_labels[held_out]
        found = {"members": names, "validation": measure(model, *kept), "public_test": measure(model, faces, labels)}
        print({k: found[k]["fused"] for k in ("validation", "public_test")}, flush=True)
        found["london"] = london(options.program)
        # Curves of many runs: bf16 products, which processors that have them do several times as fast.
        with torch.autocast("cpu", torch.bfloat16):
            found["oversample"] = oversampled(model, *(part[::3] for part in kept))
            found["disturbed"] = disturbed(model, faces, labels)
        (CARD / "figures.json").write_text(json.dumps(found) + "\n")
    found = json.loads((CARD / "figures.json").read_text())
    draw_confusion(found["public_test"]["confusion"])
    draw_reliability(found["public_test"])
    draw_importance(model.text)
    draw_curves(found["disturbed"], names, ["gamma"], "gamma", 1, lowest=55)
    draw_curves(found["disturbed"], names, [t for t in DISTURBANCES if t != "gamma"], "robustness", 3)
    fill(
        {
            "accuracy": accuracy_table(model.text, found["validation"], found["public_test"]),
            "classes": class_table(found["public_test"]["confusion"]),
            "oversample": oversample_table(found["oversample"], names),
            "calibration": calibration_table(found["validation"], found["public_test"]),
            "gamma": level_table(found["disturbed"], names, "gamma"),
            "london": london_table(found["london"]),
        }
    )


if __name__ == "__main__":
    main()
