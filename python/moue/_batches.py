"""What the operators of Ray, Spark and Dask call: batches of bytes in, rows out. The engine reads, divides, retries and writes."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ._error import Error
from ._recognizer import Recognizer

if TYPE_CHECKING:
    import pyarrow

_LOST = "device-lost"

_FRAMES = 512
"""Rows of a video that are handed on together."""


def engine(module: str, extra: str) -> Any:
    """A module of an engine, which is imported where it is used.

    :raises ImportError: where it is not installed, with the command that does it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"moue.{extra} needs {extra}: pip install moue[{extra}] ({error})", name=error.name) from error


class Lost(Error):
    """The device of a task is lost: it may be sent again, and opens it anew."""


class Pictures:
    """A function of ``(keys, the bytes of as many pictures)`` to tables of rows; what it is made of is pickled, a device never.

    It depends on nothing else: a batch that an engine sends again has the same rows. What is no picture has a row with its ``error``; a lost device raises
    :class:`Lost`.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options

    def open(self) -> Recognizer:
        """That of this process."""
        return Recognizer.for_task(**self._options)

    def __call__(self, keys: Iterable[object], contents: Iterable[Any]) -> Iterator[pyarrow.Table]:
        recognizer = self.open()
        try:
            yield from self._rows(recognizer, keys, contents)
        except Error as error:
            if error.code != _LOST:
                raise
            recognizer.forget()
            raise Lost(error.code, error.message) from error

    def _rows(self, recognizer: Recognizer, keys: Iterable[object], contents: Iterable[Any]) -> Iterator[pyarrow.Table]:
        given = [(key, b"" if content is None else content) for key, content in zip(keys, contents)]
        table = recognizer.table([content for _, content in given], [key for key, _ in given], progress=False)
        yield _plain(table.to_arrow())

    def schema(self) -> pyarrow.Schema:
        """That of every table, known without a GPU: 32-bit integers with a sign and lists of any length, which all three engines have."""
        # The processor's columns are those of every device.
        own = {**self._options, "device": "cpu", "precision": "f32"}
        return _plain(Recognizer(**own).table([]).to_arrow()).schema


class Videos(Pictures):
    """The same of videos, a row a face and frame. A video lies in a temporary file while it is read: what decodes it asks for a path."""

    def __init__(self, options: dict[str, Any], video: dict[str, Any]) -> None:
        super().__init__(options)
        self._video = video

    def _rows(self, recognizer: Recognizer, keys: Iterable[object], contents: Iterable[Any]) -> Iterator[pyarrow.Table]:
        import pyarrow

        schema = self._with_frames(_plain(recognizer.table([]).to_arrow()).schema)
        for key, content in zip(keys, contents):
            rows = self._of_one(recognizer, str(key), b"" if content is None else content)
            while some := list(islice(rows, _FRAMES)):
                yield pyarrow.Table.from_pylist(some, schema)

    def _of_one(self, recognizer: Recognizer, key: str, content: Any) -> Iterator[dict[str, Any]]:
        with tempfile.TemporaryDirectory(prefix="moue-") as folder:
            # Its ending says what it is.
            path = Path(folder, "video" + PurePosixPath(key).suffix)
            path.write_bytes(content)
            try:
                with recognizer.analyze_video(path, crops=False, progress=False, **self._video) as video:
                    for frame in video:
                        yield from _of_frame(key, frame.to_dict())
            except Error as error:
                if error.code in (_LOST, "argument"):
                    raise
                yield {"key": key, "error": error.message.replace(os.fspath(path), key)}
                return
        if video.summary is not None and video.summary["error"]:
            yield {"key": key, "error": video.summary["error"]}

    def schema(self) -> pyarrow.Schema:
        return self._with_frames(super().schema())

    @staticmethod
    def _with_frames(pictures: pyarrow.Schema) -> pyarrow.Schema:
        import pyarrow

        whole, seconds = pyarrow.int64(), pyarrow.float64()
        own = [("frame", whole), ("pts", whole), ("timestamp", seconds), ("track", pyarrow.int32())]
        fields = list(pictures)
        return pyarrow.schema([fields[0], *(pyarrow.field(name, kind) for name, kind in own), *fields[1:]])


def _plain(table: pyarrow.Table) -> pyarrow.Table:
    """In types that Spark has too: it knows no numbers without a sign, and no lists of a fixed length."""
    import pyarrow

    plain: Any = {pyarrow.uint32(): pyarrow.int32()}

    def of(field: Any) -> Any:
        if pyarrow.types.is_fixed_size_list(field.type):
            return field.with_type(pyarrow.list_(field.type.value_type))
        return field.with_type(plain.get(field.type, field.type))

    return table.cast(pyarrow.schema([of(field) for field in table.schema]))


def _of_frame(key: str, record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of a frame: a row a face, and one where there is none."""
    names = ("frame", "pts", "timestamp", "width", "height", "error")
    frame = {"key": key, **{name: record[name] for name in names}}
    if not record["faces"]:
        yield frame
    for number, face in enumerate(record["faces"], 1):
        x, y, w, h = face["box"]
        units = (face.get("actions") or {}).get("units") or {}
        yield {
            **frame,
            "track": face.get("track"),
            "face": number,
            **{"x": x, "y": y, "w": w, "h": h},
            **{name: face.get(name) for name in ("score", "label", "unsure", "embedding")},
            **(face.get("pose") or {}),
            **face["probabilities"],
            **{name: unit["probability"] for name, unit in units.items()},
            **{f"{name}_intensity": unit["intensity"] for name, unit in units.items()},
        }
