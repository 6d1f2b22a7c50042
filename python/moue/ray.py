"""Pictures and videos by `Ray Data <https://docs.ray.io/en/latest/data/data.html>`_: ``pip install moue[ray]``.

    >>> import moue.ray
    >>> moue.ray.analyze("s3://bucket/photos", actors=4, gpus_per_actor=1).write_parquet("s3://bucket/faces")
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ._batches import Lost, Pictures, Videos, engine

if TYPE_CHECKING:
    import pyarrow
    from ray.data import Dataset  # pyright: ignore[reportMissingImports]


def analyze(
    source: str | list[str] | Dataset,
    *,
    actors: int | None = None,
    cpus_per_actor: float = 1,
    gpus_per_actor: float = 0,
    batch_size: int = 64,
    key: str = "path",
    content: str = "bytes",
    **options: Any,
) -> Dataset:
    """Rows of the faces of pictures: the columns of :meth:`moue.Recognizer.table`, integers with a sign.

    :param source: files or folders, also of buckets, by ``ray.data.read_binary_files``, every file of which is a picture; or a dataset that has their bytes.
    :param actors: processes that read, each with a recognizer; by default as many as Ray finds room and work for.
    :param cpus_per_actor: processors that each is given, and so many threads: those that decode and find faces, where a GPU computes.
    :param gpus_per_actor: NVIDIA's GPUs that each is given. With 0 all actors of a machine choose the same device.
    :param batch_size: pictures that an actor gets together.
    :param key: a dataset's column of row keys.
    :param content: its column of the bytes of pictures.
    :param options: as of :class:`moue.Recognizer`; model files lie at the same path on every machine.
    :raises ImportError: where Ray is not installed.
    :raises moue.Error: where an option is none.
    """
    pictures = Pictures(options)
    return _mapped(source, pictures, actors, cpus_per_actor, gpus_per_actor, batch_size, key, content)


def analyze_video(
    source: str | list[str] | Dataset,
    *,
    every: int = 1,
    start: float = 0.0,
    stop: float | None = None,
    fps: float | None = None,
    smooth: float | None = None,
    actors: int | None = None,
    cpus_per_actor: float = 1,
    gpus_per_actor: float = 0,
    key: str = "path",
    content: str = "bytes",
    **options: Any,
) -> Dataset:
    """Rows of the faces of videos, a row a face and frame: also ``frame``, ``pts``, ``timestamp`` and ``track``.

    :param every: this and ``start``, ``stop``, ``fps`` and ``smooth`` as of :meth:`moue.Recognizer.analyze_video`; the others as of :func:`analyze`.
    """
    videos = Videos(options, {"every": every, "start": start, "stop": stop, "fps": fps, "smooth": smooth})
    return _mapped(source, videos, actors, cpus_per_actor, gpus_per_actor, 1, key, content)


def schema(*, video: bool = False, **options: Any) -> pyarrow.Schema:
    """The columns of :func:`analyze`, or of :func:`analyze_video`: of a dataset without rows Ray knows none, and writes no file.

    :param options: as of :class:`moue.Recognizer`.
    """
    read = Videos(options, {}) if video else Pictures(options)
    return read.schema()


class _Actor:
    """A process with a recognizer, which opens with it."""

    def __init__(self, read: Pictures, key: str, content: str) -> None:
        read.open()
        self._read = read
        self._columns = key, content

    def __call__(self, batch: pyarrow.Table) -> Iterator[pyarrow.Table]:
        keys, contents = (batch.column(name).to_pylist() for name in self._columns)
        yield from self._read(keys, contents)


def _mapped(
    source: str | list[str] | Dataset,
    read: Pictures,
    actors: int | None,
    cpus: float,
    gpus: float,
    batch_size: int,
    key: str,
    content: str,
) -> Dataset:
    data = engine("ray.data", "ray")
    if isinstance(source, (str, list)):
        source, key, content = data.read_binary_files(source, include_paths=True), "path", "bytes"
    given: Any = source
    pool = data.ActorPoolStrategy(size=actors) if actors else data.ActorPoolStrategy()
    rows: Dataset = given.map_batches(
        _Actor,
        fn_constructor_args=(read, key, content),
        batch_size=batch_size,
        batch_format="pyarrow",
        compute=pool,
        num_cpus=cpus,
        num_gpus=gpus,
    )
    # Of a dead process Ray sends the batch again by itself, of an exception only where it is told to.
    context: Any = rows.context
    context.actor_task_retry_on_errors = context.actor_task_retry_on_errors or [Lost]
    return rows
