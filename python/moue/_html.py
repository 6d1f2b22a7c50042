"""Faces and their bars for notebooks."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from html import escape
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt


class _Shown(Protocol):
    @property
    def label(self) -> str: ...
    @property
    def unsure(self) -> bool: ...
    @property
    def probabilities(self) -> dict[str, float]: ...
    @property
    def crop(self) -> npt.NDArray[np.uint8] | None: ...


def faces(shown: Sequence[_Shown], remark: str) -> str:
    """Each face beside a bar for each label."""
    return "".join(_face(face) for face in shown) + (f"<p>{escape(remark)}</p>" if remark else "")


def _face(face: _Shown) -> str:
    picture = "" if face.crop is None else f'<img alt="" style="width:128px;height:128px" src="data:image/png;base64,{_png(face.crop)}">'
    bars = "".join(_bar(label, share, label == face.label) for label, share in face.probabilities.items())
    unsure = "<div>people would disagree about this face</div>" if face.unsure else ""
    return f'<div style="display:flex;gap:1em;align-items:center;margin:.5em 0">{picture}<div style="width:18em">{bars}{unsure}</div></div>'


def _bar(label: str, share: float, best: bool) -> str:
    weight = "bold" if best else "normal"
    bar = f'<div style="background:#3b7dd8;height:.7em;width:{100 * share:.1f}%"></div>'
    return (
        f'<div style="display:flex;gap:.5em;align-items:center;font-weight:{weight}"><div style="width:6em">{escape(label)}</div>'
        f'<div style="flex:1">{bar}</div><div style="width:3em;text-align:right">{100 * share:.0f} %</div></div>'
    )


def _png(pixels: npt.NDArray[Any]) -> str:
    height, width, _ = pixels.shape
    # A filter of 0 before every row.
    rows = b"".join(b"\0" + pixels[row].tobytes() for row in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(file).decode()
