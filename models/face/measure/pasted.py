"""Made pictures whose faces are known: portraits of the London set pasted into backgrounds.

    python pasted.py FOLDER [--seed 0] [--crowd]

30 pictures of 1280 x 960 with 351 faces, 16 to 180 pixels wide, a third upright, a third turned by up to 25 degrees, a third by up to 50, each
cut out by a soft ellipse. `truth.json` says where: the centre, the side and the turn (degrees, clockwise) of each face's square.

A face's side is 2.2 times the distance of its pupils, about its width at the cheeks, and its centre lies 0.3 of that distance below them: the square
reaches from the forehead to the chin. The same seed gives the same pictures with the same releases of numpy, OpenCV and scikit-image.
"""

import argparse
import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import skimage

from networks import DATA

WIDTH, HEIGHT = 1280, 960
PICTURES, FACES = 30, 351
SIDES = (16, 24, 32, 48, 64, 96, 128, 180)
TURNS = (0, 25, 50)
SIDE_OF_PUPILS, DROP_OF_PUPILS = 2.2, 0.3
# Half axes of the cut-out ellipse and the width of its soft edge, in sides of the face.
ELLIPSE, FEATHER = (0.62, 0.85), 0.12
# Pictures of scikit-image that show no face, no relief of one (coins) and no animal.
BACKGROUNDS = (
    "brick.png", "cell.png", "chessboard_GRAY.png", "clock_motion.png", "coffee.png", "grass.png", "gravel.png", "hubble_deep_field.jpg",
    "ihc.png", "moon.png", "motorcycle_left.png", "page.png", "retina.jpg", "rocket.jpg", "text.png",
)  # fmt: skip


def read(path):
    """A picture [h, w, 3] of u8, RGB."""
    return cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def shipped(name):
    """A picture that the package scikit-image carries."""
    return read(Path(skimage.__file__).parent / "data" / name)


def textures(seed, width=WIDTH, height=HEIGHT):
    """Seeded textures by name: noise of several scales, stripes, a gradient, checks, blobs."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    made = {"noise": rng.integers(0, 256, (height, width, 3)).astype(np.uint8)}
    clouds = np.zeros((height, width, 3), np.float32)
    for scale in (4, 16, 64, 256):
        coarse = rng.normal(size=(height // scale + 2, width // scale + 2, 3)).astype(np.float32)
        clouds += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * scale**0.5
    made["clouds"] = _stretched(clouds)
    made["stripes"] = _stretched(np.stack([np.sin(x / 11 + y / 23), np.sin(x / 7 - y / 31), np.sin(y / 5)], -1))
    made["gradient"] = _stretched(np.stack([x + y, x - y, y], -1))
    made["checks"] = _stretched(np.repeat(((x // 37 + y // 37) % 2)[..., None], 3, -1) * 40 + 100 + rng.normal(size=(height, width, 3)) * 8)
    blobs = np.full((height, width, 3), 128, np.uint8)
    for _ in range(400):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(4, 70)), int(rng.integers(4, 70)))
        colour = [int(value) for value in rng.integers(0, 256, 3)]
        cv2.ellipse(blobs, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    made["blobs"] = blobs
    return made


def _stretched(values):
    values = values.astype(np.float64)
    values = (values - values.min()) / max(values.max() - values.min(), 1e-9)
    return np.rint(values * 255).astype(np.uint8)


def filled(picture, width=WIDTH, height=HEIGHT):
    """A picture scaled and cut to fill width x height."""
    scale = max(width / picture.shape[1], height / picture.shape[0])
    side = (max(width, round(picture.shape[1] * scale)), max(height, round(picture.shape[0] * scale)))
    picture = cv2.resize(picture, side, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return np.ascontiguousarray(picture[top : top + height, left : left + width])


@cache
def portraits():
    """The neutral London portraits: (picture, centre of the face, its side) each, by the set's own points of the pupils."""
    found = []
    for path in sorted((DATA / "london-450" / "neutral_front").glob("*.jpg")):
        lines = (DATA / "london-450" / "landmarks_x3" / f"{path.stem}.tem").read_text().split("\n")
        left, right = (np.array([float(word) for word in line.split()]) / 3 for line in lines[1:3])
        along = right - left
        found.append((read(path), (left + right) / 2 + DROP_OF_PUPILS * np.array([-along[1], along[0]]), SIDE_OF_PUPILS * np.hypot(*along)))
    return found


def paste(picture, portrait, centre, side, turn):
    """Pastes a portrait's face into a picture, in place: a square of `side` pixels about `centre`, turned clockwise by `turn` degrees."""
    source, source_centre, source_side = portrait
    reach = int(np.ceil(side * max(ELLIPSE) + side * FEATHER)) + 2
    left, top = (int(np.floor(value)) - reach for value in centre)
    right, bottom = left + 2 * reach + 1, top + 2 * reach + 1
    shrink = source_side / side
    fine = max(1, int(np.ceil(2 * shrink)))
    angle = np.deg2rad(turn)
    rows, columns = (bottom - top) * fine, (right - left) * fine
    j, i = np.meshgrid(np.arange(columns), np.arange(rows))
    dx, dy = (j + 0.5) / fine + left - centre[0], (i + 0.5) / fine + top - centre[1]
    u, v = np.cos(angle) * dx + np.sin(angle) * dy, -np.sin(angle) * dx + np.cos(angle) * dy
    mapped = [(a * shrink + b - 0.5).astype(np.float32) for a, b in ((u, source_centre[0]), (v, source_centre[1]))]
    face = cv2.remap(source, *mapped, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float64)
    distance = np.hypot(u / (side * ELLIPSE[0]), v / (side * ELLIPSE[1]))
    cover = np.clip((1 - distance) * ELLIPSE[0] / FEATHER + 0.5, 0, 1)[..., None]
    shape = (bottom - top, fine, right - left, fine, -1)
    cover, face = cover.reshape(shape).mean((1, 3)), (face * cover).reshape(shape).mean((1, 3))
    y0, y1, x0, x1 = max(top, 0), min(bottom, picture.shape[0]), max(left, 0), min(right, picture.shape[1])
    part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    below = picture[y0:y1, x0:x1].astype(np.float64)
    picture[y0:y1, x0:x1] = np.rint(below * (1 - cover[part]) + face[part]).astype(np.uint8)


def pictures(seed=0, quarter_turns=0):
    """Yields (name, picture, faces); a face is a dict of centre, side and turn. `quarter_turns` are added to every face's turn."""
    rng = np.random.default_rng(seed)
    backgrounds = [filled(shipped(name)) for name in BACKGROUNDS] + list(textures(seed).values())
    kinds = [(SIDES[index % len(SIDES)], TURNS[index // len(SIDES) % len(TURNS)]) for index in range(FACES)]
    rng.shuffle(kinds)
    for index in range(PICTURES):
        picture = backgrounds[(index * 4 + int(rng.integers(4))) % len(backgrounds)]
        picture = picture[:, ::-1].copy() if rng.integers(2) else picture.copy()
        faces = []
        for side, most in sorted(kinds[index * FACES // PICTURES : (index + 1) * FACES // PICTURES], reverse=True):
            for _ in range(1000):
                edge = side * (max(ELLIPSE) + FEATHER)
                centre = [float(rng.uniform(edge, WIDTH - edge)), float(rng.uniform(edge, HEIGHT - edge))]
                if all(np.hypot(centre[0] - f["centre"][0], centre[1] - f["centre"][1]) > 0.8 * (side + f["side"]) for f in faces):
                    break
            else:
                raise RuntimeError("no room for a face")
            turn = float(rng.uniform(-most, most)) + 90 * quarter_turns
            paste(picture, portraits()[int(rng.integers(len(portraits())))], centre, side, turn)
            faces.append({"centre": centre, "side": side, "turn": turn, "most": int(most)})
        yield f"{seed}-{index:02}", picture, faces


def crowd(seed=0):
    """A picture of 4000 x 3000 with 20 faces of 80 to 400 pixels, and the faces: what a telephone takes."""
    rng = np.random.default_rng(seed)
    picture = filled(shipped("coffee.png"), 4000, 3000).copy()
    faces = []
    for index in range(20):
        side = float(rng.uniform(80, 400))
        centre = [400 + 800 * (index % 5) + float(rng.uniform(-60, 60)), 375 + 750 * (index // 5) + float(rng.uniform(-60, 60))]
        turn = float(rng.uniform(-25, 25))
        paste(picture, portraits()[int(rng.integers(len(portraits())))], centre, side, turn)
        faces.append({"centre": centre, "side": side, "turn": turn, "most": 25})
    return picture, faces


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--crowd", action="store_true", help="one picture of 12 megapixels instead")
    options = arguments.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    truth = {}
    for name, picture, faces in [("crowd", *crowd(options.seed))] if options.crowd else pictures(options.seed):
        cv2.imwrite(str(options.folder / f"{name}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        truth[name] = faces
    (options.folder / "truth.json").write_text(json.dumps(truth, indent=1))


if __name__ == "__main__":
    main()
