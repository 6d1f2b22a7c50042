"""Threads, forked and spawned processes."""

import faulthandler
import importlib
import multiprocessing
import pickle
import sys
import threading
import types
from pathlib import Path

import moue
import numpy as np
import pytest

# Of one that never ends nobody would know where it stands.
SECONDS = 300


def resident():
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says how much memory there is")
def test_eight_threads_share_a_recognizer_and_memory_stays():
    reader = moue.Recognizer("cpu", faces="none")
    random = np.random.default_rng(1)
    pictures = random.integers(0, 256, (1000, 60, 50, 3), np.uint8)
    found, sizes = [None] * len(pictures), []

    def work(first):
        for at in range(first, len(pictures), 8):
            found[at] = reader.analyze(pictures[at], crops=False).faces[0].probabilities
            if first == 0:
                sizes.append(resident())

    faulthandler.dump_traceback_later(SECONDS, exit=True)
    threads = [threading.Thread(target=work, args=(first,)) for first in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    faulthandler.cancel_dump_traceback_later()
    assert found[::100] == [one.faces[0].probabilities for one in reader.analyze(list(pictures[::100]))]
    # The first fifth warms up; answers themselves are some kilobytes each.
    assert sizes[-1] - sizes[len(sizes) // 5] < 20e6, [size // 1_000_000 for size in sizes[::12]]


def test_other_threads_run_while_one_reads(recognizer, pixels):
    """Python's lock is let go: a thread that counts goes on."""
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1
            stop.wait(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    before = counted[0]
    recognizer.analyze([pixels] * 8)
    after = counted[0]
    stop.set()
    thread.join()
    assert after - before > 20


def read(asked):
    reader, picture = asked
    return reader.analyze(picture).to_dict()["faces"]


SHARED = {}


def read_shared(picture):
    return SHARED["reader"].analyze(picture).to_dict()["faces"]


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
def test_four_forked_processes_open_their_own(recognizer, pixels):
    own = recognizer.analyze(pixels).to_dict()["faces"]
    SHARED["reader"] = recognizer
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert pool.map(read_shared, [pixels] * 8) == [own] * 8
    # And here it goes on.
    assert recognizer.analyze(pixels).to_dict()["faces"] == own
    faulthandler.cancel_dump_traceback_later()


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
def test_a_forked_process_opens_an_adapter_anew(adapter, pixels):
    SHARED["reader"] = moue.Recognizer(adapter)
    own = read_shared(pixels)
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map(read_shared, [pixels]) == [own]
    faulthandler.cancel_dump_traceback_later()


def test_four_spawned_processes_open_their_own(recognizer, pixels):
    own = recognizer.analyze(pixels).to_dict()["faces"]
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert pool.map(read, [(recognizer, pixels)] * 4) == [own] * 4
    faulthandler.cancel_dump_traceback_later()


def test_a_pickled_one_opens_when_it_is_asked(recognizer):
    again = pickle.loads(pickle.dumps(recognizer))
    assert "not open yet" in repr(again)
    assert again.labels == recognizer.labels and "not open" not in repr(again)


class Task:
    """Of Spark: what it says of a task that was given the third GPU, and three processors."""

    addresses = ["2"]

    @classmethod
    def get(cls):
        return cls()

    def resources(self):
        return {"gpu": self}

    def cpus(self):
        return 3


def test_tasks_of_a_process_share_one_on_the_gpu_they_were_given(monkeypatch):
    one = moue.Recognizer.for_task(device="cpu", faces="none")
    assert moue.Recognizer.for_task(faces="none", device="cpu") is one
    assert moue.Recognizer.for_task(device="reference", faces="none") is not one
    monkeypatch.setitem(sys.modules, "pyspark", types.SimpleNamespace(TaskContext=Task))
    with pytest.raises(moue.Error, match="cuda:2"):
        # There is none on a machine without.
        moue.Recognizer.for_task(faces="none")
    # Of a device that is asked for only the threads are the task's.
    assert moue.Recognizer.for_task(device="cpu", faces="none") is not one


def test_tasks_in_threads_open_one_and_another_where_its_device_is_lost():
    found = []
    threads = [threading.Thread(target=lambda: found.append(moue.Recognizer.for_task(device="cpu", min_score=0.75))) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(found) == 4 and all(one is found[0] for one in found)
    found[0].forget()
    assert moue.Recognizer.for_task(device="cpu", min_score=0.75) is not found[0]


@pytest.mark.parametrize("engine", ["ray", "spark", "dask"])
def test_an_engine_that_is_not_there_is_named_with_its_extra(engine, monkeypatch):
    for module in ("ray", "ray.data", "pyspark", "pyspark.sql", "dask", "dask.bag"):
        monkeypatch.setitem(sys.modules, module, None)
    module = importlib.import_module(f"moue.{engine}")
    with pytest.raises(ImportError, match=rf"pip install moue\[{engine}\]"):
        module.analyze("photos", device="cpu")
