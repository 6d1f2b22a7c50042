"""Networks that embed.py trains, by their files: `python -m pytest models/embedding`; it needs PyTorch."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import embed  # noqa: E402
from safetensors.numpy import save  # noqa: E402

RNG = np.random.default_rng(4)


def written(path, out="embedding", side=32):
    """A file as `moue zoo NAME --embedding 64` writes it, of one layer of a gray picture."""
    network = {
        "inputs": {"data": [1, side, side]},
        "outputs": [out],
        "ops": [{"op": "flatten", "in": ["data"], "out": ["flat"]}, {"op": "dense", "name": "embedding", "in": ["flat"], "out": [out], "channels": 64}],
    }
    steps = [{"gray": "matlab"}, {"normalise": {"mean": [127.5] * 3, "scale": [0.01] * 3}}]
    text = {"networks": {"tiny": network}, "representations": {"gray": steps}, "members": [{"name": "tiny", "representation": "gray", "network": "tiny", "weights": ""}]}
    weight = RNG.normal(size=(64, side * side)).astype(np.float32)
    path.write_bytes(save({"embedding.weight": weight, "embedding.bias": np.zeros(64, np.float32)}, {"moue": json.dumps(text)}))
    return weight


def test_a_network_of_the_zoo_begins_with_its_weights_and_sees_faces_at_its_own_size(tmp_path):
    weight = written(tmp_path / "tiny.safetensors")
    subject = embed.Subject(str(tmp_path / "tiny.safetensors"))
    assert subject.window == [32, 32]
    face = RNG.integers(0, 256, (3, 48, 48), dtype=np.uint8)
    tables = {"tables/gray": embed.preprocess.identity_table()}
    found = embed.embedded(subject.network(), face, subject.window, subject.steps, tables)
    # Twice the same: the mean of a face and its mirror image.
    mirrored = embed.embedded(subject.network(), face[:, :, ::-1].copy(), subject.window, subject.steps, tables)
    assert found.shape == (3, 64) and np.abs(found - mirrored).max() <= 0.02 * np.abs(found).max()
    small = torch.nn.functional.interpolate(torch.from_numpy(face[:, None]).float(), (32, 32), mode="bilinear", align_corners=False).numpy()
    by_hand = np.stack([((x.reshape(3, -1) - 127.5) * 0.01) @ weight.T for x in (small, small[..., ::-1])]).mean(0)
    assert np.abs(found - by_hand).max() <= 0.02 * np.abs(by_hand).max()


def test_what_is_no_network_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="moue zoo"):
        embed.Subject("wider")
    written(tmp_path / "classes.safetensors", out="prob")
    with pytest.raises(SystemExit, match="answers classes"):
        embed.Subject(str(tmp_path / "classes.safetensors"))
