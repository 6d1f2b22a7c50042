"""Makes a report of the whole suite the reference of the score: its medians into src/bench/fixed.rs, its own score, which is 100, into the report.

    python3 benches/reference.py benches/results/REPORT.json
"""

import json
import math
import re
import sys
from pathlib import Path

NAMES = {"DEFAULT": "default", "FRAME": "lbp", "PHOTOGRAPH": "photograph", "VIDEO": "video"}
PARTS = {"Latency": "latency", "Throughput": "throughput", "Memory": "memory", "EndToEnd": "end_to_end"}
FIGURE = re.compile(r'(figure\(Part::(\w+), ("?\w+"?), Precision::(\w+), (\d+), )[\d.]+\)')


def mean(figures):
    """100 and its interval, as src/bench/score.rs has it; a test holds the two to each other."""
    root = lambda end: math.sqrt(sum(math.log(figure[end]) ** 2 for figure in figures)) / len(figures)
    return {"value": 100.0, "low": 100 * math.exp(-root("low")), "high": 100 * math.exp(root("high"))}


def main():
    path = Path(sys.argv[1])
    report = json.loads(path.read_text())
    if report["suite"] is None or report["quick"]:
        sys.exit("the whole suite is needed, not --quick and no networks by name")
    results = {(result["net"], result["precision"], result["batch"]): result for result in report["results"]}
    figures = []

    def replace(found):
        start, part, net, precision, batch = found.groups()
        net = NAMES.get(net, net.strip('"'))
        result = results[net, precision.lower(), int(batch)]
        median, low, high = (result[key] for key in ("median_ms", "low_ms", "high_ms"))
        name = f"{net}, {precision.lower()}, batch {batch}"
        figures.append({"name": name, "part": PARTS[part], "ratio": 1.0, "low": median / high, "high": median / low})
        return f"{start}{float(f'{median:.6g}')!r})"

    table = Path(__file__).resolve().parent.parent / "src/bench/fixed.rs"
    text = FIGURE.sub(replace, table.read_text())
    text = re.sub(r'(REFERENCE: &str = )"[^"]*"', lambda found: f'{found[1]}"{path.stem}"', text)
    if len(figures) != len(results):
        sys.exit(f"{len(figures)} figures in {table}, {len(results)} in the report")
    table.write_text(text)
    parts = {part: mean([figure for figure in figures if figure["part"] == part]) for part in PARTS.values()}
    report["score"] = {**mean(figures), "reference": path.stem, "parts": parts, "figures": figures}
    path.write_text(json.dumps(report, separators=(",", ":"), ensure_ascii=False) + "\n")


main()
