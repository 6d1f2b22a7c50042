"""Reports of compare.py and processor.py as the tables that benches/README.md shows: `table.py REPORT...` prints them; `table.py --write FILE.md` puts each between its marks,
`<!-- peers: REPORT PRECISION -->` and `<!-- /peers -->`, REPORT as seen from the file's folder; `table.py --check FILE.md` fails where one is another.

Each peer stands beside the moue of its own report: what another run took says nothing of it.
"""

import argparse
import json
import re
import sys
from pathlib import Path

PEERS = {
    "torch-compile": "torch.compile", "tensorrt": "TensorRT",
    "ncnn-vulkan": "ncnn", "burn-wgpu": "burn", "ort-webgpu": "ORT WebGPU", "ort-cuda": "ORT CUDA", "torch-cuda": "PyTorch", "ort-cpu": "ORT CPU",
    "tract": "tract", "moue-lavapipe": "moue on lavapipe",
}
NETWORKS = {
    "alexnet": "AlexNet", "caffenet": "CaffeNet", "googlenet": "GoogLeNet", "resnet18": "ResNet-18", "resnet101": "ResNet-101", "vgg_s": "VGG_S",
    "vgg_m_4096": "VGG_M (4096)", "vgg16": "VGG16", "mobilenet_v3_large": "MobileNetV3-large", "version-RFB-320": "RFB-320",
    "default_members": "the default model's six networks, both views of a face",
}
MARKED = re.compile(r"(<!-- peers: (\S+) (\S+) -->\n).*?(<!-- /peers -->)", re.DOTALL)
WRONG = re.compile(r"wrong: it differs from the reference by (\S+), more than (\S+)")


def milliseconds(value):
    """Three digits, or all before the point."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def ratio(value):
    return f"{value:.2f} x" if value < 0.995 else f"{value:.1f} x" if value < 99.95 else f"{value:.0f} x"


def name(kind):
    return PEERS.get(kind, kind)


def quoted(reason):
    """As code: what programs say has marks of Markdown in it."""
    return "`" + reason.replace("`", "'") + "`"


def images(count):
    return f"{count} image{'s' if count > 1 else ''}"


def cell(entry, own):
    """A peer's time and how many times moue's `own` it is, or what became of it."""
    if "median_ms" in entry:
        return milliseconds(entry["median_ms"]) + (f", {ratio(entry['median_ms'] / own)}" if own else "")
    return "not run" if "failed" not in entry else "*wrong*" if entry["failed"].startswith("wrong") else "*fails*"


def notes(results, not_run):
    """Why a peer has no time, by peer and reason: where, and of a wrong answer by how much."""
    places = {}
    for result in results:
        for kind, entry in result["peers"].items():
            reason = entry.get("failed")
            wrong = WRONG.match(reason) if reason else None
            place = f"{NETWORKS.get(result['net'], result['net'])} with {images(result['batch'])}"
            if wrong:
                places.setdefault((f"*wrong*: {name(kind)}, by more than {wrong[2]} of the largest value", ""), []).append(f"{place} ({wrong[1]})")
            elif reason:
                places.setdefault((f"*fails*: {name(kind)}", ": " + quoted(reason)), []).append(place)
    said = []
    for (what, why), where in places.items():
        everywhere = why and len(where) == len(results) > 1
        said.append(f"- {what}, {'everywhere' if everywhere else ', '.join(where)}{why}")
    return said + [f"- not run: {name(kind)}: {quoted(reason)}" for kind, reason in not_run.items()]


def heading(report, precision):
    """What was measured, where, with what and when."""
    driver = f", driver {report['driver']}" if report.get("driver") else ""
    versions = ", ".join(f"{of} {version}" for of, version in report["versions"].items())
    how = f"; `{report['how']}`" if report.get("how") else ""
    return f"{precision} on {report['adapter']}{driver}; {report['processor']}; {report['date']}; {versions}{how}:"


def table(report, precision):
    """The Markdown of one report in one precision."""
    results = [result for result in report["results"] if result["precision"] == precision]
    # A peer that answered nothing has no column, only its reason.
    timed = [kind for kind in PEERS if any("median_ms" in result["peers"].get(kind, {}) for result in results)]
    batches = sorted({result["batch"] for result in results})
    head = [column for batch in batches for column in (f"moue, {images(batch)}", *(PEERS[kind] for kind in timed))]
    lines = [heading(report, precision), "", f"| ms | {' | '.join(head)} |", "|---" * (1 + len(head)) + "|"]
    for net in dict.fromkeys(result["net"] for result in results):
        cells = [NETWORKS.get(net, net)]
        for batch in batches:
            peers = next((result["peers"] for result in results if (result["net"], result["batch"]) == (net, batch)), {})
            own = peers.get("moue", {}).get("median_ms")
            cells += [cell(peers.get("moue", {}), None), *(cell(peers.get(kind, {}), own) for kind in timed)]
        lines.append(f"| {' | '.join(cells)} |")
    left_out = [f"- left out: {NETWORKS.get(net, net)}: {quoted(why)}" for net, why in report.get("left_out", {}).items()]
    said = notes(results, report.get("not_run", {}).get(precision, {})) + left_out
    return "\n".join([*lines, *(["", *said] if said else [])]) + "\n"


def read(path):
    try:
        report = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}: give a report of compare.py, or write it anew by `cargo xtask peers`")
    if not isinstance(report, dict) or not str(report.get("schema")).startswith("moue.peers/"):
        sys.exit(f"{path} is no report of compare.py: its schema is not moue.peers")
    return report


def filled(text, folder):
    """`text` with the tables of its marks, reports in `folder`."""
    if not MARKED.search(text):
        sys.exit("it has no marks for tables: <!-- peers: REPORT.json PRECISION --> and <!-- /peers -->")
    return MARKED.sub(lambda mark: f"{mark[1]}\n{table(read(folder / mark[2]), mark[3])}\n{mark[4]}", text)


def arguments(description):
    """Reports, and a document to write or to check."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="*", type=Path, metavar="REPORT")
    parser.add_argument("--write", type=Path, metavar="FILE.md")
    parser.add_argument("--check", type=Path, metavar="FILE.md")
    return parser


def keep(options, filled):
    """Writes or checks the document, by what makes its text anew of it and its folder."""
    if options.write:
        options.write.write_text(filled(options.write.read_text(), options.write.parent))
    if options.check and options.check.read_text() != filled(options.check.read_text(), options.check.parent):
        sys.exit(f"{options.check} shows other tables than its reports: python3 {sys.argv[0]} --write {options.check}")


def main():
    options = arguments(__doc__).parse_args()
    for path in options.reports:
        report = read(path)
        for precision in dict.fromkeys(result["precision"] for result in report["results"]):
            print(table(report, precision))
    keep(options, filled)


if __name__ == "__main__":
    main()
