"""What is said of pictures, frames and faces: the records of ``moue analyze --json``."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _html


class Face:
    """A face, as ``moue analyze --json`` says it. :meth:`to_dict` has the record itself."""

    __slots__ = ("_record", "_crop")

    def __init__(self, record: dict[str, Any], crop: npt.NDArray[np.uint8] | None = None) -> None:
        self._record = record
        self._crop = crop

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, width, height in pixels, without the model's margin; it may reach beyond the picture."""
        x, y, width, height = self._record["box"]
        return x, y, width, height

    @property
    def score(self) -> float | None:
        """The detector's, 0 to 1; ``None`` with ``faces="none"``."""
        score: float | None = self._record["score"]
        return score

    @property
    def label(self) -> str:
        """The most probable label; the first where several are equal."""
        label: str = self._record["label"]
        return label

    @property
    def unsure(self) -> bool:
        """Whether people would disagree about this face: its label has less than half."""
        unsure: bool = self._record["unsure"]
        return unsure

    @property
    def probabilities(self) -> dict[str, float]:
        """Label -> probability, in the order of the model's labels; sum 1."""
        probabilities: dict[str, float] = self._record["probabilities"]
        return probabilities

    @property
    def members(self) -> list[dict[str, Any]]:
        """Each network's own answer: ``name``, ``label``, ``probabilities``."""
        members: list[dict[str, Any]] = self._record["members"]
        return members

    @property
    def pose(self) -> dict[str, float] | None:
        """``yaw``, ``pitch``, ``roll`` of the head in degrees; ``None`` without landmarks."""
        pose: dict[str, float] | None = self._record.get("pose")
        return pose

    @property
    def eyes(self) -> dict[str, float] | None:
        """How far ``left`` and ``right`` are open, 0 to 1."""
        eyes: dict[str, float] | None = self._record.get("eyes")
        return eyes

    @property
    def mouth(self) -> float | None:
        """How far it is open, 0 to 1."""
        mouth: float | None = self._record.get("mouth")
        return mouth

    @property
    def landmarks(self) -> npt.NDArray[np.float32] | None:
        """``[5, 68 or 478, 3]`` points x, y, z in pixels of the picture, where ``landmarks=`` asked for them."""
        points = self._record.get("landmarks")
        return None if points is None else np.asarray(points, np.float32)

    @property
    def blendshapes(self) -> dict[str, float] | None:
        """The 52 blendshapes, 0 to 1, where ``blendshapes=True`` asked for them."""
        blendshapes: dict[str, float] | None = self._record.get("blendshapes")
        return blendshapes

    @property
    def actions(self) -> dict[str, Any] | None:
        """Action units, where ``actions`` asked for them: ``strongest``, ``units`` with ``probability``, ``intensity`` 0 to 5 and ``present`` each, and ``emfacs``."""
        actions: dict[str, Any] | None = self._record.get("actions")
        return actions

    @property
    def embedding(self) -> npt.NDArray[np.float32] | None:
        """``[64]`` numbers whose distances mean likeness of expression, where ``embed=True`` asked for them."""
        numbers = self._record.get("embedding")
        return None if numbers is None else np.asarray(numbers, np.float32)

    @property
    def track(self) -> int | None:
        """Whose it is, in a video."""
        track: int | None = self._record.get("track")
        return track

    @property
    def crop(self) -> npt.NDArray[np.uint8] | None:
        """What the networks saw: ``[height, width, 3]`` uint8, RGB; ``None`` with ``crops=False``."""
        return self._crop

    def to_dict(self) -> dict[str, Any]:
        """The record of the face."""
        return self._record

    def __repr__(self) -> str:
        unsure = ", unsure" if self.unsure else ""
        return f"Face({self.label} {self.probabilities[self.label]:.2f}{unsure}, box={self.box})"

    def _repr_html_(self) -> str:
        return _html.faces([self], "")


class Analysis:
    """The answer for a picture. :meth:`to_dict` has its record: ``moue.analyze/1``."""

    __slots__ = ("_record", "code", "faces", "input")

    input: str | None
    """The path, as given; ``None`` of what was in memory."""
    faces: list[Face]
    """Best score first; none is no error."""
    code: str | None
    """That of the error, as :attr:`moue.Error.code`."""

    def __init__(self, record: dict[str, Any], faces: list[Face], code: str | None = None, name: str | None = None) -> None:
        self._record = record
        self.faces = faces
        self.code = code
        self.input = name

    @property
    def width(self) -> int | None:
        """Of the upright picture, in pixels; ``None`` where it could not be read."""
        width: int | None = self._record["width"]
        return width

    @property
    def height(self) -> int | None:
        """Of the upright picture, in pixels; ``None`` where it could not be read."""
        height: int | None = self._record["height"]
        return height

    @property
    def error(self) -> str | None:
        """Why it could not be answered."""
        error: str | None = self._record["error"]
        return error

    def to_dict(self) -> dict[str, Any]:
        """The record, key by key that of ``moue analyze --json``."""
        return self._record

    def _place(self) -> str:
        return repr(self.input) if self.input is not None else "picture"

    def __repr__(self) -> str:
        if self.error is not None:
            return f"{type(self).__name__}({self._place()}, error={self.error!r})"
        said = ", ".join(f"{face.label} {face.probabilities[face.label]:.2f}" for face in self.faces) or "no face"
        return f"{type(self).__name__}({self._place()}, {self.width} x {self.height}: {said})"

    def _repr_html_(self) -> str:
        return _html.faces(self.faces, self.error or ("" if self.faces else f"{self._place()}: no face"))


class Frame(Analysis):
    """The answer for a frame of a video: ``moue.frame/1``."""

    __slots__ = ()

    @property
    def frame(self) -> int:
        """Its number in the video, from 0."""
        frame: int = self._record["frame"]
        return frame

    @property
    def pts(self) -> int | None:
        """Its time as the file says it, in the file's own units."""
        pts: int | None = self._record["pts"]
        return pts

    @property
    def timestamp(self) -> float:
        """Seconds since the first frame."""
        timestamp: float = self._record["timestamp"]
        return timestamp

    @property
    def smoothed(self) -> float | None:
        """Over how many seconds probabilities were smoothed."""
        smoothed: float | None = self._record.get("smoothed")
        return smoothed

    def _place(self) -> str:
        return f"frame {self.frame} at {self.timestamp:.3f} s"


def analysis(line: str, crops: list[bytes], size: tuple[int, int], code: str | None, name: str | None) -> Analysis:
    """Of what the native half says of a picture."""
    record = json.loads(line)
    record["input"] = name
    return Analysis(record, _faces(record, crops, size), code, name)


def frame(line: str, crops: list[bytes], size: tuple[int, int], name: str) -> Frame:
    """Of what the native half says of a frame."""
    record = json.loads(line)
    return Frame(record, _faces(record, crops, size), None, name)


def _faces(record: dict[str, Any], crops: list[bytes], size: tuple[int, int]) -> list[Face]:
    height, width = size
    cut = [np.frombuffer(crop, np.uint8).reshape(height, width, 3) for crop in crops]
    return [Face(face, cut[at] if at < len(cut) else None) for at, face in enumerate(record["faces"])]
