"""The frames of a video."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import _ffmpeg
from ._error import Error
from ._progress import bar
from ._records import Frame, frame

if TYPE_CHECKING:
    from ._moue import _Video  # pyright: ignore[reportPrivateUsage]


class Video(Iterator[Frame]):
    """Answers in the order of the frames, read a few ahead while they are asked for. Dropped, it ends what decodes."""

    def __init__(self, opened: _Video, path: str, options: dict[str, Any], size: tuple[int, int], progress: bool | None) -> None:
        _ffmpeg.find()
        self._next: Any = opened(path, json.dumps(options))
        self._path = path
        self._size = size
        self._bar = bar(progress, None, "frame")
        self._step = self._bar.__enter__()
        self.summary: dict[str, Any] | None = None
        """After the last frame what all of them say together: ``moue.video/1``."""

    def __iter__(self) -> Video:
        return self

    def __next__(self) -> Frame:
        if self._next is None:
            raise StopIteration
        try:
            told = self._next()
        except BaseException:
            self.close()
            raise
        if told is not None and not told[2]:
            line, crops, _, _ = told
            if self._step is not None:
                self._step()
            return frame(line, crops, self._size, self._path)
        self.close()
        if told is not None:
            self.summary = json.loads(told[0])
            error = self.summary["error"] if self.summary else None
            if error and self.summary and not self.summary["frames"]:
                raise Error(told[3] or "video", str(error))
            if error:
                warnings.warn(f"{self._path}: {error}", RuntimeWarning, stacklevel=2)
        raise StopIteration

    def close(self) -> None:
        """Ends it: no frame comes any more."""
        if self._next is not None:
            self._next = None
            self._bar.__exit__(None, None, None)

    def __enter__(self) -> Video:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Video({self._path!r}{', ended' if self._next is None else ''})"
