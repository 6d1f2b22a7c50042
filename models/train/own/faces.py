"""The faces of pictures: found by moue, aligned and cut by the rules of preprocess.py, so that `moue analyze` sees what the network learned from."""

import json
from hashlib import sha256

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

import preprocess
from own.notes import counted
from own.program import moue

# Top of the forehead, chin, left and right edge before the ears: what src/face/landmarks.rs aligns by.
OUTLINE = (10, 152, 234, 454)
# Width of that outline, and how far down its edges lie, in parts of its height: the shape of models/train/default.json's.
WIDTH, EDGES = 0.863, 0.394
BATCH = 200
SHOWN = 2000


def canonical(size, margin):
    """The part `canonical` of a model whose faces fill their square but for `margin`, in parts of the face's height, above and below."""
    height = 1 / (1 + 2 * margin)
    top, half = (1 - height) / 2, WIDTH * height / 2
    places = [(0.5, top), (0.5, 1 - top), (0.5 - half, top + EDGES * height), (0.5 + half, top + EDGES * height)]
    return {"size": list(size), "margin": margin, "alignment": [[round(x, 4), round(y, 4)] for x, y in places], "colour": "rgb"}


def state(path):
    """What tells whether a file changed."""
    return [str(path), path.stat().st_size, path.stat().st_mtime_ns]


def ask(program, paths):
    """moue's record of the largest face of each picture, in the order of the paths."""
    lines = moue(program, "analyze", *paths, "--json", "--device", "cpu", "--faces", "largest", "--landmarks", "478", answered=(0, 1)).splitlines()
    if len(lines) != len(paths):
        raise SystemExit(f"moue analyze answered {len(lines)} of {len(paths)} pictures: `{program}` and this script are of different versions")
    return [json.loads(line) for line in lines]


def summary(record):
    """What is kept of a record: the four points of the outline, or why there are none."""
    if record["error"]:
        return {"points": None, "error": record["error"]}
    if not record["faces"]:
        return {"points": None, "error": None}
    landmarks = record["faces"][0]["landmarks"]
    return {"points": [landmarks[at][:2] for at in OUTLINE], "error": None}


def find(program, pictures, cache):
    """The outline of each picture's largest face, by path. `cache`: a file of JSON lines that a later run goes on from."""
    known = {}
    if cache.exists():
        lines = cache.read_text(encoding="utf-8").splitlines()
        for line in lines:
            # A killed run may leave the last line cut.
            if line.endswith("}"):
                entry = json.loads(line)
                known[tuple(entry["file"])] = entry
        cache.write_text("".join(json.dumps(entry) + "\n" for entry in known.values()), encoding="utf-8")
    missing = [picture.path for picture in pictures if not picture.whole and tuple(state(picture.path)) not in known]
    for start in range(0, len(missing), BATCH):
        paths = missing[start : start + BATCH]
        with cache.open("a", encoding="utf-8") as file:
            for path, record in zip(paths, ask(program, paths)):
                entry = {"file": state(path), **summary(record)}
                known[tuple(entry["file"])] = entry
                file.write(json.dumps(entry) + "\n")
        print(f"faces: {start + len(paths)} of {len(missing)} pictures", flush=True)
    return {picture.path: known[tuple(state(picture.path))] for picture in pictures if not picture.whole}


def cut(picture, entry, canonical):
    """A picture's canonical crop [h, w, 3] of u8; the whole picture where `entry` is None."""
    photo = np.asarray(ImageOps.exif_transpose(Image.open(picture.path)).convert("RGB"))
    size = canonical["size"]
    if entry is None:
        return preprocess.canonical(photo, (0, 0, photo.shape[1], photo.shape[0]), size)
    return preprocess.turned(photo, *preprocess.similarity(entry["points"], canonical["alignment"], size), size)


class Crops:
    """Canonical crops [n, h, w, 3] of u8 in a file that need not fit into memory, the pictures that they are of, and what was left out and why."""

    def __init__(self, program, pictures, canonical, folder, name, notes):
        """Finds and cuts the faces, or takes up what an earlier run with the same pictures cut."""
        entries = find(program, pictures, folder / f"{name}-faces.jsonl")
        places = [[state(picture.path), entries[picture.path]["points"] if picture.path in entries else "whole"] for picture in pictures]
        wanted = sha256(json.dumps([canonical, places]).encode()).hexdigest()
        data, index = folder / f"{name}.crops", folder / f"{name}-crops.json"
        found = json.loads(index.read_text(encoding="utf-8")) if index.exists() else {}
        if found.get("wanted") != wanted or not data.exists():
            # Gone while crops are half written, so that no index speaks of crops that are not its own.
            index.unlink(missing_ok=True)
            found = {"wanted": wanted, **self.write(pictures, entries, canonical, data)}
            index.write_text(json.dumps(found), encoding="utf-8")
        self.pictures = [pictures[at] for at in found["kept"]]
        self.digest = found["digest"]
        self.left_out = [(pictures[at], reason) for at, reason in found["left_out"]]
        shape = (len(self.pictures), *canonical["size"], 3)
        self.array = np.memmap(data, np.uint8, "r", shape=shape) if self.pictures else np.zeros(shape, np.uint8)
        self.tell(notes)

    @staticmethod
    def write(pictures, entries, canonical, data):
        kept, left_out, digest = [], [], sha256()
        with data.open("wb") as file:
            for at, picture in enumerate(pictures):
                if at and at % SHOWN == 0:
                    print(f"cut: {at} of {len(pictures)} pictures", flush=True)
                entry = entries.get(picture.path)
                if entry is not None and entry["points"] is None:
                    left_out.append([at, entry["error"] or "no face"])
                    continue
                try:
                    crop = cut(picture, entry, canonical).tobytes()
                except UnidentifiedImageError:
                    left_out.append([at, "cannot be read: it holds no picture, whatever its name says: save it anew as PNG or JPEG, or remove it"])
                    continue
                except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
                    left_out.append([at, f"cannot be read ({error}): save it anew as PNG or JPEG, or remove it"])
                    continue
                file.write(crop)
                digest.update(crop)
                kept.append(at)
        return {"kept": kept, "left_out": left_out, "digest": digest.hexdigest()}

    def tell(self, notes):
        faceless = [picture for picture, reason in self.left_out if reason == "no face"]
        if faceless:
            what = f"no face in {counted(len(faceless), 'picture')}, first `{faceless[0].path}`: left out"
            notes.say(f"{what}. Pictures that are faces as a whole are taken as such with `--whole` and their folder")
        broken = [(picture, reason) for picture, reason in self.left_out if reason != "no face"]
        if broken:
            notes.say(f"{counted(len(broken), 'picture')} left out, first `{broken[0][0].path}`: {broken[0][1]}")

    def __len__(self):
        return len(self.pictures)
