"""What compare.py keeps of a report from one run to the next: what was measured of the same programs, the same way, on the same adapter."""

import hashlib
import json
from pathlib import Path

HERE = Path(__file__).parent
WORKERS = ("compare.py", "programs.py", "worker.py", "on_torch.py", "on_tensorrt.py", "onnx_torch.py")


def digest(*paths):
    """Of the contents of those that are there."""
    found = hashlib.sha256()
    for path in paths:
        if path and Path(path).exists():
            with open(path, "rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()[:16]


def state(options, how, versions, report):
    """What every time of a report depends on, by name."""
    return {
        "how": how, "peers": ",".join(options.peers), "versions": versions, "programs": digest(options.moue, options.burn),
        "workers": digest(*(HERE / name for name in WORKERS)), **{name: report[name] for name in ("adapter", "driver", "processor")},
    }


def case(result):
    return result["net"], result["precision"], result["batch"]


def failed(result):
    """Whether a peer of it gave no answer, which another try may change; a wrong one stays wrong."""
    return any("failed" in entry and not entry["failed"].startswith("wrong") for entry in result["peers"].values())


def take_over(report, options):
    """Into `report` what its file holds already; what is measured anew, in words, is given."""
    try:
        old = json.loads(options.json.read_text())
    except (OSError, ValueError):
        return None
    if not isinstance(old, dict) or "state" not in old or options.again:
        return "what the report had is measured anew" if options.again else None
    other = [name for name, now in report["state"].items() if old["state"].get(name) != now]
    if other:
        return f"what the report had is measured anew, as these are others now: {', '.join(other)}"
    networks = {net: of for net, of in old["networks"].items() if report["networks"].get(net, of) == of}
    report["results"] = [r for r in old["results"] if r["net"] in networks and not (options.retry and failed(r))]
    report["networks"] |= networks
    report["versions"] |= old["versions"]
    gone = len(old["results"]) - len(report["results"])
    return f"{gone} of {len(old['results'])} cases are measured anew" if gone else None


def missing(report, options):
    """The cases that were asked for and are not in the report, by network, in the order in which they are measured."""
    done = {case(result) for result in report["results"]}
    asked = {net: [(precision, images) for precision in options.precision for images in options.batch] for net in options.nets}
    return {net: left for net, of in asked.items() if (left := [(p, i) for p, i in of if (net, p, i) not in done])}


def words(cases):
    """f32 with 1 and 64 images; f16 with 1 image."""
    by = {}
    for precision, images in cases:
        by.setdefault(precision, []).append(images)
    return "; ".join(f"{precision} with {' and '.join(map(str, of))} image{'s' if of != [1] else ''}" for precision, of in by.items())


def write(report, unavailable, options):
    """The report in the order of `options`, whatever was measured when."""
    def place(result):
        net, precision, images = case(result)
        return [order.index(of) if of in order else len(order) for order, of in ((options.nets, net), (options.precision, precision), (options.batch, images))]

    report["results"].sort(key=place)
    left = {net: f"not measured yet: {words(cases)}" for net, cases in missing(report, options).items()}
    left_out = {**left, **unavailable}
    whole = {**report, **({"left_out": left_out} if left_out else {})}
    replace(options.json, whole)


def replace(path, report):
    """In one step, so that what stops this program leaves the last whole report."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(report, indent=1) + "\n")
    part.replace(path)
