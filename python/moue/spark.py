"""Pictures and videos by `Spark <https://spark.apache.org/docs/latest/>`_: ``pip install moue[spark]``, and a Java 17 or later.

    >>> import moue.spark
    >>> moue.spark.analyze("s3a://bucket/photos", spark=spark).write.parquet("s3a://bucket/faces")
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ._batches import Pictures, Videos, engine

if TYPE_CHECKING:
    import pyarrow
    from pyspark.resource import ResourceProfile  # pyright: ignore[reportMissingImports]
    from pyspark.sql import DataFrame, SparkSession  # pyright: ignore[reportMissingImports]

_AT_ONCE = "spark.sql.execution.arrow.maxRecordsPerBatch"
_MANY = 1000
"""More pictures than a task should hold."""


def analyze(
    source: str | list[str] | DataFrame,
    *,
    spark: SparkSession | None = None,
    profile: ResourceProfile | None = None,
    key: str = "path",
    content: str = "content",
    **options: Any,
) -> DataFrame:
    """Rows of the faces of pictures: the columns of :meth:`moue.Recognizer.table`, integers with a sign.

    Each Python process of an executor has a recognizer, on the ``gpu`` and with as many threads as its task was given. It gets as many pictures together as
    ``spark.sql.execution.arrow.maxRecordsPerBatch`` says: 64 is a good number.

    :param source: files or folders, also of buckets, by the ``binaryFile`` source, every file of which is a picture; or a data frame that has their bytes.
    :param spark: the session; by default the one that there is.
    :param profile: the resources of a task, where they are not the session's.
    :param key: a data frame's column of row keys.
    :param content: its column of the bytes of pictures.
    :param options: as of :class:`moue.Recognizer`; model files lie at the same path on every machine.
    :raises ImportError: where PySpark is not installed.
    :raises moue.Error: where an option is none.
    """
    return _mapped(source, Pictures(options), spark, profile, key, content)


def analyze_video(
    source: str | list[str] | DataFrame,
    *,
    every: int = 1,
    start: float = 0.0,
    stop: float | None = None,
    fps: float | None = None,
    smooth: float | None = None,
    spark: SparkSession | None = None,
    profile: ResourceProfile | None = None,
    key: str = "path",
    content: str = "content",
    **options: Any,
) -> DataFrame:
    """Rows of the faces of videos, a row a face and frame: also ``frame``, ``pts``, ``timestamp`` and ``track``. Spark's rows hold at most 2 GB.

    :param every: this and ``start``, ``stop``, ``fps`` and ``smooth`` as of :meth:`moue.Recognizer.analyze_video`; the others as of :func:`analyze`.
    """
    videos = Videos(options, {"every": every, "start": start, "stop": stop, "fps": fps, "smooth": smooth})
    return _mapped(source, videos, spark, profile, key, content)


def _mapped(
    source: str | list[str] | DataFrame,
    read: Pictures,
    spark: SparkSession | None,
    profile: ResourceProfile | None,
    key: str,
    content: str,
) -> DataFrame:
    sql = engine("pyspark.sql", "spark")
    given: Any = source
    if isinstance(source, (str, list)):
        session: SparkSession = spark or sql.SparkSession.builder.getOrCreate()
        files = session.read.format("binaryFile").option("recursiveFileLookup", "true")
        given, key, content = files.load(source), "path", "content"
    session = given.sparkSession
    many = int(session.conf.get(_AT_ONCE) or 0)
    if not 0 < many <= _MANY:
        number = str(many) if many > 0 else "any number of"
        warnings.warn(f'Spark hands {number} pictures to a task at once: spark.conf.set("{_AT_ONCE}", 64)', RuntimeWarning, stacklevel=3)
    schema = session.createDataFrame(read.schema().empty_table()).schema
    rows: DataFrame = given.select(key, content).mapInArrow(_batches(read), schema, profile=profile)
    return rows


def _batches(read: Pictures) -> Callable[[Iterator[pyarrow.RecordBatch]], Iterator[pyarrow.RecordBatch]]:
    def each(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        for batch in batches:
            keys, contents = (column.to_pylist() for column in batch.columns)
            for table in read(keys, contents):
                yield from table.to_batches()

    return each
