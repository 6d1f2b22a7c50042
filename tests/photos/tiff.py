"""TIFF files of colours that need more than their values, and what Pillow reads of them: `python3 tests/photos/tiff.py`, with Pillow 13."""

from pathlib import Path

from PIL import Image, ImageCms

HERE = Path(__file__).parent
SIZE = (24, 16)


def sample() -> Image.Image:
    """Smooth, so that chroma at half the resolution changes little; no colour at sRGB's edge, where Pillow's tables of L*a*b* are coarse."""
    picture = Image.new("RGB", SIZE)
    picture.putdata([(110 + 4 * x, 150 - 4 * y, 100 + 2 * x + 3 * y) for y in range(SIZE[1]) for x in range(SIZE[0])])
    return picture


def main() -> None:
    rgb = sample()
    palette = rgb.quantize(32, dither=Image.Dither.NONE)
    lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    files = {
        "palette": (palette, {}),
        "ycbcr": (rgb, {"compression": "jpeg", "quality": 95}),
        "lab": (ImageCms.applyTransform(rgb, lab), {}),
        "int32": (rgb.convert("L").convert("I"), {}),
        "fax": (rgb.convert("1"), {"compression": "group3"}),
    }
    for name, (picture, options) in files.items():
        picture.save(HERE / f"{name}.tiff", **options)
    for name in ("palette", "ycbcr", "lab"):
        with Image.open(HERE / f"{name}.tiff") as picture:
            picture.convert("RGB").save(HERE / f"{name}.tiff.png")


if __name__ == "__main__":
    main()
