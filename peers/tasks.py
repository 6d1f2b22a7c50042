"""Reports of faces.py, flow.py and browser.mjs, `moue.tasks/1`, as tables: a row a program, a column a case, each beside the report's `base` in the same case, or beside the one that
`bases` has for that program.

A program's entry has `median_ms` and may have a `remark`, or `failed`: why it has no time. An answer that is not the same says so in its place.
"""

from words import faster, heading, milliseconds, quoted, ratio, settings

PROGRAMS = {
    "moue": "moue", "moue, fast": "moue, `fast`",
    "mediapipe-short": "MediaPipe, short range", "mediapipe-full": "MediaPipe, full range", "mediapipe-mesh": "MediaPipe, face mesh",
    "yunet": "OpenCV's YuNet", "yunet-1280": "OpenCV's YuNet, 1,280 pixels", "haar": "OpenCV's Haar cascade",
    "farneback": "OpenCV, Farneback", "dis-ultrafast": "OpenCV, DIS ultrafast", "dis-fast": "OpenCV, DIS fast", "dis-medium": "OpenCV, DIS medium",
}
# What is no failure of a program, but another answer.
OTHER = ("finds ", "answers ")


def is_own(program):
    return program.startswith("moue")


def cell(entry, own):
    """A program's time and how many times the base's it is, or what became of it."""
    if "median_ms" in entry:
        parts = [milliseconds(entry["median_ms"]), *([ratio(entry["median_ms"] / own)] if own else []), *([entry["remark"]] if entry.get("remark") else [])]
        return ", ".join(parts)
    failed = entry.get("failed")
    return "not run" if failed is None else f"*{failed}*" if failed.startswith(OTHER) else "*fails*"


def table(report):
    """The Markdown of one report."""
    cases, bases = report["cases"], report.get("bases", {})
    base_of = lambda program: bases.get(program, report["base"])
    own = lambda program, case: case["programs"].get(base_of(program), {}).get("median_ms")
    programs = list(dict.fromkeys(program for case in cases for program in case["programs"]))
    name = lambda program: PROGRAMS.get(program, program)
    wins = [
        (name(program), case["name"], entry["median_ms"] / own(program, case))
        for program in programs
        for case in cases
        if not is_own(program) and own(program, case) and "median_ms" in (entry := case["programs"].get(program, {}))
    ]
    lines = [*faster(wins), heading(report, report["adapter"] if report.get("adapter") else "f32 on the processor"), ""]
    lines += [f"| ms | {' | '.join(case['name'] for case in cases)} |", "|---" * (1 + len(cases)) + "|"]
    for program in programs:
        cells = [cell(case["programs"].get(program, {}), None if program == base_of(program) else own(program, case)) for case in cases]
        lines.append(f"| {' | '.join([name(program), *cells])} |")
    reasons = {}
    for case in cases:
        for program, entry in case["programs"].items():
            if entry.get("failed") and not entry["failed"].startswith(OTHER):
                reasons.setdefault((program, entry["failed"]), []).append(case["name"])
    notes = [
        f"- *fails*: {name(program)}, {'everywhere' if len(where) == len(cases) else ', '.join(where)}: {quoted(reason)}" for (program, reason), where in reasons.items()
    ]
    notes += settings(report, PROGRAMS)
    return "\n".join([*lines, *(["", *notes] if notes else [])]) + "\n"
