"""Ray Data on this machine."""

import os
import runpy
import sys

import moue
import moue.ray
import pyarrow
import pytest
from common import COUNT, OPTIONS, ROOT, failing, pairs, rows, same, same_frames, written

ray = pytest.importorskip("ray")


@pytest.fixture(scope="module", autouse=True)
def machine():
    """Four processors and two GPUs, as Ray is told: it hands them out, and asks nobody whether they are there."""
    ray.init(num_cpus=4, num_gpus=2, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


def test_every_picture_once_where_an_actor_dies_and_a_device_is_lost(folder, expected, timed, tmp_path, monkeypatch):
    Failing, died, lost = failing(tmp_path)
    monkeypatch.setattr(moue.ray, "Pictures", Failing)
    found = moue.ray.analyze(str(folder), actors=2, batch_size=64 if COUNT > 64 else 4, **OPTIONS)
    found.write_parquet(str(tmp_path / "faces"))
    same(written(tmp_path / "faces"), expected)
    assert died.exists() and lost.exists()


def test_videos_and_tables_of_them(folder, clip):
    source = ray.data.from_items([{"name": name, "file": content} for name, content in pairs(clip, folder)])
    found = moue.ray.analyze_video(source, every=2, actors=1, key="name", content="file", **OPTIONS)
    table = pyarrow.concat_tables(ray.get(found.to_arrow_refs()))
    assert table.schema == moue.ray.schema(video=True)
    same_frames(rows(table), clip)


def test_actors_are_on_the_gpus_that_ray_gave_them():
    def given():
        reader = moue.Recognizer.for_task(faces="none")
        assert moue.Recognizer.for_task(faces="none") is reader
        return os.environ.get("CUDA_VISIBLE_DEVICES"), reader.device, reader._recipe["threads"]

    class Actor:
        def given(self):
            return given()

    actors = [ray.remote(num_cpus=2, num_gpus=1)(Actor).remote() for _ in range(2)]
    found = ray.get([actor.given.remote() for actor in actors])
    assert sorted(visible for visible, _, _ in found) == ["0", "1"]
    # A machine without NVIDIA's: what is there is taken.
    own = moue.Recognizer(faces="none").device
    if not any("nvidia" in device.name.lower() for device in moue.devices()):
        assert [(device, threads) for _, device, threads in found] == [(own, 2)] * 2


def test_the_example_runs(folder, tmp_path, monkeypatch, capsys):
    some = tmp_path / "pictures"
    some.mkdir()
    for at in range(6, 9):
        (some / f"{at}.jpg").write_bytes((folder / f"{at:04}.jpg").read_bytes())
    monkeypatch.setattr(sys, "argv", ["ray_folder.py", str(some), str(tmp_path / "faces")])
    runpy.run_path(str(ROOT / "examples/ray_folder.py"), run_name="__main__")
    assert "7.jpg cannot read" in capsys.readouterr().out
    assert len(written(tmp_path / "faces")) == 3
