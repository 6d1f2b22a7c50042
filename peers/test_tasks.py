"""Whose answer counts, and what the tables of tasks say of it: by made answers, so that no peer is needed. Half a second."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import boxes
import faces
import motion
import numpy as np
import processor
import pytest
import tasks
import turns

SQUARE = [10.0, 10.0, 100.0, 100.0]


def report(*cases, **more):
    return {"schema": "moue.tasks/1", "date": "2026-01-02", "processor": "P", "versions": {"moue": "0"}, "base": "moue, cpu", "cases": list(cases)} | more


def case(name, **programs):
    return {"name": name, "programs": {kind.replace("_", " "): entry for kind, entry in programs.items()}}


def rows(text):
    return [line for line in text.splitlines() if line.startswith("|")]


def test_overlap_is_intersection_over_union():
    assert boxes.overlap(SQUARE, SQUARE) == 1 and boxes.overlap(SQUARE, [200, 10, 5, 5]) == 0
    assert boxes.overlap([0, 0, 2, 2], [1, 0, 2, 2]) == pytest.approx(1 / 3)
    # Touching at an edge, and inside: a quarter of the area.
    assert boxes.overlap([0, 0, 2, 2], [2, 0, 2, 2]) == 0 and boxes.overlap([0, 0, 2, 2], [0.5, 0.5, 1, 1]) == 0.25


@pytest.mark.parametrize(("side", "found"), [(70.72, 1), (70.7, 0), (141.4, 1), (141.5, 0)])
def test_a_face_counts_from_half_an_overlap_on(side, found):
    assert boxes.matched([boxes.square([60, 60], side)], [SQUARE]) == (found, 1 - found)


def test_a_box_is_of_one_face_and_a_face_has_one_box():
    near = [[20, 10, 100, 100], SQUARE]
    assert boxes.matched(near, [SQUARE]) == (1, 1)
    assert boxes.matched([[15, 10, 100, 100]], [SQUARE, [20, 10, 100, 100]]) == (1, 0)
    # The surer pair first, so that the second box is left for the second face.
    assert boxes.matched(near, [SQUARE, [40, 10, 100, 100]]) == (2, 0)


def test_one_face_less_is_another_answer_and_one_box_more_is_said():
    assert "failed" not in (whole := faces.verdict([SQUARE], [SQUARE])) and "remark" not in whole
    assert faces.verdict([SQUARE, [300, 300, 9, 9]], [SQUARE])["remark"] == "1 more that are none"
    assert faces.verdict([SQUARE], [SQUARE, [300, 300, 9, 9]])["failed"] == "finds 1 of 2"


def test_the_portrait_s_square_is_made_of_its_pupils():
    (left, right), (face,) = ((203.7, 101.0), (246.7, 103.7)), faces.PORTRAIT
    along = (right[0] - left[0], right[1] - left[1])
    side = 2.2 * (along[0] ** 2 + along[1] ** 2) ** 0.5
    centre = ((left[0] + right[0]) / 2 - 0.3 * along[1], (left[1] + right[1]) / 2 + 0.3 * along[0])
    assert face["side"] == pytest.approx(side, abs=0.1) and face["centre"] == pytest.approx(centre, abs=0.1)


def test_a_table_has_a_row_a_program_and_says_first_who_wins():
    cases = [
        case("portrait", **{"moue,_cpu": {"median_ms": 10.0}, "moue,_cpu,_fast": {"median_ms": 5.0}, "yunet": {"median_ms": 5.0}, "haar": {"median_ms": 20.0, "remark": "1 more"}}),
        case("crowd", **{"moue,_cpu": {"median_ms": 100.0}, "yunet": {"failed": "finds 3 of 20"}, "haar": {"failed": "no file"}}),
    ]
    text = tasks.table(report(*cases, how="x", beside="a build", settings={"yunet": "score 0.6"}))
    assert text.splitlines()[:3] == ["Faster than moue: OpenCV's YuNet: portrait (0.50 x).", "", "f32 on the processor; P; 2026-01-02; moue 0; `x`; beside it ran a build:"]
    assert rows(text) == [
        "| ms | portrait | crowd |", "|---|---|---|", "| moue, cpu | 10.0 | 100 |", "| moue, cpu, fast | 5.00, 0.50 x | not run |", "| OpenCV's YuNet | 5.00, 0.50 x | *finds 3 of 20* |",
        "| OpenCV's Haar cascade | 20.0, 2.0 x, 1 more | *fails* |",
    ]  # fmt: skip
    assert text.splitlines()[-2:] == ["- *fails*: OpenCV's Haar cascade, crowd: `no file`", "- OpenCV's YuNet: score 0.6"]


def test_a_program_stands_beside_its_own_base():
    cases = [case("then", **{"moue,_cpu": {"median_ms": 10.0}, "moue,_GPU": {"median_ms": 50.0}, "human": {"median_ms": 25.0}})]
    text = tasks.table(report(*cases, bases={"moue, GPU": "moue, GPU", "human": "moue, GPU"}))
    assert rows(text)[2:] == ["| moue, cpu | 10.0 |", "| moue, GPU | 50.0 |", "| human | 25.0, 0.50 x |"] and text.startswith("Faster than moue: human: then (0.50 x).")


WORKER = """
import sys
print("noise before\\nready P 1", flush=True)
for line in sys.stdin:
    if line.strip() == "end": raise SystemExit("no weights")
    print("a warning\\n0.25 [[1, 2]]", flush=True)
"""


def test_a_program_answers_in_turns_and_says_why_it_ended():
    program = turns.Program("p", [sys.executable, "-c", WORKER])
    turns.in_turns([program], 2, 3)
    assert (program.says, program.rest, program.seconds, program.entry()) == ("P 1", "[[1, 2]]", [0.25, 0.25], {"median_ms": 250.0, "ms": [250.0, 250.0]})
    assert program.run("end") is None and program.run() is None and program.entry() == {"failed": "no weights"}
    program.close()


def test_a_program_that_is_not_there_is_no_end_of_the_others(tmp_path):
    gone = turns.Program("gone", [tmp_path / "gone"])
    assert gone.run() is None and "gone" in gone.entry()["failed"]
    gone.close()


def test_an_answer_of_a_network_counts_within_a_ten_thousandth_of_the_largest_value():
    expected = np.array([0.0, -2.0, 1.0], np.float32)
    assert processor.wrong(expected + np.float32(1e-4), expected)[1] is None
    assert processor.wrong(expected + np.float32(3e-4), expected)[1].startswith("wrong: it differs from the reference by 0.00015, more than 0.0001")
    assert processor.wrong(expected * np.nan, expected)[1].startswith("wrong: it differs from the reference by nan")
    assert processor.wrong(expected[:2], expected) == (None, "wrong: it has 2 numbers where the reference has 3")


def test_the_known_motion_leads_from_what_is_seen_to_where_it_is_seen():
    flow, (y, x) = motion.motion(90, 120, 9.0), np.mgrid[:90, :120]
    dx, dy = motion.displacement(x + flow[..., 0], y + flow[..., 1], 90, 120, 9.0)
    assert np.abs(flow - np.stack([dx, dy], -1)).max() < 1e-9 and np.abs(flow).max() > 8
    assert motion.off(flow + [3, 4], flow, 10) == pytest.approx(5) and motion.off(flow, flow, 1) == 0


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_a_browser_s_program_counts_by_the_same_rule_and_if_it_says_that_she_smiles():
    centre, side = faces.PORTRAIT[0]["centre"], faces.PORTRAIT[0]["side"]
    square = lambda of: boxes.square(centre, of * side)
    answers = [[(square(1), "happy")], [(square(1.4), "happy")], [(square(1.5), "happy")], [(square(1), "sad")], [(square(1), "happy"), ([0, 0, 9, 9], "sad")], []]
    given = json.dumps([[{"box": box, "label": label} for box, label in faces] for faces in answers])
    code = f"import('./agreement.mjs').then(({{ wrong }}) => console.log(JSON.stringify({given}.map((faces) => wrong(faces) ?? null))))"
    said = subprocess.run(["node", "-e", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == [None, None, "finds 0 of 1 and 1 that are none", "answers sad", "finds 1 of 1 and 1 that are none", "finds 0 of 1"]
