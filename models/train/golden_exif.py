"""Eight files of one picture, one an EXIF orientation: blocks of flat colour, stored turned, upright when read rightly."""

import numpy as np
from PIL import Image

BLOCK = 16
COLOURS = [[(220, 40, 40), (40, 200, 60), (50, 70, 220)], [(240, 220, 60), (30, 30, 30), (235, 235, 235)]]
TOLERANCE = 4
# The turn that makes the stored picture of each orientation from the upright one (the inverse of the turn that a reader makes).
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def upright():
    """The upright picture [32, 48, 3] of u8."""
    return np.repeat(np.repeat(np.array(COLOURS, np.uint8), BLOCK, axis=0), BLOCK, axis=1)


def make(root):
    """The tensors of exif.safetensors and its index. Writes the files."""
    folder = root / "tests/goldens/exif"
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for orientation, turn in STORED.items():
        picture = Image.fromarray(upright())
        if turn is not None:
            picture = picture.transpose(turn)
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = folder / f"orientation_{orientation}.jpg"
        picture.save(path, quality=95, subsampling=0, exif=exif)
        cases.append({"path": str(path.relative_to(root)), "orientation": orientation})
    return {"upright": upright()}, {"file": "exif.safetensors", "expected": "upright", "tolerance": TOLERANCE, "cases": cases}
