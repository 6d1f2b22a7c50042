"""The mean of runs, mild scenes and mixed faces. `pytest models/train`, with PyTorch; about ten seconds."""

import json
import subprocess
import sys
from pathlib import Path

import torch

import augment
from augment import Scene
from network import Network
from train import DESCRIPTION, mixed

HERE = Path(__file__).parent
DEFAULT = HERE.parent / "default/default.safetensors"


def run_of(folder, value):
    """A run's checkpoint of `gray` whose weights are all `value`."""
    model = json.loads(DESCRIPTION.read_text())
    network = Network(model["networks"][next(m["network"] for m in model["members"] if m["name"] == "gray")])
    for weight in network.named_weights().values():
        weight.fill_(value)
    folder.mkdir()
    torch.save({"average": network.state_dict()}, folder / "gray.pt")
    return str(folder)


def mean(*arguments):
    return subprocess.run([sys.executable, HERE / "mean.py", *arguments], capture_output=True, text=True)


def test_the_mean_of_two_runs_is_a_checkpoint_that_export_takes(tmp_path):
    runs = [run_of(tmp_path / "a", 1.0), run_of(tmp_path / "b", 4.0)]
    done = mean("gray", "--of", *runs, "--checkpoints", str(tmp_path / "of"))
    assert done.returncode == 0, done.stderr
    checkpoint = torch.load(tmp_path / "of/gray.pt", weights_only=True)
    assert checkpoint["epoch"] == checkpoint["epochs"] and list(checkpoint["tables"]) == ["tables/gray"]
    values = [v for v in checkpoint["average"].values() if v.is_floating_point()]
    assert values and all((v == 2.5).all() for v in values)


def test_an_unknown_member_and_a_run_without_it_are_named(tmp_path):
    run = run_of(tmp_path / "a", 1.0)
    done = mean("grey", "--of", run, "--checkpoints", str(tmp_path))
    assert done.returncode == 1 and "`grey` is no member: there are gray_wide, gray, lbp" in done.stderr
    done = mean("gray_wide", "--of", run, "--checkpoints", str(tmp_path))
    assert done.returncode == 1 and "gray_wide.pt" in done.stderr


def test_a_cut_model_file_is_named_with_the_remedy(tmp_path):
    cut, empty = tmp_path / "cut.safetensors", tmp_path / "empty.safetensors"
    cut.write_bytes(DEFAULT.read_bytes()[:100_000])
    empty.write_bytes(b"")
    for path in (cut, empty):
        done = mean("gray", "--of", str(path), "--checkpoints", str(tmp_path))
        assert done.returncode == 1 and f"{path} is no whole model file" in done.stderr and "Traceback" not in done.stderr


def test_mild_scenes_turn_scale_and_shift_half_as_far_and_cover_a_tenth():
    faces = torch.zeros(4000, 48, 48, dtype=torch.uint8)
    found = {mild: Scene(faces, torch.Generator().manual_seed(1), 0.0, mild) for mild in (False, True)}
    for mild, far in ((False, 1.0), (True, 0.5)):
        scene = found[mild]
        turned = torch.atan2(scene.matrix[:, 1, 0], scene.matrix[:, 0, 0] * (1 - 2.0 * scene.mirrored)).abs()
        shifted = scene.matrix[:, :, 2].abs().max()
        assert 0.9 * far * 2 * augment.SHIFT < shifted <= far * 2 * augment.SHIFT
        assert far * augment.ROTATION * 0.9 < turned.median() * 2 < far * augment.ROTATION * 1.15
    covered = {mild: (scene.erased[:, 0, 1] > scene.erased[:, 0, 0]).float().mean() for mild, scene in found.items()}
    assert abs(covered[False] - augment.ERASED) < 0.03 and abs(covered[True] - augment.MILD_ERASED) < 0.02


def test_a_mixed_face_is_its_two_faces_by_the_shares_of_its_target():
    n = 400
    pictures = torch.arange(n, dtype=torch.float32)[:, None, None, None].expand(n, 3, 2, 2)
    torch.manual_seed(3)
    found, targets = mixed(pictures, torch.eye(n))
    torch.testing.assert_close(targets.sum(1), torch.ones(n))
    torch.testing.assert_close(found[:, 1, 1, 0], targets @ torch.arange(n, dtype=torch.float32), rtol=1e-4, atol=1e-2)
    own = targets.diagonal()
    assert (own > 0.499).all() and 0.4 < (own > 0.999).float().mean() < 0.75
