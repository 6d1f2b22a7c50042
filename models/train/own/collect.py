"""Collections of labelled pictures, folders with one folder a class, merged by the names of their classes."""

import os
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from own.notes import counted, table

# Those of src/cli/walk.rs.
EXTENSIONS = (".png", ".jpg", ".jpeg", ".jfif", ".gif", ".webp", ".bmp", ".tif", ".tiff")
LITTER = ("thumbs.db", "desktop.ini", "ehthumbs.db", "@eadir", "__macosx")


@dataclass(frozen=True)
class Picture:
    """A picture's file, the name of its class, the name of its collection, and whether it is a face as a whole."""

    path: Path
    label: str
    source: str
    whole: bool


def key(name):
    """What two names of one class have in common: letters in either case, composed or not, are the same."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


def is_litter(name):
    return name.startswith(".") or name.lower() in LITTER or not name.strip()


def is_text(name):
    """Whether a name is UTF-8, as a label must be."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def below(folder):
    """Pictures below a folder in the order of their names, and how many files of which kinds are not read."""
    pictures, unread = [], Counter()
    for root, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not is_litter(name))
        for name in sorted(name for name in files if not is_litter(name)):
            if Path(name).suffix.lower() in EXTENSIONS:
                pictures.append(Path(root) / name)
            else:
                unread[Path(name).suffix.lower().lstrip(".") or "no ending"] += 1
    return pictures, unread


def kinds(unread):
    return ", ".join(f"{kind} {count}" for kind, count in unread.most_common(5))


def read_collection(folder, source, whole, notes):
    """The pictures of one collection, each labelled with the name of its folder as it stands."""
    pictures = []
    loose = [path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in EXTENSIONS]
    if loose:
        notes.say(f"{counted(len(loose), 'picture')} in `{folder}` itself, in no class, left out: move them into the folders of their classes")
    for inner in sorted(path for path in folder.iterdir() if path.is_dir() and not is_litter(path.name)):
        if not is_text(inner.name):
            notes.say(f"`{inner}` is left out: its name is no UTF-8, and cannot be a label; rename it")
            continue
        found, unread = below(inner)
        if unread:
            what = f"`{inner}`: {counted(sum(unread.values()), 'file')} of kinds that are not read ({kinds(unread)})"
            notes.say(f"{what}: convert pictures among them to PNG or JPEG")
        if not found and not unread:
            notes.say(f"`{inner}` is empty: put pictures of the class there, or remove the folder")
        pictures += [Picture(path, inner.name, source, whole) for path in found]
    classes = {key(picture.label) for picture in pictures}
    if not classes:
        notes.say(f"`{folder}` has no class with pictures and is left out: one folder a class is read, as {folder.name}/happy/a.jpg")
    elif len(classes) == 1:
        what = f"`{folder}` has one class only, `{pictures[0].label}`: whatever else its pictures share may be learned as that class"
        notes.say(f"{what}; add other classes taken in the same way, or leave the folder out")
    return pictures


def names_of(folders):
    """A collection's name: its folder's, or the whole path where two folders are called alike."""
    names = Counter(folder.resolve().name for folder in folders)
    return [folder.resolve().name if names[folder.resolve().name] == 1 else str(folder) for folder in folders]


def one_spelling(pictures, notes):
    """Pictures whose classes differ in case only put into one class, in the spelling of most."""
    spellings = {}
    for picture in pictures:
        spellings.setdefault(key(picture.label), Counter())[picture.label] += 1
    chosen = {}
    for one, counts in spellings.items():
        names = sorted(counts, key=lambda name: (-counts[name], name))
        chosen[one] = names[0].strip()
        if len(names) > 1:
            others = ", ".join(f"`{name}`" for name in names)
            notes.say(f"{others} differ in case only (or in blanks around them) and are one class, `{chosen[one]}`: rename a folder if two are meant")
    return [Picture(p.path, chosen[key(p.label)], p.source, p.whole) for p in pictures]


def collect(folders, whole, notes):
    """All pictures of the collections, and the classes in alphabetical order. `whole`: the folders whose pictures are faces already."""
    pictures = []
    for folder, source in zip(folders, names_of(folders)):
        pictures += read_collection(folder, source, folder.resolve() in whole, notes)
    pictures = one_spelling(pictures, notes)
    return pictures, sorted({picture.label for picture in pictures})


def by_source(pictures, labels, sources):
    """The table of classes by collection."""
    counts = Counter((picture.label, picture.source) for picture in pictures)
    rows = [[label, *(counts[label, s] for s in sources), sum(counts[label, s] for s in sources)] for label in labels]
    totals = [sum(row[at] for row in rows) for at in range(1, len(sources) + 2)]
    return table(["class", *sources, "together"], [*rows, ["all", *totals]])
