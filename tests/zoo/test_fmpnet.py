"""The window starts of fmpnet.py against the indices that PyTorch's pooling returns."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import fmpnet  # noqa: E402


@pytest.mark.parametrize("height, width", [(48, 48), (24, 20), (12, 33), (7, 6)])
def test_starts(height, width):
    """An input that grows along both axes puts each maximum at the far corner of its window, and a falling one at its start."""
    rng = np.random.default_rng(1)
    ramp = torch.arange(height * width, dtype=torch.float32).reshape(1, 1, height, width)
    for sample in rng.random((200, 2), np.float32):
        given = torch.from_numpy(sample.reshape(1, 1, 2))
        pool = torch.nn.FractionalMaxPool2d(3, output_ratio=0.5, return_indices=True, _random_samples=given)
        columns = np.array(fmpnet.starts(sample[0], width, width // 2))
        rows = np.array(fmpnet.starts(sample[1], height, height // 2))
        expected = rows[:, None] * width + columns
        assert (pool(-ramp)[1].numpy()[0, 0] == expected).all()
        assert (pool(ramp)[1].numpy()[0, 0] == expected + 2 * width + 2).all()
