"""Reports of `moue bench --json` that benches/results keeps: `results.py REPORT...` says whether they may be kept, `results.py --write FILE.md` puts their table between its marks,
`<!-- results: FOLDER -->` and `<!-- /results -->`, FOLDER as seen from the file's; `results.py --check FILE.md` fails where it is another.

Refused is what may say something of a person: fields that are not known here, paths, hosts, addresses.
"""

import json
import re
import sys
from datetime import date
from pathlib import Path

from table import arguments, keep
from words import milliseconds

MARKED = re.compile(r"(<!-- results: (\S+) -->\n).*?(<!-- /results -->)", re.DOTALL)
# The page brings all of them along.
MOST_BYTES = 1_000_000
NAME = re.compile(r"[a-z0-9][a-z0-9.-]*\.json")
# A path of Unix, of Windows or of a share; an address; a host of a local network.
PERSONAL = [
    ("a path", re.compile(r"(?:^|[\s\"'`(=:])(?:~|\.{1,2})?/[\w.~-]+/|\b[A-Za-z]:\\|\\\\[\w.-]+\\|file://|/(?:home|root|Users|tmp)\b")),
    ("an address", re.compile(r"\b[\w.+-]{1,64}@[\w-]+\.\w+")),
    ("a host", re.compile(r"\b[\w-]{1,64}\.(?:local|lan|localdomain|internal|home|corp)\b", re.IGNORECASE)),
]

TEXT, WHOLE, NUMBER, TRUTH = "a text", "a whole number", "a number", "true or false"


class Maybe:
    """It may be missing, as versions of before lack it, or null."""

    def __init__(self, kind):
        self.kind = kind


SPAN = {"value": NUMBER, "low": NUMBER, "high": NUMBER}
KERNEL = {"label": TEXT, "shader": TEXT, "count": WHOLE, "ms": NUMBER, "gflops": Maybe(NUMBER), "gbytes_per_s": Maybe(NUMBER), "share_of_roof": Maybe(NUMBER)}
RESULT = {
    "net": TEXT, "batch": WHOLE, "precision": TEXT, "median_ms": NUMBER, "min_ms": NUMBER, "p90_ms": NUMBER, "images_per_s": NUMBER, "first_ms": NUMBER, "repeats": WHOLE,
    **{name: Maybe(NUMBER) for name in ("upload_ms", "compute_ms", "readback_ms", "gflops", "direct_gflop", "share_of_roof", "gbytes_per_s", "low_ms", "high_ms")},
    **{name: Maybe(WHOLE) for name in ("images_a_submission", "pipelines", "dispatches", "slab_bytes", "kernels_images")},
    "steady": Maybe(TRUTH), "kernels": Maybe([KERNEL]),
}
REPORT = {
    "schema": TEXT, "adapter": {"name": TEXT, "backend": TEXT, "driver": TEXT},
    "peak": {name: Maybe(NUMBER) for name in ("gflops_f32", "gflops_f16_matrix", "gbytes_per_s")},
    "results": [RESULT], "not_measured": [{"net": TEXT, "batch": WHOLE, "precision": TEXT, "error": TEXT}],
    "tuned_layers": Maybe(WHOLE), "peak_memory_kib": Maybe(WHOLE), "moue": TEXT, "date": TEXT,
    "suite": Maybe(TEXT), "quick": Maybe(TRUTH), "system": Maybe({"os": TEXT, "arch": TEXT, "os_version": Maybe(TEXT), "browser": Maybe(TEXT)}), "remarks": Maybe([TEXT]),
    "score": Maybe({
        **SPAN, "reference": TEXT, "parts": {name: Maybe(SPAN) for name in ("latency", "throughput", "memory", "end_to_end")},
        "figures": [{"name": TEXT, "part": TEXT, "ratio": NUMBER, "low": NUMBER, "high": NUMBER}],
    }),
}


def is_kind(value, kind):
    if kind is TEXT:
        return isinstance(value, str)
    if kind is TRUTH:
        return isinstance(value, bool)
    return isinstance(value, int if kind is WHOLE else (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")


def misfits(value, kind, where):
    """What is not as `kind` has it, each with its place."""
    if isinstance(kind, Maybe):
        return [] if value is None else misfits(value, kind.kind, where)
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [said for at, one in enumerate(value) for said in misfits(one, kind[0], f"{where}[{at}]")]
    if isinstance(kind, dict):
        if not isinstance(value, dict):
            return [f"{where or 'it'} is no object"]
        dot = f"{where}." if where else ""
        said = [f"{dot}{name} is not known here: leave it out" for name in value if name not in kind]
        said += [f"{dot}{name} is missing" for name, of in kind.items() if name not in value and not isinstance(of, Maybe)]
        return said + [wrong for name, of in kind.items() if name in value for wrong in misfits(value[name], of, f"{dot}{name}")]
    if not is_kind(value, kind):
        return [f"{where} is not {kind}"]
    return [f"{where} holds {what}: `{value}`" for what, found in PERSONAL if kind is TEXT and found.search(value)]


def is_day(text):
    try:
        return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and date.fromisoformat(text) is not None
    except ValueError:
        return False


def contradictions(report):
    """Figures that cannot be of one measurement."""
    said = [] if report["schema"] == "moue.bench/1" else [f"schema is `{report['schema']}`, not `moue.bench/1`"]
    said += [] if is_day(report["date"]) else [f"date is `{report['date']}`, no day such as 2026-11-26"]
    said += [] if report["results"] else ["results has none"]
    seen = set()
    for at, result in enumerate(report["results"]):
        key = (result["net"], result["batch"], result["precision"])
        said += [f"results[{at}] measures {' '.join(map(str, key))} again"] if key in seen else []
        seen.add(key)
        if abs(result["images_per_s"] * result["median_ms"] / 1e3 - result["batch"]) > 1e-6 * result["batch"]:
            said.append(f"results[{at}].images_per_s is not the batch over median_ms")
        if not 0 < result["min_ms"] <= result["median_ms"] <= result["p90_ms"]:
            said.append(f"results[{at}]: min_ms, median_ms and p90_ms do not rise")
    return said


def problems(path):
    """Why the report at `path` may not be kept; empty where it may."""
    said = [] if NAME.fullmatch(path.name) else [f"its name is not of small letters, digits, dots and hyphens: {path.name}"]
    text = path.read_text(encoding="utf-8")
    if len(text) > MOST_BYTES:
        return [*said, f"it has {len(text):,} bytes, more than {MOST_BYTES:,}: measure without --kernels"]
    try:
        report = json.loads(text)
    except ValueError as error:
        return [*said, f"it is no JSON: {error}"]
    found = misfits(report, REPORT, "")
    return [*said, *(found or contradictions(report))]


def system(report):
    """The system, and the browser where it was one; of reports of before neither is known."""
    of = report.get("system")
    if not of:
        return "not named"
    return ", ".join(word for word in (of.get("browser"), " ".join(part for part in (of["os"], of.get("os_version"), of["arch"]) if part)) if word)


def speed(report, precision):
    """Images a second of the default model, one at a time."""
    found = (result["images_per_s"] for result in report["results"] if (result["net"], result["batch"], result["precision"]) == ("default", 1, precision))
    value = next(found, None)
    return "" if value is None else milliseconds(value)


def score(report):
    of = report.get("score")
    return f"{milliseconds(of['value'])} ({milliseconds(of['low'])} to {milliseconds(of['high'])})" if of else ""


def cell(text):
    return text.replace("|", "\\|")


def index(folder, shown):
    """The Markdown of all reports in `folder`, which the document calls `shown`."""
    lines = ["| report | adapter | driver | system | date | moue | images/s, f32 | images/s, f16 | score |", "|---|---|---|---|---|---|---|---|---|"]
    for path in sorted(folder.glob("*.json")):
        wrong = problems(path)
        if wrong:
            sys.exit(f"{path} cannot be kept: {'; '.join(wrong)}")
        report = json.loads(path.read_text(encoding="utf-8"))
        adapter = report["adapter"]
        words = [
            f"[{path.stem}]({shown}/{path.name})", f"{adapter['name']}, {adapter['backend']}", adapter["driver"], system(report), report["date"], report["moue"],
            speed(report, "f32"), speed(report, "f16"), score(report),
        ]
        lines.append(f"| {' | '.join(map(cell, words))} |")
    return "\n".join(lines) + "\n"


def filled(text, folder):
    """`text` with the table between its marks, the reports in a folder of `folder`."""
    if not MARKED.search(text):
        sys.exit("it has no marks for the table: <!-- results: FOLDER --> and <!-- /results -->")
    return MARKED.sub(lambda mark: f"{mark[1]}\n{index(folder / mark[2], mark[2])}\n{mark[3]}", text)


def main():
    options = arguments(__doc__).parse_args()
    wrong = [f"{path}: {said}" for path in options.reports for said in problems(path)]
    if wrong:
        sys.exit("\n".join(wrong))
    keep(options, filled)


if __name__ == "__main__":
    main()
