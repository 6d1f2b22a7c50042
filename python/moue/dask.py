"""Pictures and videos by `Dask <https://docs.dask.org>`_: ``pip install moue[dask]``.

    >>> import moue.dask
    >>> moue.dask.analyze("s3://bucket/photos/*").to_parquet("s3://bucket/faces")
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._batches import Pictures, Videos, engine

if TYPE_CHECKING:
    import pandas
    import pyarrow
    from dask.bag import Bag  # pyright: ignore[reportMissingImports]
    from dask.dataframe import DataFrame  # pyright: ignore[reportMissingImports]


def analyze(
    source: str | list[str] | Bag | DataFrame,
    *,
    batch_size: int = 64,
    key: str = "path",
    content: str = "content",
    storage_options: dict[str, Any] | None = None,
    **options: Any,
) -> DataFrame:
    """Rows of the faces of pictures: the columns of :meth:`moue.Recognizer.table`, integers with a sign, in pandas' types of Arrow.

    Each worker has a recognizer, which its threads share, with as many threads as the worker.

    :param source: files or patterns (``photos/*.jpg``), also of buckets, every one of which is a picture; a bag of pairs ``(key, bytes)``; or a data frame that has
        their bytes.
    :param batch_size: files of a partition. Bags and data frames have partitions already: they are read as a whole.
    :param key: a data frame's column of row keys.
    :param content: its column of the bytes of pictures.
    :param storage_options: of the bucket, for fsspec.
    :param options: as of :class:`moue.Recognizer`; model files lie at the same path on every machine.
    :raises ImportError: where Dask is not installed.
    :raises moue.Error: where an option is none.
    """
    return _mapped(source, Pictures(options), batch_size, key, content, storage_options)


def analyze_video(
    source: str | list[str] | Bag | DataFrame,
    *,
    every: int = 1,
    start: float = 0.0,
    stop: float | None = None,
    fps: float | None = None,
    smooth: float | None = None,
    key: str = "path",
    content: str = "content",
    storage_options: dict[str, Any] | None = None,
    **options: Any,
) -> DataFrame:
    """Rows of the faces of videos, a row a face and frame: also ``frame``, ``pts``, ``timestamp`` and ``track``. A file is a partition.

    :param every: this and ``start``, ``stop``, ``fps`` and ``smooth`` as of :meth:`moue.Recognizer.analyze_video`; the others as of :func:`analyze`.
    """
    videos = Videos(options, {"every": every, "start": start, "stop": stop, "fps": fps, "smooth": smooth})
    return _mapped(source, videos, 1, key, content, storage_options)


def _mapped(
    source: str | list[str] | Bag | DataFrame,
    read: Pictures,
    batch_size: int,
    key: str,
    content: str,
    storage_options: dict[str, Any] | None,
) -> DataFrame:
    bag, frames = engine("dask.bag", "dask"), engine("dask.dataframe", "dask")
    schema = read.schema()
    meta = _pandas(schema.empty_table())
    given: Any = source
    rows: DataFrame
    if isinstance(given, frames.DataFrame):
        rows = given[[key, content]].map_partitions(_of_frame, read, schema, meta=meta)
        return rows
    if isinstance(source, (str, list)):
        files = engine("fsspec", "dask").open_files(source, "rb", **(storage_options or {}))
        if not files:
            rows = frames.from_pandas(meta, npartitions=1)
            return rows
        given = bag.from_sequence(files, partition_size=batch_size).map(_read)
    rows = frames.from_delayed(given.map_partitions(_of_pairs, read, schema).to_delayed(), meta=meta, verify_meta=False)
    return rows


def _read(file: Any) -> tuple[str, bytes]:
    with file as opened:
        return file.path, opened.read()


def _of_pairs(pairs: Iterable[tuple[object, Any]], read: Pictures, schema: pyarrow.Schema) -> pandas.DataFrame:
    given = list(pairs)
    return _rows(read, [key for key, _ in given], [content for _, content in given], schema)


def _of_frame(frame: pandas.DataFrame, read: Pictures, schema: pyarrow.Schema) -> pandas.DataFrame:
    import pyarrow

    # What is missing is None, of whatever type the columns are.
    keys, contents = (pyarrow.Array.from_pandas(frame.iloc[:, at]).to_pylist() for at in range(2))
    return _rows(read, keys, contents, schema)


def _rows(read: Pictures, keys: list[object], contents: list[Any], schema: pyarrow.Schema) -> pandas.DataFrame:
    import pyarrow

    return _pandas(pyarrow.concat_tables(list(read(keys, contents)) or [schema.empty_table()]))


def _pandas(table: pyarrow.Table) -> pandas.DataFrame:
    """In types that say what is missing."""
    import pandas

    frame: pandas.DataFrame = table.to_pandas(types_mapper=pandas.ArrowDtype)
    return frame
