"""Random views of gray faces for training, and the representations of them, in PyTorch.

Geometry and light change the face, as before a camera, so they come before the codes. The codes' ties are decided within 1e-3 here;
`preprocess.py` decides them exactly and is what validation, export and moue use.
"""

from math import floor, sqrt

import torch
from torch.nn import functional as F

NEIGHBOURS = [(0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)]
ROTATION = 0.2
SCALE = 0.12
SHIFT = 0.08
TIE = 1e-3


def uniform(shape, low, high, generator):
    return torch.rand(shape, generator=generator) * (high - low) + low


def warped(faces, size, generator):
    """Faces [n, h, w] of u8 -> [n, *size] of f32 whole levels: mirrored, rotated, scaled, sheared and shifted at random."""
    n = len(faces)
    angle = uniform(n, -ROTATION, ROTATION, generator)
    across = 1 + uniform(n, -SCALE, SCALE, generator)
    down = across * (1 + uniform(n, -0.05, 0.05, generator))
    mirror = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    shift = uniform((n, 2), -2 * SHIFT, 2 * SHIFT, generator)
    cos, sin = torch.cos(angle), torch.sin(angle)
    matrix = torch.stack(
        [torch.stack([mirror * cos * across, -sin * down, shift[:, 0]], 1), torch.stack([mirror * sin * across, cos * down, shift[:, 1]], 1)], 1
    )
    grid = F.affine_grid(matrix, (n, 1, *size), align_corners=False)
    return F.grid_sample(faces[:, None].float(), grid, "bilinear", "border", align_corners=False)[:, 0].round_()


def lit(faces, generator):
    """Gray faces [n, h, w] of f32 under another gamma, contrast and brightness."""
    n = (len(faces), 1, 1)
    gamma = torch.exp(uniform(n, -0.35, 0.35, generator))
    contrast, brightness = uniform(n, 0.75, 1.3, generator), uniform(n, -25.0, 25.0, generator)
    return (255 * (faces / 255) ** gamma - 127.5).mul_(contrast).add_(127.5 + brightness).clamp_(0, 255)


def codes(faces, radius):
    """Local binary pattern codes [n, h - 2R, w - 2R] of i32 of faces [n, h, w] of f32 whole levels."""
    height, width = faces.shape[1] - 2 * radius, faces.shape[2] - 2 * radius

    def shifted(dy, dx):
        return faces[:, radius + dy : radius + dy + height, radius + dx : radius + dx + width]

    threshold = shifted(0, 0) - TIE
    near = floor(radius / sqrt(2))
    far = radius / sqrt(2) - near
    result = torch.zeros(threshold.shape, dtype=torch.int32)
    for bit, (dy, dx) in enumerate(NEIGHBOURS):
        if dy == 0 or dx == 0:
            value = shifted(dy * radius, dx * radius)
        else:
            rows = [torch.lerp(shifted(dy * k, dx * near), shifted(dy * k, dx * (near + 1)), far) for k in (near, near + 1)]
            value = torch.lerp(*rows, far)
        result += (value >= threshold).int() << bit
    return result


class View:
    """A member's training pictures: `steps` of its representation over random views of the faces."""

    def __init__(self, steps, tables, canonical, window):
        arguments = {key: value for step in steps for key, value in step.items()}
        self.size = arguments.get("enlarge", canonical)
        self.radius = arguments["lbp"]["radius"] if "lbp" in arguments else None
        self.resize, self.window = arguments["resize"], window
        norm = arguments["normalise"]
        self.table = (torch.from_numpy(tables[arguments["lookup"]]).float() - torch.tensor(norm["mean"])) * torch.tensor(norm["scale"])
        self.mean, self.scale = norm["mean"][0], norm["scale"][0]

    def pictures(self, faces, generator):
        """Network inputs [n, 3, *window], channels last, of faces [n, h, w] of u8: a random crop of a random view, part of it erased."""
        faces = warped(faces, self.size, generator)
        if self.radius is None:
            x = ((lit(faces, generator) - self.mean) * self.scale)[:, None].expand(-1, 3, -1, -1)
        else:
            x = self.table[codes(faces, self.radius)].permute(0, 3, 1, 2)
            x = F.interpolate(x, self.resize, mode="bilinear", align_corners=False)
        top, left = ((r - w) // 2 for r, w in zip(self.resize, self.window))
        x = x[:, :, top : top + self.window[0], left : left + self.window[1]].contiguous(memory_format=torch.channels_last)
        return erased(x, generator)


def erased(x, generator):
    """Every other picture with a rectangle of up to a third of its side set to zero."""
    height, width = x.shape[2:]
    for i in torch.nonzero(torch.rand(len(x), generator=generator) < 0.5).flatten().tolist():
        a, b, c, d = torch.rand(4, generator=generator).tolist()
        h, w = int(height * (0.1 + 0.25 * a)), int(width * (0.1 + 0.25 * b))
        top, left = int(c * (height - h + 1)), int(d * (width - w + 1))
        x[i, :, top : top + h, left : left + w] = 0
    return x
