"""The tables of a card, in Markdown."""

import numpy as np

import data
from figures.london import ENOUGH


def percent(share, digits=1):
    return f"{100 * share:.{digits}f} %"


def table(head, rows):
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (head, ["---"] * len(head), *rows))


def accuracy(text, validation, public, before):
    rows = []
    for name, network, weight in (
        *((m["name"], m["network"], f"{w:.3f}") for m, w in zip(text["members"], text["fusion"]["weights"])),
        ("equal", "", ""), ("fused", "", ""),
    ):
        shown = {"equal": "equal weights", "fused": "**fused**"}.get(name, f"`{name}`")
        found = public["votes"][name]
        b = percent(found["b"], 2)
        rows.append([shown, network, percent(validation["votes"][name]["b"], 2), f"**{b}**" if name == "fused" else b, percent(found["a"], 2), percent(public["fer2013"][name], 2), weight])
    found = before["votes"]["fused"]
    rows.append(["`fer2013`, fused", "", "", percent(found["b"], 2), percent(found["a"], 2), percent(before["fer2013"]["fused"], 2), ""])
    return table(["", "network", "validation, B", "PublicTest, B", "PublicTest, A", "FER2013's labels", "fusion weight"], rows)


def agreement(validation, public, before):
    rows = []
    for name, part in (("validation", validation), ("PublicTest", public), ("PublicTest, `fer2013`", before)):
        found = part["votes"]["fused"]
        rows.append([name, percent(found["third"]), f"{found['divergence']:.3f}", f"{found['cross_entropy']:.3f}", percent(found["macro_f1_b"])])
    return table(["fused", "a third of the people gave the answer", "divergence, nats", "cross-entropy, nats", "macro F1, B"], rows)


def classes(confusion):
    counts = np.array(confusion)
    right, labelled, answered = counts.diagonal(), counts.sum(1), counts.sum(0)
    rows = [["faces", *labelled.tolist()]]
    for name, whole in (("recall", labelled), ("precision", answered)):
        rows.append([name, *(percent(r / n) if n else "none" for r, n in zip(right, whole))])
    return table(["", *data.LABELS], rows)


def calibration(validation, public, before):
    rows = []
    for name, part in (("validation", validation), ("PublicTest", public), ("PublicTest, `fer2013`", before)):
        raw, after = part["calibration"]
        rows.append([name, percent(raw["people"], 2), percent(after["people"], 2), percent(after["majority"], 2), *(f"{v:.4f}" for v in part["divergence"])])
    return table(["", "by people, before", "by people", "by the majority", "divergence before", "divergence"], rows)


def unsure(validation, public):
    rows = [[name, percent(p["unsure"]["share"]), percent(p["unsure"]["marked"]), percent(p["unsure"]["others"])] for name, p in (("validation", validation), ("PublicTest", public))]
    return table(["", "marked as unsure", "right of these", "right of the others"], rows)


def oversample(found, names):
    rows = [[f"`{kind}`", *(percent(v) for v in values)] for kind, values in found.items()]
    return table(["", *(f"`{n}`" for n in names), "**fused**"], rows)


def level(value):
    return value if isinstance(value, str) else f"{value:g}"


def levels(found, names, title):
    """Members and fused answer under one disturbance."""
    part = found[title]
    rows = [[name, *(f"{100 * v:.1f}" for v in values)] for name, values in [*((f"`{n}`", m) for n, m in zip(names, part["members"])), ("**fused**", part["fused"])]]
    return table([title, *(level(v) for v in part["levels"])], rows)


def before_and_after(found, before):
    """The fused answer of both models under every disturbance, one table a disturbance."""
    tables = []
    for title, part in found.items():
        rows = [[name, *(f"{100 * v:.1f}" for v in p["fused"])] for name, p in (("`fer2013`", before[title]), ("**this model**", part))]
        tables.append(table([f"{title} ({part['unit']})", *(level(v) for v in part["levels"])], rows))
    return "\n\n".join(tables)


def london(found, before):
    rows = []
    for kind in ("neutral", "smiling"):
        rows.append([kind, f"{found['one_face'][kind]} of 102", *(found["labels"][kind][label] for label in data.LABELS)])
    head = table(["portraits", "one face", *data.LABELS], rows)
    rows = []
    for name, part in found["groups"].items():
        interval = lambda bounds: f"{100 * bounds[0]:.0f} to {100 * bounds[1]:.0f} %"
        area = f"{part['area']:.3f}"
        few = part["people"] < ENOUGH
        rows.append(
            [
                name, part["people"], f"{part['smiles']} ({interval(part['smiles_interval'])})", f"{part['false']} ({interval(part['false_interval'])})",
                f"{area}, too few to say" if few else f"{area} ({part['area_interval'][0]:.3f} to {part['area_interval'][1]:.3f})", f"{before['groups'][name]['area']:.3f}",
            ]
        )
    head_of_groups = ["people", "how many", "smiles answered happy", "neutral faces answered happy", "area under the curve of P(happy)", "`fer2013`'s"]
    return head + "\n\n" + table(head_of_groups, rows)
