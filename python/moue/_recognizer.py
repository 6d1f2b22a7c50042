"""The recognizer."""

from __future__ import annotations

import json
import os
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

from . import _moue
from ._devices import chosen
from ._error import Error
from ._pictures import Picture, is_many, lenient, name
from ._progress import bar
from ._records import Analysis, analysis
from ._table import Table
from ._task import device as task_device
from ._task import threads as task_threads
from ._video import Video

if TYPE_CHECKING:
    from ._moue import _Analyze, _Table, _Video  # pyright: ignore[reportPrivateUsage]

_MANY = 256
"""Pictures that the native half gets together."""

# Made anew in a forked process: another thread may have held it.
_opening = threading.Lock()


# Of this process: a forked one has none.
_of_tasks: dict[tuple[object, ...], Recognizer] = {}
_of_tasks_lock = threading.Lock()


def _forked() -> None:
    global _opening, _of_tasks_lock
    _opening, _of_tasks_lock = threading.Lock(), threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class _Open(NamedTuple):
    process: int
    about: dict[str, Any]
    analyze: _Analyze
    table: _Table
    video: _Video


class Recognizer:
    """Reads the faces of pictures and videos: a model on a device.

    Threads share it: one at a time computes, the others decode or wait, and Python goes on meanwhile. It can be pickled: what it is made of goes along, and where it
    arrives it opens its device when it is first asked. So it does after a fork.

    :param device: an index, a part of a name or a place on the PCI bus from :func:`devices`, ``cuda:N``, ``cpu`` or ``reference``. By default what ``MOUE_DEVICE``
        says, or the best GPU, of NVIDIA's those that ``CUDA_VISIBLE_DEVICES`` names; and the processor, with a warning, where there is none.
    :param model: ``default``, or the path of a model file.
    :param faces: ``all``, ``largest``, or ``none``: the whole picture is one face.
    :param find: how thoroughly faces are looked for: ``fast``, ``normal`` or ``thorough``.
    :param min_face: width of the smallest face that is looked for, in pixels.
    :param min_score: least score of a face, 0 to 1.
    :param landmarks: 5, 68 or 478 points of each face in its record.
    :param blendshapes: the 52 blendshapes of each face.
    :param actions: action units too, by moue's model, or by that of a file.
    :param threshold: a unit is present from this probability on, or ``learned``: from one of its own.
    :param embed: 64 numbers of each face, whose distances mean likeness of expression.
    :param oversample: average five crops and their mirrors: slower, steadier.
    :param precision: ``f32``, or ``f16`` on a GPU.
    :param threads: those that decode and find faces at most, and as many that compute, where the processor does.
    :raises Error: where the device or a model is not there, or an option is none.
    """

    def __init__(
        self,
        device: str | int | None = None,
        model: str | os.PathLike[str] = "default",
        *,
        faces: Literal["all", "largest", "none"] = "all",
        find: Literal["fast", "normal", "thorough"] = "normal",
        min_face: int | None = None,
        min_score: float | None = None,
        landmarks: Literal[5, 68, 478] | None = None,
        blendshapes: bool = False,
        actions: bool | str | os.PathLike[str] = False,
        threshold: float | Literal["learned"] = 0.5,
        embed: bool = False,
        oversample: bool = False,
        precision: Literal["f32", "f16"] = "f32",
        threads: int | None = None,
    ) -> None:
        if landmarks not in (None, 5, 68, 478):
            raise Error("argument", f"landmarks={landmarks}: give 5, 68 or 478")
        if threads is not None and not 1 <= threads <= 1024:
            raise Error("argument", f"threads={threads}: give 1 to 1024")
        own = os.fspath(model)
        units: str | None = None
        if actions is not False:
            units = "" if actions is True else os.path.abspath(os.fspath(actions))
        self._recipe: dict[str, Any] = {
            "device": chosen(device),
            "threads": threads,
            "model": None if own == "default" else os.path.abspath(own),
            "faces": faces,
            "find": find,
            "min_face": min_face,
            "min_score": min_score,
            "landmarks": landmarks,
            "blendshapes": blendshapes,
            "actions": units,
            "threshold": None if threshold == "learned" else float(threshold),
            "embed": embed,
            "oversample": oversample,
            "precision": precision,
        }
        self._opened: _Open | None = None
        warning = self._open().about["warning"]
        if warning:
            warnings.warn(str(warning), RuntimeWarning, stacklevel=2)

    @classmethod
    def for_task(cls, **options: Any) -> Recognizer:
        """The recognizer of this process for tasks of Ray, Spark or Dask: on the GPU and with as many threads as the task was given, opened once for all tasks with
        the same options.

        :param options: as of :class:`Recognizer`; ``device`` and ``threads`` are taken as they are.
        """
        options.setdefault("device", task_device())
        options.setdefault("threads", task_threads())
        key = (os.getpid(), cls, repr(sorted(options.items())))
        # Tasks of one process run in threads, too: two may ask first.
        with _of_tasks_lock:
            if key not in _of_tasks:
                _of_tasks[key] = cls(**options)
            return _of_tasks[key]

    def forget(self) -> None:
        """:meth:`for_task` opens another one from now on: for whom this one's device is lost."""
        with _of_tasks_lock:
            for key in [key for key, kept in _of_tasks.items() if kept is self]:
                del _of_tasks[key]

    def _open(self) -> _Open:
        own = self._opened
        if own is not None and own.process == os.getpid():
            return own
        with _opening:
            own = self._opened
            if own is None or own.process != os.getpid():
                about, analyze, table, video = _moue.open(json.dumps(self._recipe))
                own = self._opened = _Open(os.getpid(), json.loads(about), analyze, table, video)
        return own

    def __getstate__(self) -> dict[str, Any]:
        return {"_recipe": self._recipe}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._recipe = state["_recipe"]
        self._opened = None

    @property
    def device(self) -> str:
        """Name of the adapter, ``cpu`` or ``reference``."""
        return str(self._open().about["device"])

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self._open().about["model"])

    @property
    def labels(self) -> list[str]:
        """The model's labels, in the order of all probabilities."""
        return list(self._open().about["labels"])

    @property
    def members(self) -> list[str]:
        """The model's networks."""
        return list(self._open().about["members"])

    def __repr__(self) -> str:
        if self._opened is None:
            return f"Recognizer({self._recipe['device']!r}, not open yet)"
        return f"Recognizer({self.device!r}, model={self.model!r})"

    @overload
    def analyze(self, x: Sequence[Picture], *, crops: bool = True, progress: bool | None = None) -> list[Analysis]: ...
    @overload
    def analyze(self, x: Picture, *, crops: bool = True, progress: bool | None = None) -> Any: ...
    def analyze(self, x: Any, *, crops: bool = True, progress: bool | None = None) -> Any:
        """Reads a picture, or each of several.

        :param x: a path, the bytes of a file, a PIL picture, an array ``[height, width, 3]`` of uint8, RGB; or an iterable of such. A contiguous array is read where
            it lies, one of several is copied to the thread that searches it: do not write to it meanwhile.
        :param crops: keep of each face what the networks saw, which notebooks show.
        :param progress: a bar, where tqdm is installed; by default of several pictures on a terminal and in a notebook.
        :returns: an :class:`Analysis`; of several a list of them in their order, one that could not be read with its ``error``.
        :raises Error: where the device is lost; where a single picture cannot be read.
        """
        if is_many(x):
            return list(self._each(list(x), crops, progress))
        [found] = self._some([x], crops, None)
        if found.code is not None:
            raise Error(found.code, str(found.error))
        return found

    def _each(self, pictures: list[Picture], crops: bool, progress: bool | None) -> Iterator[Analysis]:
        with bar(progress, len(pictures), "picture") as step:
            for begin in range(0, len(pictures), _MANY):
                yield from self._some(pictures[begin : begin + _MANY], crops, step)

    def _some(self, pictures: list[Picture], crops: bool, step: Any) -> list[Analysis]:
        own = self._open()
        names = [name(picture) for picture in pictures]
        told = own.analyze([lenient(picture) for picture in pictures], [known or "" for known in names], crops, step)
        width, height = own.about["crop"]
        return [analysis(line, cut, (height, width), code, known) for (line, cut, code), known in zip(told, names)]

    def table(self, items: Iterable[Picture], keys: Iterable[object] | None = None, *, progress: bool | None = None) -> Table:
        """Reads pictures into one Arrow table: a row a face; a picture without a face, or one that could not be read, has a row too.

        The columns are always the same of a recognizer: ``key``, ``width``, ``height``, ``face`` (from 1), ``x``, ``y``, ``w``, ``h``, ``score``, ``yaw``, ``pitch``,
        ``roll``, ``label``, ``unsure``, one a label; with ``actions`` ``AU01``, ``AU01_intensity`` and so on; with ``embed`` ``embedding``; ``error``.

        :param items: pictures as :meth:`analyze` takes them.
        :param keys: a key each, which is written as text; by default a path's name, or else the picture's number from 0.
        :param progress: as :meth:`analyze` has it.
        :raises Error: where the device is lost, or there are not as many keys as pictures.
        """
        own = self._open()
        add, stream, schema = own.table()
        rows, count = 0, 0
        pictures = iter(items)
        given = None if keys is None else iter(keys)
        total = len(items) if isinstance(items, Sequence) else None
        with bar(progress, total, "picture") as step:
            while some := list(islice(pictures, _MANY)):
                if given is None:
                    own_keys = [name(picture) or str(count + at) for at, picture in enumerate(some)]
                else:
                    own_keys = [str(key) for key in islice(given, len(some))]
                if len(own_keys) < len(some):
                    raise Error("argument", f"keys: {count + len(own_keys)} of them, and more pictures: give each its own")
                rows = add([lenient(picture) for picture in some], own_keys, step)
                count += len(some)
        if given is not None and next(given, None) is not None:
            raise Error("argument", f"keys: more of them than the {count} pictures: give each its own")
        return Table(rows, stream, schema)

    def analyze_video(
        self,
        path: str | os.PathLike[str],
        *,
        every: int = 1,
        start: float = 0.0,
        stop: float | None = None,
        fps: float | None = None,
        smooth: float | None = None,
        crops: bool = True,
        progress: bool | None = None,
    ) -> Video:
        """Reads the frames of a video, one after the other, while they are asked for; faces are followed, and keep their ``track``.

        It reads with networks of its own on the same device: other pictures can be read between two frames.

        :param path: a video, an animated picture, a Y4M file, a folder of numbered pictures, or ``camera:0``. Most are decoded by ffmpeg: that of the path, the one
            that ``MOUE_FFMPEG`` names, or that of ``pip install moue[video]``.
        :param every: every so many frames one is read.
        :param start: frames before this time are left out, in seconds since the first one; ``--from`` on the command line.
        :param stop: so are those from this time on; ``--to`` on the command line.
        :param fps: frames a second of a folder of pictures, and of Y4M that says none.
        :param smooth: time constant in seconds of an exponential mean of each face's probabilities.
        :param crops: as :meth:`analyze` has it.
        :param progress: a bar, where tqdm is installed.
        :raises Error: where it cannot be opened.
        """
        options = {"every": every, "from": start, "to": stop, "fps": fps, "smooth": smooth, "crops": crops}
        own = self._open()
        width, height = own.about["crop"]
        return Video(own.video, os.fspath(path), options, (height, width), progress)

