"""Networks of files: imported from other frameworks, and run on raw tensors."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _moue
from ._devices import chosen
from ._error import Error


def import_model(
    *sources: str | os.PathLike[str],
    output: str | os.PathLike[str],
    preprocess: Mapping[str, Any] | None = None,
    labels: Sequence[str] = (),
    mean: str | os.PathLike[str] | None = None,
    seed: int | None = None,
) -> dict[str, Any]:
    """Makes a model file of a network of another framework: ``moue import``.

    :param sources: Caffe's .prototxt and .caffemodel, or one .onnx, .tflite (``bundle.task:member.tflite``) or .safetensors of torchvision's.
    :param output: the model file that is written.
    :param preprocess: how a face becomes its input: ``canonical`` and one of ``representations``, as a model file has them.
    :param labels: those of its answer.
    :param mean: Caffe's mean.binaryproto.
    :param seed: random weights of this seed where the files have none.
    :returns: the description that the file has now.
    :raises Error: where a file cannot be read, by the name of its layer or node.
    """
    asked = {
        "sources": [os.fspath(source) for source in sources],
        "output": os.fspath(output),
        "preprocess": preprocess,
        "labels": list(labels),
        "mean": None if mean is None else os.fspath(mean),
        "seed": seed,
    }
    described, _ = _moue.import_model(json.dumps(asked))
    description: dict[str, Any] = json.loads(described)
    return description


class Network:
    """The networks of a model file, ready for raw tensors: ``moue run``. Threads share it, one at a time computes.

    :param file: a model file.
    :param device: as of :class:`moue.Recognizer`.
    :param tensor: answer this tensor of the network instead of its outputs.
    :param batch: images a submission takes; all of them by default.
    :param precision: ``f32``, or ``f16`` on a GPU.
    :param threads: those of the processor at most.
    :raises Error: where the file or the device is not there, or no tensor has the name.
    """

    def __init__(
        self,
        file: str | os.PathLike[str],
        device: str | int | None = None,
        *,
        tensor: str | None = None,
        batch: int | None = None,
        precision: Literal["f32", "f16"] = "f32",
        threads: int | None = None,
    ) -> None:
        self._recipe: dict[str, Any] = {
            "file": os.path.abspath(os.fspath(file)),
            "device": chosen(device),
            "threads": threads,
            "tensor": tensor,
            "batch": batch,
            "precision": precision,
        }
        warning = self._open()[1]["warning"]
        if warning:
            warnings.warn(str(warning), RuntimeWarning, stacklevel=2)

    def _open(self) -> tuple[int, dict[str, Any], Any]:
        opened: tuple[int, dict[str, Any], Any] | None = self.__dict__.get("_opened")
        if opened is None or opened[0] != os.getpid():
            about, run = _moue.network(json.dumps(self._recipe))
            opened = self._opened = (os.getpid(), json.loads(about), run)
        return opened

    def __getstate__(self) -> dict[str, Any]:
        return {"_recipe": self._recipe}

    @property
    def device(self) -> str:
        """Name of the adapter, ``cpu`` or ``reference``."""
        return str(self._open()[1]["device"])

    @property
    def description(self) -> dict[str, Any]:
        """What the model file says of itself."""
        description: dict[str, Any] = self._open()[1]["model"]
        return description

    def run(self, inputs: npt.ArrayLike | Mapping[str, npt.ArrayLike]) -> Any:
        """Sends tensors through.

        :param inputs: an array ``[N, C, H, W]`` of float32, or of whatever rank the network reads; a mapping by name where it has several inputs.
        :returns: what the network returns, float32; a dict by name where there are several outputs, or several networks in the file.
        :raises Error: where the shapes are not the network's, or a value is not finite.
        """
        named: Iterable[tuple[str | None, npt.ArrayLike]] = inputs.items() if isinstance(inputs, Mapping) else [(None, inputs)]
        given = [(name, np.ascontiguousarray(array, np.float32)) for name, array in named]
        for name, array in given:
            if array.size == 0:
                raise Error("argument", f"{name or 'the input'} has the shape {list(array.shape)}: [N, C, H, W] is needed")
        told = self._open()[2]([(name, list(array.shape), array.tobytes()) for name, array in given])
        found = {name: np.frombuffer(values, np.float32).reshape(shape) for name, shape, values in told}
        return next(iter(found.values())) if len(found) == 1 else found

    def __repr__(self) -> str:
        return f"Network({self._recipe['file']!r}, {self._recipe['device']!r})"
