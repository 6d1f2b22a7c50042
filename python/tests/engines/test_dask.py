"""Dask on this machine: two workers."""

import os
import time

import moue
import moue.dask
import pandas
import pyarrow
import pytest
from common import COUNT, OPTIONS, failing, pairs, rows, same, same_frames, written

distributed = pytest.importorskip("distributed")
bag = pytest.importorskip("dask.bag")
frames = pytest.importorskip("dask.dataframe")


@pytest.fixture(scope="module")
def client():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None, silence_logs="CRITICAL") as cluster:
        with distributed.Client(cluster) as client:
            yield client


def test_every_picture_once_where_a_worker_dies_and_a_device_is_lost(client, folder, expected, timed, tmp_path, monkeypatch):
    Failing, died, lost = failing(tmp_path)
    monkeypatch.setattr(moue.dask, "Pictures", Failing)
    found = moue.dask.analyze(f"{folder}/*.jpg", batch_size=64 if COUNT > 64 else 4, **OPTIONS)
    found.to_parquet(str(tmp_path / "faces"), write_index=False, compute_kwargs={"retries": 3})
    same(written(tmp_path / "faces"), expected)
    assert died.exists() and lost.exists()


def test_videos_in_bags_and_frames(client, folder, clip):
    given = pairs(clip, folder)
    found = moue.dask.analyze_video(bag.from_sequence(given, npartitions=2), every=2, **OPTIONS)
    same_frames(rows(arrow(found)), clip)
    # Dask takes columns of objects for text, and bytes are none.
    table = pyarrow.table({"name": [name for name, _ in given], "file": pyarrow.array([content for _, content in given], pyarrow.binary())})
    table = frames.from_pandas(table.to_pandas(types_mapper=pandas.ArrowDtype), npartitions=1)
    found = moue.dask.analyze_video(table, every=2, key="name", content="file", **OPTIONS)
    same_frames(rows(arrow(found)), clip)


def arrow(found):
    return pyarrow.Table.from_pandas(found.compute(), preserve_index=False)


def test_nothing_has_the_same_columns(client, tmp_path):
    found = moue.dask.analyze(f"{tmp_path}/*.jpg", embed=True, **OPTIONS)
    own = moue.Recognizer(embed=True, **OPTIONS).table([]).to_arrow()
    assert len(found) == 0 and list(found.columns) == own.column_names
    assert str(found.dtypes["width"]) == "int32[pyarrow]" and (found.compute().dtypes == found.dtypes).all()


def test_threads_of_a_worker_share_a_recognizer_on_what_is_there(client):
    def given(_):
        reader = moue.Recognizer.for_task(faces="none", min_score=0.25)
        time.sleep(0.5)
        return os.getpid(), id(reader), reader.device, reader._recipe["threads"]

    found = set(client.gather(client.map(given, range(4), pure=False)))
    assert len(found) == len({process for process, *_ in found}) <= 2
    assert {(device, threads) for *_, device, threads in found} == {(moue.Recognizer(faces="none").device, 2)}
