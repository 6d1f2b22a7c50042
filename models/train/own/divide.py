"""The first collections, cut and divided into what is learned from and what is kept apart, and the second one that only measures."""

from hashlib import sha256

import numpy as np

import data
from own import balance, card, faces, parts
from own.collect import by_source, collect, key, names_of
from own.notes import counted


def listed(names):
    return ", ".join(f"`{name}`" for name in names)


def enough(labels):
    """Stops where there is nothing to tell apart."""
    if len(labels) < 2:
        what = f"there is one class only, `{labels[0]}`" if labels else "there are no pictures of any class"
        raise SystemExit(f"{what}: a network learns to tell two or more apart; give folders with one folder of pictures a class")


class First:
    """The pictures to learn from and to judge by, cut, in their classes and parts."""

    def __init__(self, options, canonical, run, notes):
        self.sources = names_of(options.folders)
        pictures, labels = collect(options.folders, options.whole, notes)
        enough(labels)
        self.by_source = by_source(pictures, labels, self.sources)
        print(self.by_source, flush=True)
        self.crops = faces.Crops(options.program, pictures, canonical, run, "first", notes)
        used = {picture.label for picture in self.crops.pictures}
        lost = [label for label in labels if label not in used]
        if lost:
            notes.say(f"no picture of {listed(lost)} could be used: the model does not have the class")
        self.labels = [label for label in labels if label in used]
        enough(self.labels)
        self.found = f"{len(self.crops):,} of {len(pictures):,}"
        self.indices = np.array([self.labels.index(picture.label) for picture in self.crops.pictures], np.int64)
        self.digest = sha256(self.crops.digest.encode() + self.indices.tobytes()).hexdigest()
        self.small = parts.small(self.crops.array)
        self.divide(options, notes)

    def divide(self, options, notes):
        groups = data.look_alike_groups(self.small)
        self.groups = f"{groups.max() + 1:,} groups of {len(groups):,} pictures"
        self.train, self.test = parts.split(groups, self.indices, options.test_share, options.seed)
        conflicts = parts.conflicting(groups, self.indices)
        if conflicts:
            notes.say(f"{counted(conflicts, 'group')} of look-alikes with pictures of several classes: their labels contradict one another")
        few = [label for at, label in enumerate(self.labels) if not (self.indices[self.test] == at).any()]
        if few:
            notes.say(f"{listed(few)}: too few pictures that differ, all are learned from and none is kept apart; add some, to measure it")
        self.original = np.bincount(self.indices[self.train], minlength=len(self.labels)).tolist()
        self.each = options.per_class or max(self.original)
        self.planned = balance.plan(self.indices, self.train, self.each, options.seed)
        self.counts = balance.counts(self.planned, self.indices, len(self.labels))
        print(card.balance_table(self.labels, self.original, self.counts), flush=True)


class Second:
    """The second collection: without classes that the model lacks, and without what looks like pictures of the first."""

    def __init__(self, options, first, canonical, run, notes):
        pictures, _ = collect([options.second], options.whole, notes)
        index = {key(label): at for at, label in enumerate(first.labels)}
        unknown = sorted({picture.label for picture in pictures if key(picture.label) not in index})
        if unknown:
            notes.say(f"`{options.second}`: the model has no class {listed(unknown)}; their pictures are left out")
        known = [picture for picture in pictures if key(picture.label) in index]
        self.crops = faces.Crops(options.program, known, canonical, run, "second", notes)
        groups = data.look_alike_groups(np.concatenate([first.small, parts.small(self.crops.array)]))
        seen, own = groups[: len(first.small)], groups[len(first.small) :]
        self.places = np.flatnonzero(~np.isin(own, seen))
        if len(self.places) < len(own):
            notes.say(f"{counted(len(own) - len(self.places), 'picture')} of `{options.second}` look like ones of the first collections: left out")
        self.indices = np.array([index[key(picture.label)] for picture in self.crops.pictures], np.int64)
