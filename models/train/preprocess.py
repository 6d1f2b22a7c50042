"""Photograph -> canonical crop -> representation, over a batch.

Integers up to and including the lookup, so every implementation makes the same bytes; 32-bit floats from the resize on.
Pictures are numpy arrays [..., height, width, 3] of u8; gray pictures and codes are [..., height, width] of u8.
`apply` runs the steps of a model's representation (see models/model.schema.json).
"""

from math import floor, isqrt

import numpy as np

MAX_RADIUS = 512


def margin_rect(box, margin):
    """Grow a face box by `margin` (a fraction of its size) on every side.

    box: (x, y, w, h) in pixels; it may lie outside of the photograph. The margin counts in whole thousandths.
    """
    x, y, w, h = box
    if w < 1 or h < 1 or margin < 0:
        raise ValueError(f"a face box needs a size of at least 1x1 and a margin of at least 0, not {w}x{h} and {margin}")
    thousandths = floor(margin * 1000 + 0.5)
    ex = (w * thousandths + 500) // 1000
    ey = (h * thousandths + 500) // 1000
    return x - ex, y - ey, w + 2 * ex, h + 2 * ey


def bilinear_taps(source, target):
    """Half-pixel-centre bilinear sampling of one axis: near index, far index, far weight in units of 1/(2 target)."""
    t = (2 * np.arange(target, dtype=np.int64) + 1) * source - target
    t = np.clip(t, 0, 2 * target * (source - 1))
    near = t // (2 * target)
    return near, np.minimum(near + 1, source - 1), t % (2 * target)


def axis_weights(source, target):
    """Integer weights [target, source] of one axis of the canonical crop, and their sum: area when shrinking, else bilinear."""
    i = np.arange(target, dtype=np.int64)[:, None]
    j = np.arange(source, dtype=np.int64)[None, :]
    if source >= target:
        overlap = np.minimum((i + 1) * source, (j + 1) * target) - np.maximum(i * source, j * target)
        return np.maximum(overlap, 0), source
    near, far, f = bilinear_taps(source, target)
    weights = np.zeros((target, source), np.int64)
    rows = np.arange(target)
    np.add.at(weights, (rows, near), 2 * target - f)
    np.add.at(weights, (rows, far), f)
    return weights, 2 * target


def exact_product(weights, values):
    """Integer matrix product by float64, which is exact below 2^53: the sums here stay below 2^32."""
    return np.matmul(weights.astype(np.float64), values.astype(np.float64)).astype(np.int64)


def canonical(photo, rect, size):
    """The canonical crop [size[0], size[1], 3] of u8 of `rect` (x, y, w, h) of a photograph [height, width, 3] of u8.

    Pixels outside of the photograph repeat its nearest edge pixel.
    """
    x, y, w, h = rect
    height, width, channels = photo.shape
    columns = np.clip(np.arange(x, x + w), 0, width - 1)
    rows = np.clip(np.arange(y, y + h), 0, height - 1)
    source = photo[rows][:, columns]
    wy, dy = axis_weights(h, size[0])
    wx, dx = axis_weights(w, size[1])
    across = (256 * exact_product(wx, source) + dx // 2) // dx
    down = exact_product(wy, across.reshape(h, -1)).reshape(size[0], size[1], channels)
    return ((down + 128 * dy) // (256 * dy)).astype(np.uint8)


def similarity(points, template, size):
    """Where an aligned crop of `size` [h, w] lies: origin and step of `turned`, so that `template` falls on `points` by least squares.

    points: [n, 2] in pixels of the photograph, rounded to sixteenths; template: [n, 2], x and y in parts of the crop's width and height.
    """
    to = np.floor(np.asarray(points, np.float64) * 16 + 0.5) / 16
    start = np.asarray(template, np.float64) * (size[1], size[0])
    middle, centre = start.mean(0), to.mean(0)
    (x, y), (u, v) = (start - middle).T, (to - centre).T
    a, b = (x @ u + y @ v, x @ v - y @ u) / (x @ x + y @ y)
    origin = centre - (a * middle[0] - b * middle[1], b * middle[0] + a * middle[1])
    fixed = np.round(np.array([*origin, a, b]) * 16384).astype(np.int64)
    return fixed[:2].tolist(), fixed[2:].tolist()


def turned(photo, origin, step, size):
    """The turned crop [size[0], size[1], 3] of u8 of a photograph [height, width, 3] of u8, averaged of n x n bilinear samples a pixel.

    origin: where the crop's top left corner lies, (x, y); step: what one pixel to its right is there, (x, y); both in 1/16384 pixel.
    n: the least number so that samples lie no further apart than pixels, 32 at most. Pixels outside of the photograph repeat its nearest edge pixel.
    """
    height, width, _ = photo.shape
    a, b = step
    n = next((n for n in range(1, 32) if (n << 14) ** 2 >= a * a + b * b), 32)
    row, column = np.mgrid[: size[0], : size[1]]
    total = np.zeros((*size, 3), np.int64)

    def part(value, place):
        return int(abs(value) * place // (2 * n)) * (1 if value >= 0 else -1)

    for v in range(1, 2 * n, 2):
        for u in range(1, 2 * n, 2):
            x = origin[0] + a * column - b * row + part(a, u) - part(b, v) - 8192
            y = origin[1] + b * column + a * row + part(b, u) + part(a, v) - 8192
            across, down = ((at & 16383) >> 6 for at in (x, y))
            columns = [np.clip((x >> 14) + i, 0, width - 1) for i in (0, 1)]
            rows = [np.clip((y >> 14) + j, 0, height - 1) for j in (0, 1)]
            lines = [
                (256 - across)[..., None] * photo[r, columns[0]].astype(np.int64) + across[..., None] * photo[r, columns[1]] for r in rows
            ]
            total += ((256 - down)[..., None] * lines[0] + down[..., None] * lines[1] + 128) >> 8
    return ((total + 128 * n * n) // (256 * n * n)).astype(np.uint8)


def enlarge(pictures, size):
    """Pictures [..., h, w, 3] of u8 by the rule of the canonical crop to a larger size: [..., size[0], size[1], 3] of u8."""
    height, width, channels = pictures.shape[-3:]
    flat = [canonical(p, (0, 0, width, height), size) for p in pictures.reshape(-1, height, width, channels)]
    return np.stack(flat).reshape(*pictures.shape[:-3], *size, channels)


def gray(pictures):
    """Matlab's rgb2gray in integers: [..., 3] of u8 -> [...] of u8."""
    p = pictures.astype(np.int64)
    return ((1253829 * p[..., 0] + 2462237 * p[..., 1] + 478238 * p[..., 2] + (1 << 21)) >> 22).astype(np.uint8)


def diagonal_weights(radius):
    """Four times the bilinear weights of a diagonal neighbour, each as (a, b) for a + b sqrt(2): near-near, mixed, far-far.

    The neighbour lies R / sqrt(2) = k + t away on both axes, t = (u + v sqrt(2)) / 2 with u = -2k and v = R.
    """
    u, v = -2 * isqrt(radius * radius // 2), radius
    near = ((2 - u) ** 2 + 2 * v * v, -2 * (2 - u) * v)
    mixed = (u * (2 - u) - 2 * v * v, 2 * v - 2 * u * v)
    far = (u * u + 2 * v * v, 2 * u * v)
    return near, mixed, far


def not_negative(a, b):
    """Whether a + b sqrt(2) >= 0, exactly, for integer arrays below 2^30."""
    larger_a = a * a >= 2 * b * b
    return np.where(a >= 0, (b >= 0) | larger_a, (b > 0) & ((2 * b * b) >= a * a))


def codes(pictures, radius):
    """Local binary pattern codes of gray pictures [..., h, w] of u8 -> [..., h - 2R, w - 2R] of u8.

    Bit i, of weight 2^i, is set when neighbour i is at least the centre; i = 0 is East, counter-clockwise.
    """
    if not 1 <= radius <= MAX_RADIUS:
        raise ValueError(f"the radius is 1 to {MAX_RADIUS}, not {radius}")
    height, width = pictures.shape[-2] - 2 * radius, pictures.shape[-1] - 2 * radius
    if height < 1 or width < 1:
        raise ValueError(f"a picture of {pictures.shape[-1]}x{pictures.shape[-2]} is too small for radius {radius}")
    p = pictures.astype(np.int64)

    def shifted(dy, dx):
        return p[..., radius + dy : radius + dy + height, radius + dx : radius + dx + width]

    centre = shifted(0, 0)
    k = isqrt(radius * radius // 2)
    (near_a, near_b), (mixed_a, mixed_b), (far_a, far_b) = diagonal_weights(radius)
    result = np.zeros(centre.shape, np.uint8)
    for bit, (dy, dx) in enumerate([(0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)]):
        if dy == 0 or dx == 0:
            is_set = shifted(dy * radius, dx * radius) >= centre
        else:
            near = shifted(dy * k, dx * k)
            mixed = shifted(dy * k, dx * (k + 1)) + shifted(dy * (k + 1), dx * k)
            far = shifted(dy * (k + 1), dx * (k + 1))
            is_set = not_negative(
                near_a * near + mixed_a * mixed + far_a * far - 4 * centre,
                near_b * near + mixed_b * mixed + far_b * far,
            )
        result |= is_set.astype(np.uint8) << bit
    return result


def lookup(indices, table):
    """Colours of a table [256, 3] of u8 for codes [...] of u8 -> [..., 3] of u8."""
    return table[indices]


def resize(pictures, size):
    """Bilinear resize with half-pixel centres, without antialiasing, in f32: [..., h, w, c] -> [..., size[0], size[1], c]."""
    result = pictures.astype(np.float32)
    for axis, target in ((-3, size[0]), (-2, size[1])):
        source = result.shape[axis]
        if source == target:
            continue
        near, far, f = bilinear_taps(source, target)
        weight = f.astype(np.float32) / np.float32(2 * target)
        weight = weight.reshape([-1] + [1] * (-axis - 1))
        result = np.take(result, near, axis) * (1 - weight) + np.take(result, far, axis) * weight
    return result


def normalise(pictures, mean, scale):
    """(v - mean) * scale a channel, in f32, for v in 0..255."""
    return (pictures.astype(np.float32) - np.asarray(mean, np.float32)) * np.asarray(scale, np.float32)


def apply(steps, value, tensors):
    """Run representation steps on a batch; `tensors` holds the tables that a lookup names."""
    for step in steps:
        (name, argument), = step.items()
        if name == "enlarge":
            value = enlarge(value, argument)
        elif name == "gray":
            value = gray(value)
        elif name == "lbp":
            value = codes(value, argument["radius"])
        elif name == "lookup":
            value = lookup(value, tensors[argument])
        elif name == "resize":
            value = resize(value, argument)
        elif name == "order":
            value = value[..., ::-1]
        elif name == "normalise":
            value = normalise(value, argument["mean"], argument["scale"])
        else:
            raise ValueError(f"unknown representation step {name!r}")
    return value


def views(canonicals, oversample="none"):
    """The canonical crops [n, h, w, 3], and their mirror images where `oversample` asks for them: each [n, h, w, 3]."""
    return [canonicals] if oversample == "none" else [canonicals, canonicals[:, :, ::-1]]


def crops(pictures, size, oversample="none"):
    """Network inputs [..., crops, 3, h, w] of f32 from pictures [..., rows, columns, 3]: the centre crop, or the five."""
    h, w = size
    spare_h, spare_w = pictures.shape[-3] - h, pictures.shape[-2] - w
    if spare_h < 0 or spare_w < 0:
        raise ValueError(f"a picture of {pictures.shape[-2]}x{pictures.shape[-3]} is smaller than the network's {w}x{h}")
    centre = (spare_h // 2, spare_w // 2)
    if oversample in ("none", "mirrored"):
        corners = [centre]
    elif oversample == "five_mirrored":
        corners = [(0, 0), (0, spare_w), (spare_h, 0), (spare_h, spare_w), centre]
    else:
        raise ValueError(f"unknown oversample {oversample!r}")
    cut = [pictures[..., y : y + h, x : x + w, :] for y, x in corners]
    return np.moveaxis(np.stack(cut, -4), -1, -3).astype(np.float32)


def identity_table():
    """The table [256, 3] of u8 that shows a gray level as itself."""
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
