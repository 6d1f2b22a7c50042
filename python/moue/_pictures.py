"""Pictures as callers have them: paths, bytes, PIL pictures, arrays."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any, TypeAlias, Union

import numpy as np
import numpy.typing as npt

from ._error import Error

Picture: TypeAlias = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, npt.NDArray[np.uint8], Any]
"""A path, the bytes of a file, a PIL picture, or an array ``[height, width, 3]`` of uint8, RGB."""

Item: TypeAlias = Union[str, bytes, "tuple[npt.NDArray[np.uint8], int, int, int]", "tuple[str]"]
"""As the native half takes it: a path, bytes, an array with its address, height and width, or why it is none of these."""


def is_many(x: object) -> bool:
    """Whether it is several pictures."""
    single = (str, bytes, bytearray, memoryview, os.PathLike)
    return isinstance(x, Iterable) and not isinstance(x, single) and not hasattr(x, "__array_interface__") and not hasattr(x, "__array__")


def item(x: Picture) -> Item:
    """The native half's form of a picture. What has no other is copied."""
    if isinstance(x, (str, os.PathLike)):
        return os.fspath(x)
    if isinstance(x, (bytes, bytearray, memoryview)):
        return bytes(x)
    pil = sys.modules.get("PIL.Image")
    if pil is not None and isinstance(x, pil.Image):
        from PIL import ImageOps

        # As moue reads files: upright.
        opened: Any = x
        return array(ImageOps.exif_transpose(opened).convert("RGB"))
    return array(x)


def lenient(x: Picture) -> Item:
    """The same; of what is no picture why, which is its answer then."""
    try:
        return item(x)
    except Error as error:
        return (error.message,)


def array(x: Any) -> tuple[npt.NDArray[np.uint8], int, int, int]:
    """An array's memory, where it is contiguous; a copy of another's."""
    pixels = np.asarray(x)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise Error("argument", f"an array of {pixels.dtype} {list(pixels.shape)}: {_remedy(pixels)}")
    pixels = np.ascontiguousarray(pixels)
    height, width, _ = pixels.shape
    return pixels, int(pixels.__array_interface__["data"][0]), height, width


def _remedy(pixels: npt.NDArray[Any]) -> str:
    wanted = "pictures are uint8 [height, width, 3], RGB"
    if pixels.ndim == 2:
        return f"{wanted}; of gray ones np.stack([array] * 3, axis=-1)"
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return f"{wanted}; leave out the alpha channel, array[..., :3]"
    if pixels.ndim == 3 and pixels.shape[0] == 3 and pixels.shape[2] != 3:
        return f"{wanted}; channels come last, array.transpose(1, 2, 0)"
    if pixels.ndim == 4:
        return f"{wanted}; several are a list, list(array)"
    if pixels.dtype != np.uint8:
        return f"{wanted}; of values 0 to 1 (array * 255).round().astype(np.uint8)"
    return wanted


def name(x: Picture) -> str | None:
    """A path's name; none of what is in memory."""
    if isinstance(x, (str, os.PathLike)):
        return os.fsencode(x).decode("utf-8", "backslashreplace")
    return None
