"""compare.py with made-up programs: what is not right is not timed, what fails or hangs does not hold the others up, the minutes hold, a run that was cut goes on. Costs half a minute."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import compare
import programs
import pytest
import table

HERE = Path(__file__).parent
PEERS = "torch-compile,tensorrt"
SHAPE = "1,3,4,5"


class Bench:
    """A folder with two networks' files, and made-up programs."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.json, self.patch, self.starts = folder, folder / "report.json", monkeypatch, folder / "starts"
        for net in ("alexnet", "vgg16"):
            (folder / f"{net}.shape").write_text(SHAPE)
            (folder / f"{net}.onnx").write_text(net)
        self.moue = folder / "moue"
        self.moue.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "made_up.py"}" moue "$@"\n')
        self.moue.chmod(0o755)
        monkeypatch.setattr(programs, "WORKER", HERE / "made_up.py")
        monkeypatch.setenv("MADE_UP_STARTS", str(self.starts))
        self.made_up()

    def made_up(self, **does):
        self.patch.setenv("MADE_UP", json.dumps({kind.replace("_", "-"): of for kind, of in does.items()}))

    def arguments(self, *more):
        asked = {"--moue": self.moue, "--folder": self.folder, "--json": self.json, "--nets": "alexnet", "--peers": PEERS, "--batch": "1,3", "--warm-up": "0", "--repeats": "2"}
        return [str(part) for pair in asked.items() for part in pair] + list(more)

    def run(self, *more):
        """The report, and what was started for it."""
        self.starts.write_text("")
        self.patch.setattr(sys, "argv", ["compare.py", *self.arguments(*more)])
        compare.main()
        return json.loads(self.json.read_text()), self.starts.read_text().splitlines()

    def peers(self, *more):
        """By case and kind, what the report says."""
        return {(r["net"], r["precision"], r["batch"], kind): entry for r in self.run(*more)[0]["results"] for kind, entry in r["peers"].items()}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    return Bench(tmp_path, monkeypatch)


def measured(starts):
    """What was started to be measured: the reference and the question for moue's adapter are not."""
    return [line for line in starts if line.startswith(("torch", "tensorrt"))]


@pytest.mark.parametrize("wrong", [0.1, 0.02, "nan", "short"])
def test_a_wrong_answer_has_no_time_and_the_others_have_theirs(bench, wrong):
    bench.made_up(tensorrt={"wrong": wrong, "ms": 0.1})
    entries = bench.peers("--precision", "f32,f16")
    for (_, _, _, kind), entry in entries.items():
        assert ("median_ms" in entry) == (kind != "tensorrt") and ("failed" in entry) == (kind == "tensorrt"), entry
    assert len(entries) == 12


def test_an_answer_to_another_picture_is_wrong_where_there_are_several(bench):
    bench.made_up(tensorrt={"wrong": "other picture"})
    assert ["failed" in bench.peers()["alexnet", "f32", images, "tensorrt"] for images in (1, 3)] == [False, True]


def test_what_is_wrong_in_f16_alone_keeps_its_time_in_f32(bench):
    bench.made_up(torch_compile={"wrong": 0.5, "where": "f16"})
    entries = bench.peers("--precision", "f32,f16")
    assert "median_ms" in entries["alexnet", "f32", 1, "torch-compile"]
    assert entries["alexnet", "f16", 1, "torch-compile"]["failed"].startswith("wrong: it differs from the reference by 0.5")


@pytest.mark.parametrize("when", ["start", "run"])
def test_who_dies_is_said_with_its_message(bench, when):
    bench.made_up(tensorrt={"dies": when})
    entries = bench.peers()
    assert entries["alexnet", "f32", 1, "tensorrt"]["failed"] == f"made up: no memory at the {when}"
    assert [entries["alexnet", "f32", images, kind]["median_ms"] for images in (1, 3) for kind in ("moue", "torch-compile")] == [2, 2, 6, 6]


@pytest.mark.parametrize("when", ["start", "run"])
def test_who_hangs_is_ended_with_what_it_started_and_the_others_go_on(bench, when):
    child = bench.folder / "child"
    bench.made_up(tensorrt={"hangs": when, "child": str(child)})
    entries = bench.peers("--longest", "1.5")
    assert entries["alexnet", "f32", 1, "tensorrt"]["failed"] == "no answer within 1.5 s"
    assert entries["alexnet", "f32", 3, "torch-compile"]["median_ms"] == 6
    stat = Path(f"/proc/{child.read_text()}/stat")
    # A process that ended may wait for someone to ask how.
    assert not stat.exists() or stat.read_text().split()[2] == "Z"


def test_who_cannot_be_run_is_not_started_and_the_reason_is_kept(bench):
    report, starts = bench.run("--peers", "torch-compile,burn-wgpu,tensorrt", "--cuda-python", "/no/python")
    assert report["not_run"]["f32"] == {
        "torch-compile": "/no/python: No such file or directory", "burn-wgpu": "its program is not there", "tensorrt": "/no/python: No such file or directory",
    }
    assert measured(starts) == [] and report["results"][0]["peers"]["moue"]["median_ms"] == 2


def test_a_slow_one_is_waited_for_and_does_not_slow_what_is_said_of_others(bench):
    bench.made_up(tensorrt={"tunes": 1, "ms": 1})
    entries = bench.peers("--longest", "5")
    assert [entries["alexnet", "f32", images, "tensorrt"]["median_ms"] for images in (1, 3)] == [1, 3]
    assert entries["alexnet", "f32", 3, "moue"]["median_ms"] == 6


MANY = ("--nets", "vgg16,alexnet", "--precision", "f32,f16", "--together")


def test_the_minutes_hold_and_runs_that_were_cut_yield_the_report_of_one_that_was_not(bench, capsys):
    bench.run(*MANY)
    whole = bench.json.read_bytes()
    bench.json.unlink()
    # 6.4 s, of 3 a run.
    bench.made_up(tensorrt={"tunes": 0.8})
    counts = []
    for _ in range(30):
        began = time.perf_counter()
        report, _ = bench.run(*MANY, "--minutes", "0.05")
        # And what it takes to end.
        assert time.perf_counter() - began < 3 + 1.5
        counts.append(len(report["results"]))
        said = capsys.readouterr().out
        if "left_out" not in report:
            break
        assert "is left for the next run, as the time is up" in said
        missing = [f"{net}, {of}" for net, of in report["left_out"].items()]
        assert missing and missing[-1].startswith("alexnet, not measured yet: f") and counts[-1] < 8
    assert len(counts) > 2 and counts[-1] == 8 and counts == sorted(counts)
    assert bench.json.read_bytes() == whole


def test_the_order_is_that_of_the_networks_that_were_asked_for(bench):
    report, starts = bench.run(*MANY)
    assert [(r["net"], r["precision"], r["batch"]) for r in report["results"]] == [(n, p, b) for n in ("vgg16", "alexnet") for p in ("f32", "f16") for b in (1, 3)]
    # Started together, in no order; one pair of network and precision after the other.
    assert [line.split(" ", 1)[1] for line in measured(starts)] == [f"{net} {p}" for net in ("vgg16", "alexnet") for p in ("f32", "f16") for _ in PEERS.split(",")]


def test_a_run_that_was_killed_goes_on(bench):
    bench.run(*MANY)
    whole = bench.json.read_bytes()
    bench.json.unlink()
    bench.made_up(tensorrt={"tunes": 0.5})
    code = f"import programs; programs.WORKER = {str(HERE / 'made_up.py')!r}; import compare; compare.main()"
    # Through a pipe: the first line of a case comes when its report is on the disk or about to be.
    run = subprocess.Popen([sys.executable, "-c", code, *bench.arguments(*MANY)], cwd=HERE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    while not run.stdout.readline().startswith("vgg16, f32, 3"):
        assert run.poll() is None
    run.send_signal(signal.SIGKILL)
    run.wait()
    half = json.loads(bench.json.read_text())
    assert 1 <= len(half["results"]) < 8 and half["left_out"]["alexnet"] == "not measured yet: f32 with 1 and 3 images; f16 with 1 and 3 images"
    _, starts = bench.run(*MANY)
    assert "tensorrt alexnet f16" in starts and bench.json.read_bytes() == whole


def test_what_is_measured_is_not_measured_again_unless_it_is_asked_for(bench, capsys):
    bench.made_up(torch_compile={"dies": "run"})
    bench.run(*MANY)
    before = bench.json.read_bytes()
    assert measured(bench.run(*MANY)[1]) == [] and bench.json.read_bytes() == before
    assert "everything is measured already" in capsys.readouterr().out
    assert measured(bench.run(*MANY, "--minutes", "1")[1]) == []
    assert len(measured(bench.run(*MANY, "--again")[1])) == 8
    bench.made_up()
    assert len(measured(bench.run(*MANY, "--retry")[1])) == 8 and "failed" not in bench.json.read_text()
    assert measured(bench.run(*MANY, "--retry")[1]) == []


def test_one_more_network_is_measured_alone(bench):
    bench.run()
    report, starts = bench.run("--nets", "alexnet,vgg16")
    assert {line.split()[1] for line in measured(starts)} == {"vgg16"} and [r["net"] for r in report["results"]] == ["alexnet"] * 2 + ["vgg16"] * 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda bench: ["--repeats", "3"], "others now: how"),
        (lambda bench: ["--pinned"], "others now: how"),
        (lambda bench: ["--tensorrt-level", "5"], "others now: how"),
        (lambda bench: ["--peers", "tensorrt"], "peers"),
        (lambda bench: bench.made_up(tensorrt={"version": 2}), "others now: versions"),
        (lambda bench: bench.made_up(moue={"device": "another GPU"}), "others now: adapter"),
        (lambda bench: bench.moue.write_text(bench.moue.read_text() + "# newer\n"), "others now: programs"),
        (lambda bench: (bench.folder / "alexnet.onnx").write_text("newer"), "2 of 2 cases are measured anew"),
    ],
)
def test_what_is_another_now_is_named_and_measured_anew(bench, capsys, change, says):
    bench.run()
    capsys.readouterr()
    changed = change(bench)
    _, starts = bench.run(*(changed if isinstance(changed, list) else []))
    said = capsys.readouterr().out
    assert says in said and "tensorrt alexnet f32" in starts, said


def test_the_table_names_the_strongest_peers_how_they_are_set_and_what_is_left(bench):
    bench.made_up(tensorrt={"ms": 1}, torch_compile={"wrong": 0.5, "where": "f16"})
    report, _ = bench.run("--precision", "f32,f16")
    report["left_out"] = {"vgg16": "not measured yet: f32 with 1 image"}
    text = table.table(report, "f32")
    assert "| ms | moue, 1 image | torch.compile | TensorRT | moue, 3 images | torch.compile | TensorRT |" in text
    assert "| AlexNet | 2.00 | 2.00, 1.0 x | 1.00, 0.50 x | 6.00 | 6.00, 1.0 x | 3.00, 0.50 x |" in text
    assert "- left out: VGG16: `not measured yet: f32 with 1 image`" in text
    # Nobody timed it there.
    assert "| ms | moue, 1 image | TensorRT | moue, 3 images | TensorRT |" in table.table(report, "f16")
    assert "*wrong*: torch.compile" in table.table(report, "f16")


@pytest.mark.skipif(not hasattr(table, "faster"), reason="table.py does not say yet what a peer wins")
def test_the_table_says_first_what_a_peer_wins(bench):
    bench.made_up(tensorrt={"ms": 1})
    text = table.table(bench.run()[0], "f32")
    assert text.startswith("Faster than moue: TensorRT: everywhere (0.50 x to 0.50 x).\n")
    assert "- torch.compile: mode max-autotune" in text and "- TensorRT: an engine of the ONNX file" in text
