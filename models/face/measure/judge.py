"""Which of a picture's faces were found: matching and tables.

A found box (left, top, right, bottom) is a true face's where its centre lies within 0.4 of the face's side of the face's centre, and the root
of its area is between half and twice that side. Each true face takes the nearest such box; every other box is a false one, a second box of
the same face too.
"""

import numpy as np

REACH, LEAST, MOST = 0.4, 0.5, 2.0


def matched(boxes, faces):
    """For each true face the index of its box or None, and the indices of the false boxes."""
    boxes = np.asarray(boxes, float).reshape(-1, 4)
    pairs = []
    for number, face in enumerate(faces):
        for index, box in enumerate(boxes):
            away = np.hypot(*((box[:2] + box[2:]) / 2 - face["centre"])) / face["side"]
            side = np.sqrt(max((box[2] - box[0]) * (box[3] - box[1]), 0)) / face["side"]
            if away <= REACH and LEAST <= side <= MOST:
                pairs.append((away, number, index))
    taken = [None] * len(faces)
    used = set()
    for _, number, index in sorted(pairs):
        if taken[number] is None and index not in used:
            taken[number] = index
            used.add(index)
    return taken, [index for index in range(len(boxes)) if index not in used]


class Tally:
    """Found and false faces over pictures, by side and by most turn."""

    def __init__(self):
        self.rows, self.false, self.pictures = [], [], 0

    def add(self, name, boxes, faces):
        taken, false = matched(boxes, faces)
        self.pictures += 1
        self.rows += [(face["side"], face["most"], index is not None) for face, index in zip(faces, taken, strict=True)]
        self.false += [(name, [round(float(value), 1) for value in boxes[index]]) for index in false]
        return taken, false

    def share(self, keep=lambda side, most: True):
        hits = [hit for side, most, hit in self.rows if keep(side, most)]
        return sum(hits), len(hits)

    def summary(self):
        """What JSON holds of it."""
        sides, turns = sorted({row[0] for row in self.rows}), sorted({row[1] for row in self.rows})
        return {
            "pictures": self.pictures,
            "found": self.share(),
            "from_24": self.share(lambda side, most: side >= 24),
            "by_side": {str(side): self.share(lambda s, m, side=side: s == side) for side in sides},
            "by_turn": {str(turn): self.share(lambda s, m, turn=turn: m == turn) for turn in turns},
            "false": self.false,
        }


def table(summaries):
    """Markdown of several finders' summaries on the same pictures, by name."""
    first = next(iter(summaries.values()))
    names = [f"of {side}" for side in first["by_side"]] + [f"turned to {turn}" if turn != "0" else "upright" for turn in first["by_turn"]]
    lines = ["| | found | from 24 | " + " | ".join(names) + " | false |", "|---" * (len(names) + 4) + "|"]
    for name, summary in summaries.items():
        cells = [summary["found"], summary["from_24"], *summary["by_side"].values(), *summary["by_turn"].values()]
        lines.append(f"| {name} | " + " | ".join(f"{found} / {all_}" for found, all_ in cells) + f" | {len(summary['false'])} |")
    return "\n".join(lines)
