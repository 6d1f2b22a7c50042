"""The card of a fine-tuned model: README.md beside it, its pictures, and its figures as JSON."""

import json
from datetime import date

import torch

from drawing import confusion, plt, save
from own.balance import KINDS
from own.learn import FALL, MOMENTUM, WEIGHT_DECAY
from own.notes import table

SHOWN = (1, 2, 3, 5)


def percent(share):
    return f"{100 * share:.2f} %"


def accuracy_table(parts):
    """A row a part: how many pictures, right, mean recall, the label among the first k, loss."""
    most = max((int(k) for part in parts.values() for k in part.get("top", {})), default=1)
    tops = [k for k in SHOWN[1:] if k <= most]
    rows = []
    for name, part in parts.items():
        if not part["pictures"]:
            rows.append([name, 0, *["" for _ in range(3 + len(tops))]])
            continue
        found = [percent(part["accuracy"]), percent(part["mean_recall"]), *(percent(part["top"][str(k)]) for k in tops), f"{part['loss']:.3f}"]
        rows.append([name, f"{part['pictures']:,}", *found])
    return table(["pictures", "number", "right", "mean recall", *(f"top {k}" for k in tops), "loss"], rows)


def class_table(labels, counts):
    """Recall and precision of each class, of a confusion matrix [labelled, answered]."""
    rows = []
    for at, label in enumerate(labels):
        own, answered, right = sum(counts[at]), sum(row[at] for row in counts), counts[at][at]
        rows.append([label, own, percent(right / own) if own else "", percent(right / answered) if answered else ""])
    return table(["class", "pictures", "recall", "precision"], rows)


def confusion_table(labels, counts):
    return table(["labelled, answered", *labels], [[label, *row] for label, row in zip(labels, counts)])


def balance_table(labels, original, planned):
    """Original pictures to learn from against the balanced ones, a row a class."""
    rows = [[label, count, *row] for label, count, row in zip(labels, original, planned)]
    totals = [sum(row[at] for row in rows) for at in range(1, len(rows[0]))]
    return table(["class", "original", "kept as they are", *KINDS, "balanced"], [*rows, ["all", *totals]])


def draw_course(log, path):
    figure, axes = plt.subplots(figsize=(5.6, 3))
    axes.plot([line["epoch"] for line in log], [line["loss"] for line in log], "o-", markersize=3, color="#0072b2")
    for before, after in zip(log, log[1:]):
        if after["rate"] != before["rate"]:
            axes.axvline(before["epoch"] + 0.5, color="#999999", linewidth=1, linestyle=":")
    axes.set(xlabel="epoch", ylabel="loss", title="Mean loss of an epoch; dotted: the rate falls")
    save(figure, path)


def section(title, labels, part, stem, folder):
    """The confusion matrix of a part as a picture and in numbers, and its classes."""
    if not part["pictures"]:
        return [f"### {title}", "", "No pictures.", ""]
    save(confusion(part["confusion"], labels, f"{title}: per cent of each label"), folder / f"{stem}.svg")
    tables = [confusion_table(labels, part["confusion"]), "", class_table(labels, part["confusion"]), ""]
    return [f"### {title}", "", f"![Confusion matrix: {title}]({stem}.svg)", "", *tables]


def top_five(labels):
    always = f"Top 5 is not shown: of {len(labels)} classes the label is always among the five most probable."
    return always if len(labels) <= 5 else "Top 5: the label is among the five most probable."


def overfitting(parts):
    """What the parts say beside each other, in words."""
    learned, apart, *second = parts.values()
    lines = []
    if apart["pictures"]:
        lines.append(f"Right, learned from less kept apart: {100 * (learned['accuracy'] - apart['accuracy']):.1f} points.")
    if not second:
        lines.append("No second collection was given (`--second`): how it does on pictures taken by others was not measured.")
    elif apart["pictures"] and second[0]["pictures"]:
        lines.append(f"Mean recall, kept apart less second collection: {100 * (apart['mean_recall'] - second[0]['mean_recall']):.1f} points.")
    return " ".join(lines)


def write(folder, what):
    """Writes README.md, its pictures and figures.json: `what` holds the options, the start, the first collections, figures a part, and more, by name."""
    first, parts, options, start = what["first"], what["parts"], what["options"], what["start"]
    labels, colour = first.labels, "gray" if options.gray else "red, green and blue"
    draw_course(what["log"], folder / "loss.svg")
    names = list(parts)
    random = " **Its frozen layers are random: this shows that training works, not how well it can.**" if start.weights is None else ""
    whole = [source for source, folder in zip(first.sources, options.folders) if folder.resolve() in options.whole]
    as_they_are = f"; pictures of {', '.join(whole)} as they are" if whole else ""
    lines = [
        f"# {folder.resolve().name}", "",
        f"`model.safetensors`, made by `models/train/finetune.py` of moue. It answers {', '.join(labels)}.", "",
        f"- Start: {start.told()}.{random}",
        f"- Learned: {', '.join(what['learning'])}; all other layers are frozen.",
        f"- SGD, epochs {options.epochs}, batches of {options.batch}, rate {options.rate:g}, {FALL:g} times it after each third of them; momentum "
        f"{MOMENTUM:g}, weight decay {WEIGHT_DECAY:g}, seed {options.seed}.",
        f"- Input: {colour}, {start.size[1]} x {start.size[0]}, less the mean of the pictures learned from; an aligned face with a margin of "
        f"{options.margin:g} of its height{as_they_are}.",
        f"- Stored: convolution and dense weights f16, the rest f32. All figures are of this file, by PyTorch {torch.__version__} on {options.device}, "
        f"{date.today()}.", "",
        f"    {what['command']}", "",
        "## Data", "", "Pictures as they lie in the folders:", "", first.by_source, "",
        f"Faces found and cut: {first.found}. What was left out and why is listed in `left_out.csv`, who went where in `parts.csv`.", "",
        f"Kept apart to judge by: {parts[names[1]]['pictures']:,}, whole groups of look-alikes ({first.groups}), before the balancing. To learn from:", "",
        balance_table(labels, first.original, first.counts), "",
    ]
    if what["notes"]:
        lines += ["Notes:", "", *(f"- {note}" for note in what["notes"]), ""]
    lines += [
        "## Accuracy", "", accuracy_table(parts), "",
        f"{top_five(labels)} Mean recall: of the classes that there are pictures of. What falls from one line to the next held for those pictures only. "
        f"{overfitting(parts)}", "",
        "![Loss of each epoch](loss.svg)", "",
    ]
    for name, stem in zip(names[1:], ("confusion", "confusion_second")):
        lines += section(name[0].upper() + name[1:], labels, parts[name], stem, folder)
    lines += [
        "## Not for", "",
        "Decisions about people, or saying what somebody feels: it tells what the labels of these pictures have in common. Faces unlike these were not",
        "measured.",
    ]
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")
    figures = {"labels": labels, "parts": parts, "original": first.original, "balanced": first.counts, "log": what["log"]}
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
