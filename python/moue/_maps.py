"""Local Binary Patterns and their colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _moue
from ._error import Error

Metric = Literal["regular", "cyclic"]


def lbp(array: npt.NDArray[Any], radius: int, map: Metric | None = None) -> npt.NDArray[np.uint8]:
    """Codes of 8 neighbours at a distance of ``radius`` whole pixels, in exact arithmetic: ``moue lbp``.

    Bit i is set where neighbour i is as bright as the centre or brighter; neighbour 0 lies to the right, and they go counter-clockwise.

    :param array: gray ``[H, W]`` of uint8 or uint16, or ``[H, W, 3]`` of uint8, which becomes gray.
    :param radius: 1 to 512, less than half of the shorter side.
    :param map: their colours in the computed table of a metric instead.
    :returns: ``[H - 2 radius, W - 2 radius]`` uint8; with ``map`` ``[H - 2 radius, W - 2 radius, 3]``.
    :raises Error: where the array is none of these, or the radius too large.
    """
    array = np.asarray(array)
    gray = array.ndim == 2 and array.dtype in (np.uint8, np.uint16)
    colour = array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8
    if not (gray or colour):
        raise Error("argument", f"lbp: an array of {array.dtype} {list(array.shape)}: give uint8 or uint16 [H, W], or uint8 [H, W, 3]")
    if not 0 <= radius < 2**32:
        raise Error("argument", f"lbp: radius {radius}: give 1 to 512")
    height, width = array.shape[:2]
    pixels = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    found, height, width = _moue.lbp(pixels.tobytes(), height, width, array.dtype.itemsize, 3 if colour else 1, radius, map)
    shape = (height, width) if map is None else (height, width, 3)
    return np.frombuffer(found, np.uint8).reshape(shape)


@dataclass(frozen=True)
class Lut:
    """The colour of each code: ``moue lut``. ``np.asarray(lut)`` is its table."""

    table: npt.NDArray[np.uint8]
    """``[256, 3]``: red, green, blue."""
    stress: float | None
    """Kruskal's stress-1 of the computed table's embedding; ``None`` of the published one, which was measured."""
    filled: tuple[int, ...]
    """Codes that the published pictures do not show, filled from the computed table."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self.table, dtype or np.uint8)


def lut(metric: Metric, source: Literal["computed", "published"] = "computed") -> Lut:
    """The table that gives an LBP code its colour.

    :param metric: the Earth Mover's Distance along the bits (``regular``) or around the circle (``cyclic``).
    :param source: computed by nonmetric scaling, or recovered from the published pictures.
    :raises Error: for another metric or source.
    """
    if source not in ("computed", "published"):
        raise Error("argument", f"source={source!r}: give 'computed' or 'published'")
    table, stress, filled = _moue.lut(metric, source == "published")
    return Lut(np.frombuffer(table, np.uint8).reshape(256, 3), stress, tuple(filled))


def distances(metric: Metric) -> npt.NDArray[np.uint32]:
    """``[256, 256]``: the distances between codes that the table is made from."""
    return np.frombuffer(_moue.distances(metric), np.uint32).reshape(256, 256)
