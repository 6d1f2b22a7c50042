"""Fine-tuning: what is frozen, that a stopped run ends the same, that the program answers as PyTorch does. `pytest models/train`, with PyTorch."""

import json
import subprocess
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file, save_file

import finetune
from model import Model
from own import balance, card, faces, measure, model_file
from own.learn import Run, rate_of
from own.notes import Notes
from own.start import Start, learning, load, ready
from test_finetune_data import EXAMPLES, PROGRAM
from test_model import SCHEMA

# Threads of a network as small as these wait for one another longer than they compute.
torch.set_num_threads(1)

needs_program = pytest.mark.skipif(PROGRAM is None, reason="needs the program: cargo build --release, or MOUE_PROGRAM")
TINY = [
    {"op": "conv", "name": "conv1", "in": ["data"], "out": ["conv1"], "channels": 8, "kernel": [3, 3], "bias": False},
    {"op": "batch_norm", "name": "bn1", "in": ["conv1"], "out": ["bn1"]},
    {"op": "relu", "in": ["bn1"], "out": ["relu1"]},
    {"op": "conv", "name": "conv2", "in": ["relu1"], "out": ["conv2"], "channels": 8, "kernel": [3, 3], "stride": [2, 2]},
    {"op": "relu", "in": ["conv2"], "out": ["relu2"]},
    {"op": "flatten", "in": ["relu2"], "out": ["flat"]},
    {"op": "dense", "name": "fc1", "in": ["flat"], "out": ["fc1"], "channels": 16},
    {"op": "dropout", "in": ["fc1"], "out": ["dropped"], "rate": 0.3},
    {"op": "dense", "name": "fc2", "in": ["dropped"], "out": ["fc2"], "channels": 1000},
]


def tiny_start(ops=TINY):
    """A start as `moue import` gives it: of a thousand classes, ending in logits."""
    description = {"inputs": {"data": [3, 16, 16]}, "outputs": [ops[-1]["out"][0]], "ops": [dict(op) for op in ops]}
    generator = torch.Generator().manual_seed(0)
    tensors = {f"bn1.{part}": torch.full((8,), value) for part, value in (("weight", 1.0), ("bias", 0.1), ("running_mean", 0.0), ("running_var", 1.0))}
    for name, shape in {"conv1.weight": (8, 3, 3, 3), "conv2.weight": (8, 8, 3, 3), "fc1.weight": (16, 288)}.items():
        tensors[name] = torch.randn(shape, generator=generator) * (2 / np.prod(shape[1:])) ** 0.5
    tensors |= {"conv2.bias": torch.zeros(8), "fc1.bias": torch.zeros(16)}
    return Start("tiny", None, 1, {"networks": {"n": description}, "members": [{"network": "n", "weights": ""}]}, tensors)


def tiny_first():
    """Two classes, red and blue pictures of noise."""
    draw, labels = np.random.default_rng(0), np.array([0] * 12 + [1] * 6)
    colours = np.array([[170, 90, 80], [80, 90, 170]])[labels][:, None, None]
    crops = np.clip(colours + draw.normal(0, 30, (18, 16, 16, 3)), 0, 255).astype(np.uint8)
    train, test = np.array([*range(10), 12, 13, 14, 15]), np.array([10, 11, 16, 17])
    return SimpleNamespace(crops=SimpleNamespace(array=crops), indices=labels, train=train, test=test, planned=balance.plan(labels, train, 10, 1))


def tiny_run(path, epochs=4, **changed):
    start, first = tiny_start(), tiny_first()
    options = SimpleNamespace(**{"rate": 0.01, "epochs": epochs, "batch": 4, "seed": 1, "device": "cpu"} | changed)
    view = model_file.View(False, model_file.mean_of(first.crops.array, first.train, False), start.scale)
    network = start.network(2)
    return start, view, Run(network, first, view, options, {"rate": options.rate, "epochs": epochs}, path / "checkpoint.pt")


def weights(network):
    return {name: value.clone() for name, value in network.named_weights().items()}


def test_the_rate_falls_twice_by_thirds_of_the_epochs():
    assert [rate_of(epoch, 30, 0.001) for epoch in (0, 9, 10, 19, 20, 29)] == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5])
    assert [rate_of(epoch, 4, 1.0) for epoch in range(4)] == pytest.approx([1, 1, 0.1, 0.01])


def test_only_the_last_convolution_and_the_dense_layers_learn(tmp_path):
    _, _, run = tiny_run(tmp_path, epochs=3)
    assert learning(run.network) == ["conv2", "fc1", "fc2"]
    before = weights(run.network)
    run.all(Notes())
    changed = {name.split(".")[0] for name, value in weights(run.network).items() if (value != before[name]).any()}
    assert changed == {"conv2", "fc1", "fc2"}


def test_the_loss_falls_and_what_was_kept_apart_is_told_apart(tmp_path):
    start, view, run = tiny_run(tmp_path, epochs=9)
    run.all(Notes())
    assert run.log[-1]["loss"] < 0.5 * run.log[0]["loss"] < 1
    canonical = faces.canonical(start.size, 0.25)
    model_file.write(tmp_path / "model.safetensors", run.network, start, ["red", "blue"], canonical, view)
    model, first = Model.load(tmp_path / "model.safetensors"), tiny_first()
    jsonschema.Draft202012Validator(SCHEMA).validate(model.text)
    found = measure.probabilities(model, first.crops.array, first.test, "cpu")
    assert measure.figures(found, first.indices[first.test], 2)["accuracy"] == 1
    ready(run.network, False)
    exact = measure.probabilities(SimpleNamespace(text=model.text, tensors=model.tensors, networks=[run.network]), first.crops.array, first.test, "cpu")
    np.testing.assert_allclose(found, exact, atol=2e-3)
    np.testing.assert_allclose(model.member_probabilities(first.crops.array[first.test])[0], found, atol=1e-5)


def test_a_run_that_was_killed_goes_on_and_ends_the_same_bit_for_bit(tmp_path, monkeypatch):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    _, _, uninterrupted = tiny_run(whole)
    uninterrupted.all(Notes())

    _, _, run = tiny_run(cut)
    steps = []
    learn = run.learn

    def killed(chosen):
        steps.append(1)
        if len(steps) == 8:
            raise KeyboardInterrupt
        return learn(chosen)

    monkeypatch.setattr(run, "learn", killed)
    with pytest.raises(KeyboardInterrupt):
        run.all(Notes())
    torch.manual_seed(99)
    _, _, resumed = tiny_run(cut)
    assert resumed.resume(Notes()) == 1
    resumed.all(Notes())
    assert resumed.log == uninterrupted.log
    for name, value in weights(resumed.network).items():
        assert torch.equal(value, weights(uninterrupted.network)[name]), name


def test_a_checkpoint_of_another_run_is_refused_by_what_differs(tmp_path):
    tiny_run(tmp_path, epochs=1)[2].all(Notes())
    with pytest.raises(SystemExit, match=r"other rate \(0.01, now 0.5\)"):
        tiny_run(tmp_path, epochs=1, rate=0.5)[2].all(Notes())


def test_other_threads_are_said():
    notes, threads = Notes(), torch.get_num_threads()
    _, _, run = tiny_run(EXAMPLES)
    run.path = SimpleNamespace(exists=lambda: True)
    state = {"told": run.told, "threads": threads + 1, "log": [], "learned": run.learned, "optimizer": run.optimizer.state_dict()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "load", lambda *_, **__: state)
        run.resume(notes)
    assert f"--threads {threads + 1}" in notes[0]


@pytest.mark.parametrize("ops", [TINY[:6], [*TINY, {"op": "sigmoid", "in": ["fc2"], "out": ["p"]}]], ids=["no dense layer", "a sigmoid"])
def test_a_network_that_does_not_end_in_classes_is_refused(ops):
    with pytest.raises(SystemExit, match="give --arch alexnet"):
        tiny_start(ops)


def test_figures_are_counted_by_hand():
    found = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.5, 0.3], [0.4, 0.35, 0.25]])
    figures = measure.figures(found, np.array([0, 1, 2, 1]), 3)
    assert figures["confusion"] == [[1, 0, 0], [1, 1, 0], [0, 1, 0]]
    assert figures["top"] == {"1": 0.5, "2": 1.0, "3": 1.0}
    assert figures["mean_recall"] == pytest.approx(0.5)
    shown = card.class_table(["a", "b", "c"], figures["confusion"]).splitlines()[3]
    assert [cell.strip() for cell in shown.split("|")[1:-1]] == ["b", "2", "50.00 %", "50.00 %"]
    assert measure.figures(found[:0], np.zeros(0, int), 3)["pictures"] == 0


@pytest.fixture(scope="module")
def resnet18(tmp_path_factory):
    """A state dict named as torchvision's, of random numbers."""
    folder = tmp_path_factory.mktemp("start")
    subprocess.run([PROGRAM, "zoo", "resnet18", "--classes", "5", "-o", folder / "zoo.safetensors"], check=True, capture_output=True)
    save_file(load_file(folder / "zoo.safetensors"), folder / "state.safetensors")
    return folder / "state.safetensors"


@needs_program
def test_weights_of_another_architecture_are_named_with_the_remedy(resnet18, tmp_path):
    with pytest.raises(SystemExit, match="the weights of resnet18, not of alexnet: give --arch resnet18"):
        load(PROGRAM, "alexnet", resnet18, 1)
    (tmp_path / "cut.safetensors").write_bytes(b"x" * 20)
    with pytest.raises(SystemExit, match="cut.safetensors"):
        load(PROGRAM, "resnet18", tmp_path / "cut.safetensors", 1)
    with pytest.raises(SystemExit, match="no-such-net"):
        load(PROGRAM, "no-such-net", None, 1)
    with pytest.raises(SystemExit, match="save_file"):
        load(PROGRAM, "resnet18", tmp_path / "net.pth", 1)


def collection(folder, seed):
    draw = np.random.default_rng(seed)
    for label, colour, count in (("happy", (200, 90, 70), 4), ("Sad", (70, 90, 200), 3)):
        (folder / label).mkdir(parents=True)
        for at in range(count):
            picture = np.clip(draw.normal(0, 40, (6, 6, 3)).repeat(8, 0).repeat(8, 1) + colour, 0, 255)
            Image.fromarray(picture.astype(np.uint8)).save(folder / label / f"{at}.png")


@needs_program
def test_the_model_answers_in_the_program_as_its_card_says(resnet18, tmp_path, capsys):
    collection(tmp_path / "first", 1)
    collection(tmp_path / "second", 2)
    (tmp_path / "first/happy/broken.png").write_bytes(b"x")
    out = tmp_path / "mine"
    both = [tmp_path / "first", "--whole", tmp_path / "first", "--second", tmp_path / "second", "--whole", tmp_path / "second"]
    command = [*both, "--arch", "resnet18", "--weights", resnet18, "--epochs", "1", "--batch", "4", "--gray", "--out", out, "--program", PROGRAM]
    finetune.main([str(part) for part in command])
    figures = json.loads((out / "figures.json").read_text())
    assert figures["labels"] == ["Sad", "happy"] and figures["balanced"][0][-1] == figures["balanced"][1][-1]
    text = (out / "README.md").read_text()
    for part in ("| first | together |", "conv2, fc", "with the weights of state.safetensors", "broken.png", "(confusion.svg)", "second collection", "top 2"):
        assert part in text, part
    assert all((out / name).is_file() for name in ("confusion.svg", "confusion_second.svg", "loss.svg", "left_out.csv"))
    assert len((out / "parts.csv").read_text().splitlines()) == 8

    model = out / "model.safetensors"
    run = [PROGRAM, "evaluate", "--model", model, "--data", tmp_path / "second", "--device", "cpu", "--json"]
    report = json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    second = figures["parts"]["second collection, second"]
    assert report["confusion"] == second["confusion"] and report["accuracy"] == pytest.approx(second["accuracy"])

    (tmp_path / "photo").mkdir()
    (tmp_path / "photo/astronaut.png").write_bytes((EXAMPLES / "astronaut.png").read_bytes())
    run = [PROGRAM, "analyze", tmp_path / "photo", "--model", model, "--device", "cpu", "--json", "--landmarks", "478"]
    face = json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)["faces"][0]
    loaded = Model.load(model)
    entry = {"points": [face["landmarks"][at][:2] for at in faces.OUTLINE]}
    crop = faces.cut(SimpleNamespace(path=EXAMPLES / "astronaut.png"), entry, loaded.text["canonical"])
    answer = measure.probabilities(loaded, crop[None], np.array([0]), "cpu")[0]
    np.testing.assert_allclose([face["probabilities"][label] for label in loaded.text["labels"]], answer, atol=1e-3)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["missing"], "missing is no folder"),
        (["a", "a"], "given twice"),
        (["a", "--second", "a"], "must be another"),
        (["a", "--whole", "b"], "none of the folders given"),
        (["a", "--weights", "none.safetensors"], "is no file"),
        (["a", "--test-share", "1"], "--test-share lies between"),
        (["a", "--epochs", "0"], "at least 1"),
    ],
)
def test_misuse_is_named(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        (tmp_path / name).mkdir()
    with pytest.raises(SystemExit) as stopped:
        finetune.read_options([*arguments, "--arch", "alexnet", "--out", "out"])
    assert stopped.value.code == 2 and message in capsys.readouterr().err


@needs_program
def test_one_class_is_not_enough(tmp_path):
    collection(tmp_path / "first", 1)
    for picture in (tmp_path / "first/Sad").iterdir():
        picture.unlink()
    with pytest.raises(SystemExit, match="one class only, `happy`.*two or more"):
        finetune.main([str(tmp_path / "first"), "--whole", str(tmp_path / "first"), "--arch", "resnet18", "--out", str(tmp_path / "out"), "--program", PROGRAM])
