"""Reports of benches/results are `moue.bench/1`, say nothing of a person, and are those of the index of benches/README.md. Costs half a second."""

import copy
import json
from pathlib import Path

import pytest
import results

BENCHES = Path(__file__).parent.parent / "benches"
REPORTS = sorted((BENCHES / "results").glob("*.json"))
RESULT = {
    "net": "default", "batch": 2, "precision": "f32", "median_ms": 4.0, "min_ms": 3.0, "p90_ms": 5.0, "images_per_s": 500.0, "share_of_roof": None, "first_ms": 9.0, "repeats": 7,
}
REPORT = {
    "schema": "moue.bench/1", "adapter": {"name": "GPU | 1", "backend": "vulkan", "driver": "one 31.0.15.3623"}, "peak": {"gflops_f32": 100.0, "gbytes_per_s": None},
    "results": [RESULT], "not_measured": [], "moue": "0.1.0", "date": "2026-11-26",
}
SPAN = {"value": 1.5, "low": 1.4, "high": 1.6}
NEWER = {
    "suite": "moue.suite/1", "system": {"os": "linux", "arch": "x86_64", "os_version": None, "browser": "Chromium 148"}, "remarks": ["other load on the machine: 3 of 20 repeats"],
    "score": SPAN | {"reference": "nvidia-h200", "parts": {"latency": SPAN, "end_to_end": None}, "figures": [{"name": "default", "part": "latency", "ratio": 1.0, "low": 0.9, "high": 1.1}]},
}


def changed(*path, to):
    """REPORT with another value at `path`; without it where `to` is `...`."""
    report = copy.deepcopy(REPORT | NEWER)
    inner = report
    for step in path[:-1]:
        inner = inner[step]
    if to is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return report


def problems(folder, report, name="machine.json"):
    (folder / name).write_text(report if isinstance(report, str) else json.dumps(report))
    return results.problems(folder / name)


def test_there_are_reports():
    assert len(REPORTS) >= 5


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_kept_report_may_be_kept(path):
    assert results.problems(path) == []


def test_readme_lists_the_reports():
    text = (BENCHES / "README.md").read_text()
    assert results.MARKED.search(text)
    assert text == results.filled(text, BENCHES), "python3 peers/results.py --write benches/README.md"


def test_reports_of_before_and_of_now_may_be_kept(tmp_path):
    assert problems(tmp_path, REPORT) == []
    assert problems(tmp_path, REPORT | NEWER) == []
    steady = RESULT | {"low_ms": 3.9, "high_ms": 4.1, "steady": True}
    assert problems(tmp_path, REPORT | {"results": [steady]}) == []


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ('{"schema":', "it is no JSON"),
        ([REPORT], "it is no object"),
        (changed("schema", to="moue.bench/2"), "schema is `moue.bench/2`"),
        (changed("date", to=...), "date is missing"),
        (changed("date", to="2026-13-01"), "no day"),
        (changed("adapter", "driver", to=...), "adapter.driver is missing"),
        (changed("results", to=[]), "results has none"),
        (changed("results", to=RESULT), "results is no list"),
        (changed("results", to=[RESULT, RESULT]), "again"),
        (changed("results", 0, "median_ms", to="4"), "results[0].median_ms is not a number"),
        (changed("results", 0, "median_ms", to=True), "results[0].median_ms is not a number"),
        (changed("results", 0, "median_ms", to=-4.0), "results[0].median_ms is not a number"),
        (changed("results", 0, "batch", to=1.5), "results[0].batch is not a whole number"),
        (changed("results", 0, "steady", to=1), "results[0].steady is not true or false"),
        (changed("results", 0, "images_per_s", to=900.0), "is not the batch over median_ms"),
        (changed("results", 0, "p90_ms", to=3.5), "do not rise"),
        (changed("score", "low", to=...), "score.low is missing"),
        (changed("host", to="lab-7"), "host is not known here"),
        (changed("system", "user", to="anna"), "system.user is not known here"),
        (changed("adapter", "name", to="GPU of lab-7.local"), "adapter.name holds a host"),
        (changed("remarks", 0, to="slow since /home/anna/x was read"), "remarks[0] holds a path"),
        (changed("remarks", 0, to=r"C:\Users\anna"), "remarks[0] holds a path"),
        (changed("remarks", 0, to="ask anna@example.org"), "remarks[0] holds an address"),
        (changed("not_measured", to=[{"net": "lbp", "batch": 1, "precision": "f32", "error": "no file '/tmp/model'"}]), "not_measured[0].error holds a path"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, report, says):
    found = problems(tmp_path, report)
    assert any(says in said for said in found), found


def test_a_name_and_a_size_that_the_page_cannot_bring_are_refused(tmp_path):
    assert "small letters" in problems(tmp_path, REPORT, "Anna's GPU.json")[0]
    assert "more than" in problems(tmp_path, REPORT | {"remarks": ["x" * results.MOST_BYTES]})[0]


def test_the_index_has_a_row_a_report(tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "b.json").write_text(json.dumps(REPORT | NEWER | {"results": [RESULT | {"batch": 1, "images_per_s": 250.0}]}))
    (folder / "a.json").write_text(json.dumps(REPORT))
    text = results.filled("x\n<!-- results: kept -->\nold\n<!-- /results -->\ny\n", tmp_path)
    assert [line for line in text.splitlines() if line.startswith("| [")] == [
        "| [a](kept/a.json) | GPU \\| 1, vulkan | one 31.0.15.3623 | not named | 2026-11-26 | 0.1.0 |  |  |  |",
        "| [b](kept/b.json) | GPU \\| 1, vulkan | one 31.0.15.3623 | Chromium 148, linux x86_64 | 2026-11-26 | 0.1.0 | 250 |  | 1.50 (1.40 to 1.60) |",
    ]
    assert text.startswith("x\n<!-- results: kept -->\n\n| report") and text.endswith("|\n\n<!-- /results -->\ny\n") and "old" not in text
    (folder / "c.json").write_text("[]")
    with pytest.raises(SystemExit, match="cannot be kept"):
        results.filled(text, tmp_path)


def test_a_document_without_marks_is_not_taken_for_one_that_is_right(tmp_path):
    with pytest.raises(SystemExit, match="no marks"):
        results.filled("a\n", tmp_path)
