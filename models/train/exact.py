"""The preprocessing rules over again, slowly and another way, to check preprocess.py: fractions, and numbers of Q(sqrt 2)."""

from fractions import Fraction
from functools import lru_cache
from math import floor, isqrt

import numpy as np

ROOT_BITS = 200
ROOT_2 = isqrt(2 << 2 * ROOT_BITS)


def rect(box, margin_thousandths):
    """The box grown on every side by the rounded share of its size."""
    x, y, w, h = box
    ex, ey = (floor(Fraction(length * margin_thousandths, 1000) + Fraction(1, 2)) for length in (w, h))
    return x - ex, y - ey, w + 2 * ex, h + 2 * ey


@lru_cache
def axis(source, target):
    """For each output of one axis: its (source index, share) pairs, shares summing to 1; and the denominator of the rule."""
    outputs = []
    for i in range(target):
        if source >= target:
            begin, end = Fraction(i * source, target), Fraction((i + 1) * source, target)
            taps = [
                (j, (min(end, j + 1) - max(begin, j)) / (end - begin))
                for j in range(floor(begin), min(source, floor(end) + 1))
                if min(end, j + 1) > max(begin, j)
            ]
        else:
            position = Fraction((2 * i + 1) * source, 2 * target) - Fraction(1, 2)
            position = min(max(position, Fraction(0)), Fraction(source - 1))
            near = floor(position)
            taps = [(near, 1 - (position - near)), (min(near + 1, source - 1), position - near)]
        outputs.append(taps)
    return outputs, source if source >= target else 2 * target


def canonical(photo, region, size):
    """The canonical crop [size[0], size[1], 3] of u8 of `region` (x, y, w, h) of a photograph [height, width, 3] of u8."""
    x, y, w, h = region
    height, width, _ = photo.shape
    columns, dx = axis(w, size[1])
    rows, _ = axis(h, size[0])
    half = Fraction(dx // 2, dx)
    pixels = photo.tolist()

    def row(j):
        line = pixels[min(max(y + j, 0), height - 1)]
        at = [line[min(max(x + i, 0), width - 1)] for i in range(w)]
        return [[floor(256 * sum(share * at[i][c] for i, share in taps) + half) for c in range(3)] for taps in columns]

    lines = [row(j) for j in range(h)]
    result = np.zeros((*size, 3), np.uint8)
    for i, taps in enumerate(rows):
        for k in range(size[1]):
            for c in range(3):
                result[i, k, c] = floor(sum(share * lines[j][k][c] for j, share in taps) / 256 + Fraction(1, 2))
    return result


def turned(photo, origin, step, size):
    """The turned crop [size[0], size[1], 3] of u8 of a photograph: one sample, pixel and channel after the other.

    origin: where the crop's top left corner lies, (x, y); step: what one pixel to its right is there, (x, y); both in 1/16384 pixel.
    """
    height, width, _ = photo.shape
    pixels = photo.tolist()
    a, b = step
    n = next((n for n in range(1, 32) if (n << 14) ** 2 >= a * a + b * b), 32)

    def part(value, place):
        """value x place / 2n, cut towards zero."""
        return int(Fraction(value * place, 2 * n))

    def sample(x, y, c):
        total = Fraction(0)
        fx, fy = (floor(Fraction((at - 8192) % 16384 * 256, 16384)) for at in (x, y))
        px, py = (floor(Fraction(at - 8192, 16384)) for at in (x, y))
        for j, down in ((py, 256 - fy), (py + 1, fy)):
            for i, across in ((px, 256 - fx), (px + 1, fx)):
                total += across * down * pixels[min(max(j, 0), height - 1)][min(max(i, 0), width - 1)][c]
        return floor(total / 256 + Fraction(1, 2))

    result = np.zeros((*size, 3), np.uint8)
    for row in range(size[0]):
        for column in range(size[1]):
            places = [
                (
                    origin[0] + a * column - b * row + part(a, 2 * u + 1) - part(b, 2 * v + 1),
                    origin[1] + b * column + a * row + part(b, 2 * u + 1) + part(a, 2 * v + 1),
                )
                for v in range(n)
                for u in range(n)
            ]
            for c in range(3):
                result[row, column, c] = floor(Fraction(sum(sample(x, y, c) for x, y in places), 256 * n * n) + Fraction(1, 2))
    return result


def gray(picture):
    """Matlab's rgb2gray from its decimal coefficients, rounded half up: [h, w, 3] of u8 -> [h, w] of u8."""
    r, g, b = (picture[..., c].astype(object) for c in range(3))
    total = 298936021293775 * r + 587043074451121 * g + 114020904255103 * b
    return ((2 * total + 10**15) // (2 * 10**15)).astype(np.uint8)


def product(x, y):
    """(a + b sqrt 2)(c + d sqrt 2) of pairs of fractions."""
    return x[0] * y[0] + 2 * x[1] * y[1], x[0] * y[1] + x[1] * y[0]


def at_least_zero(a, b):
    """Whether a + b sqrt(2) >= 0 for arrays of Python integers: sqrt 2 to 200 bits, far below the smallest nonzero sum."""
    return (a << ROOT_BITS) + b * ROOT_2 >= 0


def codes(picture, radius):
    """Codes [h - 2R, w - 2R] of u8 of a gray picture [h, w] of u8: each neighbour as sum of pixels weighted in Q(sqrt 2)."""
    p = picture.astype(object)
    ys, xs = np.mgrid[radius : picture.shape[0] - radius, radius : picture.shape[1] - radius]
    k = 0
    while 2 * (k + 1) ** 2 <= radius**2:
        k += 1
    far = (Fraction(-k), Fraction(radius, 2))
    near = (1 - far[0], -far[1])
    result = np.zeros(ys.shape, np.uint8)
    for bit in range(8):
        sy, sx = (0, -1, -1, -1, 0, 1, 1, 1)[bit], (1, 1, 0, -1, -1, -1, 0, 1)[bit]
        if sy * sx == 0:
            is_set = picture[ys + sy * radius, xs + sx * radius] >= picture[ys, xs]
        else:
            a, b = -4 * p[ys, xs], 0
            for down, wy in ((k, near), (k + 1, far)):
                for along, wx in ((k, near), (k + 1, far)):
                    weight = product(wy, wx)
                    pixel = p[ys + sy * down, xs + sx * along]
                    a, b = a + int(4 * weight[0]) * pixel, b + int(4 * weight[1]) * pixel
            is_set = at_least_zero(a, b)
        result |= is_set.astype(np.uint8) << bit
    return result
