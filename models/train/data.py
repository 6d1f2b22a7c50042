"""FER2013 from its archives, and a split into training and validation that keeps look-alikes together.

The archives are ../shared/data/fer2013/*.tar.gz beside the repository (48 x 48 gray JPEG, one folder a class).
`python data.py` prints the number and the sizes of the look-alike groups.
"""

import argparse
import io
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.fft import dctn

FER2013_LABELS = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
LABELS = [*FER2013_LABELS, "contempt"]
FER2013 = Path(__file__).resolve().parents[3] / "shared" / "data" / "fer2013"
LOOK_ALIKE_BITS = 60
VALIDATION_SHARE = 0.1
SEED = 2013


def read_files(source):
    """Names, bytes and label indices of a .tar.gz archive or a folder with one folder a class, ordered by name."""
    source = Path(source)
    if source.is_dir():
        files = {str(p.relative_to(source)): p.read_bytes() for p in source.rglob("*") if p.is_file()}
    elif source.is_file():
        with tarfile.open(source) as archive:
            files = {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}
    else:
        raise SystemExit(f"{source} is missing: FER2013 does not come with this repository; see models/train/README.md")
    names = sorted(files)
    folders = [Path(name).parent.name for name in names]
    for name, folder in zip(names, folders):
        if folder not in LABELS:
            raise SystemExit(f"{source}: {name} is not in a folder named after one of {', '.join(LABELS)}")
    return names, [files[name] for name in names], np.array([LABELS.index(folder) for folder in folders])


def gray_faces(files):
    """Image files as gray faces [n, h, w] of u8."""
    return np.stack([np.asarray(Image.open(io.BytesIO(f)).convert("L")) for f in files])


def read_faces(source):
    """Gray faces [n, 48, 48] of u8 and label indices [n] of i64 of an archive or a folder."""
    _, files, labels = read_files(source)
    return gray_faces(files), labels


def rgb(faces):
    """Gray faces [n, h, w] as pictures [n, h, w, 3]."""
    return np.repeat(faces[..., None], 3, axis=-1)


def perceptual_hash(faces):
    """The sign pattern [n, 4] of u64 of the 16 x 16 lowest cosine coefficients against their median."""
    low = dctn(faces.astype(np.float32), axes=(1, 2), norm="ortho")[:, :16, :16].reshape(len(faces), 256)[:, 1:]
    bits = np.zeros((len(faces), 256), bool)
    bits[:, 1:] = low > np.median(low, axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(np.uint64)


def pairs_within(left, right, bits):
    """Index pairs (i, j) of hashes that differ in at most `bits` bits."""
    for start in range(0, len(left), 128):
        block = left[start : start + 128]
        distance = np.zeros((len(block), len(right)), np.uint16)
        for word in range(left.shape[1]):
            distance += np.bitwise_count(block[:, word, None] ^ right[None, :, word])
        for i, j in np.argwhere(distance <= bits):
            yield start + int(i), int(j)


def look_alike_groups(faces, bits=LOOK_ALIKE_BITS):
    """A group index a face: faces whose hashes, plain or mirrored, are near one another share a group."""
    plain, mirrored = perceptual_hash(faces), perceptual_hash(faces[:, :, ::-1])
    parent = list(range(len(faces)))

    def root(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for other in (plain, mirrored):
        for i, j in pairs_within(plain, other, bits):
            parent[root(i)] = root(j)
    _, groups = np.unique([root(i) for i in range(len(faces))], return_inverse=True)
    return groups


def split(groups):
    """Training and validation indices: whole groups, in a seeded order, until validation has its share."""
    order = np.random.default_rng(SEED).permutation(groups.max() + 1)
    sizes = np.bincount(groups)
    chosen = order[np.cumsum(sizes[order]) <= VALIDATION_SHARE * len(groups)]
    validation = np.isin(groups, chosen)
    return np.flatnonzero(~validation), np.flatnonzero(validation)


def training_data():
    """Faces, labels, training indices and validation indices of the FER2013 training archive."""
    faces, labels = read_faces(FER2013 / "train.tar.gz")
    train, validation = split(look_alike_groups(faces))
    return faces, labels, train, validation


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    faces, labels = read_faces(FER2013 / "train.tar.gz")
    groups = look_alike_groups(faces)
    train, validation = split(groups)
    print(f"{len(faces)} faces in {groups.max() + 1} look-alike groups; {len(train)} train, {len(validation)} validation")
    for size, count in sorted(Counter(np.bincount(groups).tolist()).items()):
        print(f"groups of {size}: {count}")
    for name, part in (("train", train), ("validation", validation)):
        print(name, dict(zip(LABELS, np.bincount(labels[part], minlength=7).tolist())))


if __name__ == "__main__":
    main()
