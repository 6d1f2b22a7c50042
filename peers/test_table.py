"""The tables of benches/README.md are those of its reports; a peer without a time has its reason."""

from pathlib import Path

import pytest
import table

README = Path(__file__).parent.parent / "benches" / "README.md"


def report(*results, **more):
    return {"schema": "moue.peers/2", "date": "2026-01-02", "processor": "P", "adapter": "A", "driver": "D 1", "versions": {"moue": "0"}, "results": list(results)} | more


def result(net, batch, precision="f32", **peers):
    entries = {kind.replace("_", "-"): {"median_ms": value} if isinstance(value, float) else {"failed": value} for kind, value in peers.items()}
    return {"net": net, "precision": precision, "batch": batch, "peers": entries}


def rows(text):
    return [line for line in text.splitlines() if line.startswith("|")]


def notes(text):
    return [line for line in text.splitlines() if line.startswith("- ")]


def test_readme_shows_its_reports():
    text = README.read_text()
    assert table.MARKED.search(text)
    assert text == table.filled(text, README.parent), "python3 peers/table.py --write benches/README.md"


def test_a_row_is_a_network_and_a_column_a_peer_beside_its_moue():
    text = table.table(report(result("caffenet", 1, moue=0.5, burn_wgpu=1.0, ort_cpu=0.1), result("caffenet", 64, moue=4.0, burn_wgpu=500.0), how="--burst 2"), "f32")
    assert rows(text) == [
        "| ms | moue, 1 image | burn | ORT CPU | moue, 64 images | burn | ORT CPU |",
        "|---|---|---|---|---|---|---|",
        "| CaffeNet | 0.50 | 1.00, 2.0 x | 0.10, 0.20 x | 4.00 | 500, 125 x | not run |",
    ]
    assert text.startswith("Faster than moue: ORT CPU: CaffeNet with 1 image (0.20 x).\n\nf32 on A, driver D 1; P; 2026-01-02; moue 0; `--burst 2`:\n")


def test_what_a_peer_wins_is_said_first_and_moue_elsewhere_is_no_peer():
    text = table.table(report(result("alexnet", 1, moue=2.0, openvino=1.0, moue_lavapipe=0.5, ncnn_cpu=2.0), settings={"openvino": "f32"}), "f32")
    assert text.splitlines()[0] == "Faster than moue: OpenVINO: AlexNet with 1 image (0.50 x)."
    assert notes(text) == ["- OpenVINO: f32"]
    results = [result(net, 1, moue=2.0, openvino=1.0, ncnn_cpu=ncnn) for net, ncnn in (("alexnet", 1.8), ("vgg16", 3.0))]
    assert table.table(report(*results), "f32").startswith("Faster than moue: OpenVINO: everywhere (0.50 x to 0.50 x); ncnn: AlexNet with 1 image (0.90 x).\n")
    assert "Faster" not in table.table(report(result("alexnet", 1, moue=2.0, openvino=3.0)), "f32")


def test_who_has_no_time_is_said_with_the_reason():
    wrong = "wrong: it differs from the reference by 0.5, more than 0.001"
    results = [result(net, 1, moue=1.0, ncnn_vulkan=wrong if net == "alexnet" else 2.0, ort_webgpu="no `adapter`") for net in ("alexnet", "vgg16")]
    text = table.table(report(*results, not_run={"f32": {"torch-cuda": "no device"}}, left_out={"resnet18": "no file"}), "f32")
    assert rows(text)[2:] == ["| AlexNet | 1.00 | *wrong* |", "| VGG16 | 1.00 | 2.00, 2.0 x |"]
    assert notes(text) == [
        "- *wrong*: ncnn, by more than 0.001 of the largest value, AlexNet with 1 image (0.5)",
        "- *fails*: ORT WebGPU, everywhere: `no 'adapter'`",
        "- not run: PyTorch: `no device`",
        "- left out: ResNet-18: `no file`",
    ]


def test_moue_without_a_time_leaves_the_times_of_others():
    text = table.table(report(result("alexnet", 1, moue="it ended with 1", ncnn_vulkan=2.0)), "f32")
    assert rows(text)[2:] == ["| AlexNet | *fails* | 2.00 |"]
    assert notes(text) == ["- *fails*: moue, AlexNet with 1 image: `it ended with 1`"]


def test_only_what_is_between_marks_is_replaced(tmp_path):
    (tmp_path / "r.json").write_text(table.json.dumps(report(result("alexnet", 1, moue=1.0))))
    before = "a\n<!-- peers: r.json f32 -->\nold\n<!-- /peers -->\nb\n"
    after = table.filled(before, tmp_path)
    assert after.startswith("a\n<!-- peers: r.json f32 -->\n\nf32 on A") and after.endswith("|\n\n<!-- /peers -->\nb\n") and "old" not in after
    assert table.filled(after, tmp_path) == after


@pytest.mark.parametrize(("text", "says"), [('{"schema": 1', "give a report"), ("[]", "is no report"), ('{"schema": "moue.bench/1"}', "is no report")])
def test_what_is_no_report_is_said(tmp_path, text, says):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(SystemExit, match=says):
        table.read(tmp_path / "r.json")


def test_a_page_without_marks_is_not_taken_for_one_that_is_right(tmp_path):
    with pytest.raises(SystemExit, match="no marks"):
        table.filled("a\nb\n", tmp_path)
