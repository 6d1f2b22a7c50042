"""The judged sets: pictures, and how many faces each shows. Each generator yields (name, picture, faces).

`faces` is a list of true faces (centre, side, turn, most) where they are known, or a pair (least, most) of how many boxes are right.
"""

import cv2
import numpy as np

import pasted
from networks import DATA
from pasted import read

# The faces of photos/, by eye: centres and sides in pixels. The group's fifth face is cut at the eyes by the photograph's edge.
GROUP = "pexels-1080865-group.jpeg"
CUT = (1029.0, 7.0)

# Pictures of scikit-image without a human face; coins shows reliefs of heads, chelsea is a cat, horse a silhouette, camera a man seen from the
# side at a distance (he may be found): camera and coins are told apart.
WITHOUT = (*pasted.BACKGROUNDS, "chelsea.png", "chessboard_RGB.png", "color.png", "horse.png", "logo.png", "microaneurysms.png", "phantom.png")  # fmt: skip


def pasted_pictures(seed=0):
    yield from pasted.pictures(seed)


def turned_pictures(seed=0, quarter_turns=1, count=10):
    """The first pictures of the generator, every face turned by quarter turns more."""
    for index, item in enumerate(pasted.pictures(seed, quarter_turns)):
        if index == count:
            return
        yield item


def photos():
    for path in sorted((DATA / "photos").glob("*.[jp][pn]*g")):
        yield path.name, read(path), (4, 5) if path.name == GROUP else (1, 1)


def turned_photos():
    for turns in (1, 2, 3):
        for name, picture, faces in photos():
            yield f"{name} turned by {90 * turns}", np.ascontiguousarray(np.rot90(picture, -turns)), faces


def london():
    for path in sorted((DATA / "london-450").glob("*_front/*.jpg")):
        yield f"{path.parent.name}/{path.name}", read(path), (1, 1)


def congress():
    for path in sorted((DATA / "faces" / "us-congress-portraits" / "img").glob("*.jpg")):
        yield path.name, read(path), (1, 1)


def orl():
    """Not judged by: for choices."""
    for path in sorted((DATA / "faces" / "orl-att-faces" / "att_faces").glob("s*/*.pgm")):
        yield f"{path.parent.name}/{path.name}", read(path), (1, 1)


def without():
    for name in WITHOUT:
        yield name, pasted.shipped(name), (0, 0)


def textures():
    for seed in range(4):
        for name, picture in pasted.textures(1000 + seed, 800, 600).items():
            yield f"{name}-{seed}", picture, (0, 0)


def astronaut(qualities=25, rotations=10):
    """JPEG versions of the astronaut, turned by up to 45 degrees either way: one face, and nothing on her suit or patch."""
    picture = read(DATA / "photos" / "astronaut.png")
    height, width = picture.shape[:2]
    for turn in np.linspace(-45, 45, rotations):
        matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), float(turn), 1.0)
        turned = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for quality in np.linspace(4, 100, qualities).astype(int):
            coded = cv2.imencode(".jpg", turned[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
            yield f"{turn:+.0f} degrees, quality {quality}", cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), (1, 1)


SETS = {
    "pasted": pasted_pictures,
    "pasted90": lambda: turned_pictures(0, 1),
    "pasted180": lambda: turned_pictures(0, 2),
    "photos": photos,
    "turned_photos": turned_photos,
    "london": london,
    "without": without,
    "textures": textures,
    "astronaut": astronaut,
    "congress": congress,
    "orl": orl,
}
