"""Reports of compare.py and processor.py, and those of tasks, as the tables that benches/README.md shows: `table.py REPORT...` prints them; `table.py --write FILE.md` puts each between its
marks, `<!-- peers: REPORT PRECISION -->`, of a task `<!-- peers: REPORT -->`, and `<!-- /peers -->`, REPORT as seen from the file's folder; `table.py --check FILE.md` fails where one is another.

Each peer stands beside the moue of its own report: what another run took says nothing of it.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import tasks
from words import faster, heading, milliseconds, quoted, ratio, settings

PEERS = {
    "torch-compile": "torch.compile", "tensorrt": "TensorRT",
    "ncnn-vulkan": "ncnn", "burn-wgpu": "burn", "ort-webgpu": "ORT WebGPU", "ort-cuda": "ORT CUDA", "torch-cuda": "PyTorch", "ort-cpu": "ORT CPU",
    "openvino": "OpenVINO", "ncnn-cpu": "ncnn", "tract": "tract", "moue-lavapipe": "moue on lavapipe",
}
NETWORKS = {
    "alexnet": "AlexNet", "caffenet": "CaffeNet", "googlenet": "GoogLeNet", "resnet18": "ResNet-18", "resnet101": "ResNet-101", "vgg_s": "VGG_S",
    "vgg_m_4096": "VGG_M (4096)", "vgg16": "VGG16", "mobilenet_v3_large": "MobileNetV3-large", "version-RFB-320": "RFB-320",
    "default_members": "the default model's six networks, both views of a face",
}
MARKED = re.compile(r"(<!-- peers: (\S+)(?: (\S+))? -->\n).*?(<!-- /peers -->)", re.DOTALL)
WRONG = re.compile(r"wrong: it differs from the reference by (\S+), more than (\S+)")


def name(kind):
    return PEERS.get(kind, kind)


def images(count):
    return f"{count} image{'s' if count > 1 else ''}"


def cell(entry, own):
    """A peer's time and how many times moue's `own` it is, or what became of it."""
    if "median_ms" in entry:
        return milliseconds(entry["median_ms"]) + (f", {ratio(entry['median_ms'] / own)}" if own else "")
    return "not run" if "failed" not in entry else "*wrong*" if entry["failed"].startswith("wrong") else "*fails*"


def place(result):
    return f"{NETWORKS.get(result['net'], result['net'])} with {images(result['batch'])}"


def beside(results):
    """Whose time is how many times moue's, and where."""
    for kind, shown in PEERS.items():
        for result in results:
            own, entry = result["peers"].get("moue", {}).get("median_ms"), result["peers"].get(kind, {})
            if own and "median_ms" in entry and not tasks.is_own(kind):
                yield shown, place(result), entry["median_ms"] / own


def notes(results, not_run):
    """Why a peer has no time, by peer and reason: where, and of a wrong answer by how much."""
    places = {}
    for result in results:
        for kind, entry in result["peers"].items():
            reason = entry.get("failed")
            wrong = WRONG.match(reason) if reason else None
            if wrong:
                places.setdefault((f"*wrong*: {name(kind)}, by more than {wrong[2]} of the largest value", ""), []).append(f"{place(result)} ({wrong[1]})")
            elif reason:
                places.setdefault((f"*fails*: {name(kind)}", ": " + quoted(reason)), []).append(place(result))
    said = []
    for (what, why), where in places.items():
        everywhere = why and len(where) == len(results) > 1
        said.append(f"- {what}, {'everywhere' if everywhere else ', '.join(where)}{why}")
    return said + [f"- not run: {name(kind)}: {quoted(reason)}" for kind, reason in not_run.items()]


def table(report, precision):
    """The Markdown of one report in one precision, of a task as it is."""
    if precision is None:
        return tasks.table(report)
    results = [result for result in report["results"] if result["precision"] == precision]
    # A peer that answered nothing has no column, only its reason.
    timed = [kind for kind in PEERS if any("median_ms" in result["peers"].get(kind, {}) for result in results)]
    batches = sorted({result["batch"] for result in results})
    head = [column for batch in batches for column in (f"moue, {images(batch)}", *(PEERS[kind] for kind in timed))]
    lines = [*faster(beside(results)), heading(report, f"{precision} on {report['adapter']}"), "", f"| ms | {' | '.join(head)} |", "|---" * (1 + len(head)) + "|"]
    for net in dict.fromkeys(result["net"] for result in results):
        cells = [NETWORKS.get(net, net)]
        for batch in batches:
            peers = next((result["peers"] for result in results if (result["net"], result["batch"]) == (net, batch)), {})
            own = peers.get("moue", {}).get("median_ms")
            cells += [cell(peers.get("moue", {}), None), *(cell(peers.get(kind, {}), own) for kind in timed)]
        lines.append(f"| {' | '.join(cells)} |")
    left_out = [f"- left out: {NETWORKS.get(net, net)}: {quoted(why)}" for net, why in report.get("left_out", {}).items()]
    said = notes(results, report.get("not_run", {}).get(precision, {})) + left_out + settings(report, PEERS)
    return "\n".join([*lines, *(["", *said] if said else [])]) + "\n"


def read(path):
    try:
        report = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}: give a report of compare.py, or write it anew by `cargo xtask peers`")
    if not isinstance(report, dict) or not str(report.get("schema")).startswith(("moue.peers/", "moue.tasks/")):
        sys.exit(f"{path} is no report of compare.py: its schema is neither moue.peers nor moue.tasks")
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
        for precision in dict.fromkeys(result["precision"] for result in report["results"]) if "results" in report else [None]:
            print(table(report, precision))
    keep(options, filled)


if __name__ == "__main__":
    main()
