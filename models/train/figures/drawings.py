"""The pictures of a card."""

import numpy as np

import data
from drawing import confusion, plt, save

COLOURS = {"gray": "#4d4d4d", "gray_wide": "#111111", "lbp": "#0072b2", "cyclic_lbp": "#009e73", "cyclic_lbp_5": "#e69f00", "cyclic_lbp_10": "#cc79a7"}
FUSED = "#d62728"
BEFORE = "#999999"


def draw_confusion(counts, folder):
    save(confusion(counts, data.LABELS, "PublicTest, set B, fused: per cent of each label"), folder / "confusion.svg")


def draw_reliability(found, folder):
    figure, axes = plt.subplots(figsize=(5, 4.6))
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    for part, label, colour in zip(found["calibration"], ("before", "after"), ("#999999", FUSED)):
        confidence, people, _ = np.array(part["bins"]).T
        axes.plot(confidence, people, "o-", color=colour, label=f"{label} the temperature: ECE {100 * part['people']:.1f} %", markersize=4)
    axes.set(xlabel="probability of the answer", ylabel="share of the people who gave it", xlim=(0, 1), ylim=(0, 1), title="PublicTest, fused")
    axes.legend(loc="upper left", frameon=False)
    save(figure, folder / "reliability.svg")


def draw_importance(text, folder):
    names = [m["name"] for m in text["members"]]
    figure, axes = plt.subplots(figsize=(5.6, 2.8))
    axes.barh(names, text["fusion"]["weights"], color=[COLOURS.get(name, "#4d4d4d") for name in names])
    axes.invert_yaxis()
    axes.set(xlabel="fusion weight", title="Importance of the members, learned on validation")
    save(figure, folder / "importance.svg")


def lines(axes, title, part, names, before):
    """A disturbance by numbers: a line a member."""
    for name, values in zip(names, part["members"]):
        axes.plot(part["levels"], 100 * np.array(values), color=COLOURS.get(name), linewidth=1.2, label=name)
    axes.plot(part["levels"], 100 * np.array(before["fused"]), color=BEFORE, linewidth=2.4, linestyle="--", label="fer2013, fused")
    axes.plot(part["levels"], 100 * np.array(part["fused"]), color=FUSED, linewidth=2.4, label="fused")
    if title in ("gamma", "contrast"):
        axes.set_xscale("log")
        axes.set_xticks(part["levels"], [f"{level:g}" for level in part["levels"]], fontsize=8)
        axes.minorticks_off()
    if title == "small faces":
        axes.invert_xaxis()
    axes.set(xlabel=part["unit"])


def points(axes, part, names, before):
    """A disturbance by names: a point a member."""
    places = np.arange(len(part["levels"]))
    for name, values in zip(names, part["members"]):
        axes.plot(places, 100 * np.array(values), "o", color=COLOURS.get(name), markersize=4, label=name)
    axes.plot(places, 100 * np.array(before["fused"]), "_", color=BEFORE, markersize=22, markeredgewidth=2.4, label="fer2013, fused")
    axes.plot(places, 100 * np.array(part["fused"]), "_", color=FUSED, markersize=22, markeredgewidth=2.4, label="fused")
    axes.set_xticks(places, part["levels"])
    axes.set(xlabel=part["unit"])


def draw_curves(found, before, names, titles, path, columns, lowest=0):
    rows = -(-len(titles) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(4.4 * columns, 3.5 * rows), squeeze=False)
    for axes, title in zip(grid.flat, titles):
        if isinstance(found[title]["levels"][0], str):
            points(axes, found[title], names, before[title])
        else:
            lines(axes, title, found[title], names, before[title])
        axes.set(title=title, ylabel="accuracy, %", ylim=(lowest, 95))
        axes.grid(alpha=0.3)
    for axes in grid.flat[len(titles) :]:
        axes.set_axis_off()
    grid.flat[0].legend(fontsize=7, frameon=False, loc="lower center", ncols=2)
    save(figure, path)


def draw_groups(found, folder):
    """The area under the curve of every group of people, with its interval."""
    groups = found["groups"]
    figure, axes = plt.subplots(figsize=(6.4, 4.2))
    for row, (name, part) in enumerate(groups.items()):
        axes.plot(part["area_interval"], [row, row], color="#999999", linewidth=2)
        axes.plot(part["area"], row, "o", color=FUSED)
    axes.set_yticks(range(len(groups)), [f"{name} ({part['people']})" for name, part in groups.items()])
    axes.invert_yaxis()
    axes.set(xlabel="area under the curve of P(happy), 95 % of people drawn again", title="London: smiling against neutral portraits")
    axes.grid(alpha=0.3, axis="x")
    save(figure, folder / "london.svg")
