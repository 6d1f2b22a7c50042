"""Spark on this machine: two tasks at a time, each tried four times."""

import shutil

import moue
import moue.spark
import pyarrow.dataset
import pytest
from common import COUNT, OPTIONS, failing, pairs, rows, same, same_frames, written

sql = pytest.importorskip("pyspark.sql")
if shutil.which("java") is None:
    pytest.skip("no Java here, which Spark runs on: on Debian and Ubuntu openjdk-17-jre-headless", allow_module_level=True)


@pytest.fixture(scope="module")
def spark():
    builder = sql.SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 64 if COUNT > 64 else 4)
    # Small pictures: several tasks.
    builder = builder.config("spark.sql.files.maxPartitionBytes", "256k" if COUNT > 64 else "24k")
    session = builder.config("spark.sql.files.openCostInBytes", "0").config("spark.sql.shuffle.partitions", "2").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def test_every_picture_once_where_a_process_dies_and_a_device_is_lost(spark, folder, expected, timed, tmp_path, monkeypatch):
    Failing, died, lost = failing(tmp_path)
    monkeypatch.setattr(moue.spark, "Pictures", Failing)
    found = moue.spark.analyze(str(folder), spark=spark, **OPTIONS)
    assert found.rdd.getNumPartitions() > 2
    found.write.parquet(str(tmp_path / "faces"))
    same(written(tmp_path / "faces"), expected)
    assert died.exists() and lost.exists()


def test_videos_and_tables_of_them(spark, folder, clip, tmp_path):
    source = spark.createDataFrame(pairs(clip, folder), "name string, file binary")
    found = moue.spark.analyze_video(source, every=2, key="name", content="file", **OPTIONS)
    same_frames(rows(found.toArrow()), clip)


def test_nothing_has_the_same_columns(spark, tmp_path):
    nothing = spark.createDataFrame([], "path string, content binary")
    found = moue.spark.analyze(nothing, embed=True, **OPTIONS)
    found.write.parquet(str(tmp_path / "none"))
    table = pyarrow.dataset.dataset(tmp_path / "none", exclude_invalid_files=True).to_table()
    own = moue.Recognizer(embed=True, **OPTIONS).table([]).to_arrow()
    assert table.num_rows == 0 and table.column_names == own.column_names


def test_too_many_pictures_at_once_are_warned_of(spark, folder, monkeypatch):
    own = "spark.sql.execution.arrow.maxRecordsPerBatch"
    kept = spark.conf.get(own)
    spark.conf.set(own, 10_000)
    with pytest.warns(RuntimeWarning, match="10000 pictures"):
        moue.spark.analyze(str(folder), spark=spark, **OPTIONS)
    spark.conf.set(own, kept)


def test_a_task_takes_what_is_there_with_its_threads(spark):
    def given(_):
        reader = moue.Recognizer.for_task(faces="none")
        return [(reader.device, reader._recipe["threads"], moue.Recognizer.for_task(faces="none") is reader)]

    found = spark.sparkContext.parallelize(range(2), 2).mapPartitions(given).collect()
    assert found == [(moue.Recognizer(faces="none").device, 1, True)] * 2
