"""What video.py says of a program that it runs: its frames, its stages, and the memory of each part of them."""

import sys

import pytest
import video

# Prints a line a frame; of every 10 frames it keeps so many MiB.
PROGRAM = """
import sys, time
kept = []
print("ready P 1", flush=True)
for frame in range(40):
    if frame % 10 == 0:
        kept.append(bytearray(b"1" * (int(sys.argv[1]) << 20)))
        time.sleep(0.3)
    print("frame", flush=True)
print('stages {"detect": 0.75, "compute": 0.25}')
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
@pytest.mark.parametrize(("kept", "grows"), [(0, False), (16, True)])
def test_memory_that_grows_is_told_from_memory_that_does_not(tmp_path, kept, grows):
    entry = video.measure([sys.executable, "-c", PROGRAM, str(kept)], 10, tmp_path)
    assert (entry["frames"], len(entry["parts_kib"]), entry["versions"]) == (40, 4, "P 1")
    assert (video.growth(entry) > 1.2) == grows and 0.9 < entry["seconds"] < 30
    assert video.shares(entry) == {"detect": 0.75, "compute": 0.25}


def test_a_program_that_fails_says_why(tmp_path):
    entry = video.measure([sys.executable, "-c", "print('frame'); raise SystemExit('no weights')"], 10, tmp_path)
    assert entry == {"failed": "no weights (status 1)"}
    assert video.row("py-feat", entry) == "| py-feat | no weights (status 1) |"


def test_the_opening_of_the_device_is_no_share_of_the_reading():
    assert video.shares({"stages_ms": {"open": 500.0, "decode": 1.0, "detect": 3.0, "plan": 0.0}}) == {"decode": 0.25, "detect": 0.75}


def test_two_parts_say_nothing_of_growth():
    assert video.growth({"parts_kib": [1, 2]}) is None and video.growth({"parts_kib": [9, 2, 3]}) == 1.5


def test_flow_is_a_share_of_the_kernels_of_action_units_alone():
    words = "kernels of a submission\n  conv_tile  9.00 ms  90.0 %  1 x\n  expand  1.00 ms  10.0 %  2 x\nkernels of action units of 4 followed faces\n"
    words += "  flow_solve            3.00 ms  75.0 %  6 x\n  conv_tile  1.00 ms  25.0 %  1 x\npeak memory 1 KiB\n"
    assert video.flow(words) == 0.75 and video.flow("kernels: no timestamps on this device") is None
