"""Cases of Resize and Upsample, over their nearest modes and coordinate modes, with scales and with sizes."""

import numpy as np

from onnx_graph import case, ints, one

X = ("N", 3, 4, 5)
NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
COORDINATES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric")


def scales(*numbers):
    return np.array([1, 1, *numbers], np.float32)


def sizes(height, width, batch):
    return ints(batch, 3, height, width)


one("upsample_7_nearest", 7, "Upsample", [X], mode="nearest", scales=[1.0, 1.0, 2.0, 3.0])
one("upsample_7_linear", 8, "Upsample", [X], mode="linear", scales=[1.0, 1.0, 2.0, 2.0])
one("upsample_9_nearest", 9, "Upsample", [X, scales(3, 2)])
one("upsample_9_linear", 9, "Upsample", [X, scales(2, 1.5)], mode="linear")
one("resize_10_nearest", 10, "Resize", [X, scales(2, 3)])
one("resize_10_nearest_down", 10, "Resize", [X, scales(0.5, 0.6)], mode="nearest")
one("resize_10_linear", 10, "Resize", [X, scales(2, 1.5)], mode="linear")
one("resize_10_linear_down", 10, "Resize", [("N", 3, 6, 8), scales(0.5, 0.625)], mode="linear")

one("resize_11_defaults", 11, "Resize", [X, np.zeros(0, np.float32), scales(2, 2)])
for mode in NEAREST:
    one(
        f"resize_11_asymmetric_{mode}", 11, "Resize", [X, np.zeros(0, np.float32), scales(2.5, 1.5)],
        coordinate_transformation_mode="asymmetric", nearest_mode=mode,
    )
    one(f"resize_13_half_pixel_{mode}", 13, "Resize", [X, None, scales(2.5, 2)], nearest_mode=mode)
    one(
        f"resize_13_align_corners_{mode}", 13, "Resize", [X, None, scales(2, 1.8)],
        coordinate_transformation_mode="align_corners", nearest_mode=mode,
    )
    one(f"resize_18_down_{mode}", 18, "Resize", [("N", 3, 6, 8), None, scales(0.5, 0.75)], nearest_mode=mode)
for coordinates in COORDINATES:
    opset = 19 if coordinates == "half_pixel_symmetric" else 13
    given = {"mode": "linear", "coordinate_transformation_mode": coordinates}
    one(f"resize_linear_{coordinates}", opset, "Resize", [X, None, scales(2, 1.7)], **given)
    one(f"resize_linear_{coordinates}_down", opset, "Resize", [("N", 3, 6, 8), None, scales(0.5, 0.7)], **given)
    one(f"resize_linear_{coordinates}_sizes", opset, "Resize", [X, None, None, sizes(7, 9, 1)], batch=1, **given)
for coordinates in ("pytorch_half_pixel", "half_pixel", "align_corners"):
    given = {"mode": "linear", "coordinate_transformation_mode": coordinates}
    one(f"resize_linear_{coordinates}_to_1", 13, "Resize", [("N", 3, 5, 6), None, None, sizes(1, 3, 1)], batch=1, **given)
one("resize_nearest_pytorch_half_pixel", 13, "Resize", [X, None, scales(2, 1.7)], coordinate_transformation_mode="pytorch_half_pixel")
one("resize_nearest_half_pixel_symmetric", 19, "Resize", [X, None, scales(2, 1.7)], coordinate_transformation_mode="half_pixel_symmetric")
one(
    "resize_11_tf_half_pixel", 11, "Resize", [X, np.zeros(0, np.float32), scales(2, 1.6)],
    coordinate_transformation_mode="tf_half_pixel_for_nn", nearest_mode="floor",
)
one(
    "resize_11_sizes_nearest", 11, "Resize", [X, np.zeros(0, np.float32), np.zeros(0, np.float32), sizes(7, 8, 1)],
    batch=1, coordinate_transformation_mode="asymmetric", nearest_mode="floor",
)
one("resize_13_sizes_nearest_down", 13, "Resize", [X, None, None, sizes(3, 2, 1)], batch=1)
one("resize_18_axes_scales", 18, "Resize", [X, None, np.array([3, 2], np.float32)], axes=[3, 2], mode="linear")
one("resize_18_axes_sizes", 18, "Resize", [X, None, None, ints(7, 11)], axes=[2, 3], mode="linear")
one("resize_18_axes_nearest", 18, "Resize", [X, None, None, ints(9)], axes=[2])
one("resize_18_not_larger", 18, "Resize", [X, None, None, ints(9, 9)], axes=[2, 3], keep_aspect_ratio_policy="not_larger", mode="linear")
one("resize_18_not_smaller", 18, "Resize", [X, None, None, ints(9, 9)], axes=[2, 3], keep_aspect_ratio_policy="not_smaller", mode="linear")


@case(11, x=X)
def resize_constant_nodes(g, x):
    empty = g.literal(np.zeros(0, np.float32))
    return g.node("Resize", [x, empty, g.literal(scales(2, 2))], mode="linear", coordinate_transformation_mode="align_corners")
