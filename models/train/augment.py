"""Random views of gray faces for training, and the representations of them, in PyTorch.

Geometry, light and what a camera does change the face, so they come before the codes, in the canonical crop.
The codes' ties are decided within 1e-3 here; `preprocess.py` decides them exactly and is what validation, export and moue use.
"""

from math import floor, sqrt

import torch
from torch.nn import functional as F

import degrade
from degrade import uniform

NEIGHBOURS = [(0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)]
ROTATION = 0.25
SCALE = 0.14
SHIFT = 0.08
ERASED = 0.4
MILD_GEOMETRY, MILD_ERASED = 0.5, 0.1
TIE = 1e-3


class Scene:
    """Faces [n, h, w] of u8, each mirrored, rotated, scaled, sheared, shifted, and a share `poor` of them in poor light or before a poor camera, at random.

    `mild`: half as far turned, scaled and shifted, and something before one face in ten in place of four.
    matrix: [n, 2, 3], from a crop's position to that in the face, both from -1 to 1; mirrored: [n] of bool.
    """

    def __init__(self, faces, generator, poor=degrade.POOR, mild=False):
        n = len(faces)
        far, erased = (MILD_GEOMETRY, MILD_ERASED) if mild else (1.0, ERASED)
        angle = uniform(n, -far * ROTATION, far * ROTATION, generator)
        across = 1 + uniform(n, -far * SCALE, far * SCALE, generator)
        down = across * (1 + uniform(n, -0.05, 0.05, generator))
        self.mirrored = torch.rand(n, generator=generator) < 0.5
        mirror = 1.0 - 2.0 * self.mirrored
        shift = uniform((n, 2), -2 * far * SHIFT, 2 * far * SHIFT, generator)
        cos, sin = torch.cos(angle), torch.sin(angle)
        self.matrix = torch.stack(
            [torch.stack([mirror * cos * across, -sin * down, shift[:, 0]], 1), torch.stack([mirror * sin * across, cos * down, shift[:, 1]], 1)], 1
        )
        grid = F.affine_grid(self.matrix, (n, 1, *faces.shape[1:]), align_corners=False)
        canonical = F.grid_sample(faces[:, None].float(), grid, "bicubic", "border", align_corners=False)[:, 0].clamp_(0, 255)
        self.views = {tuple(faces.shape[1:]): degrade.scene(canonical, generator, poor)}
        sides = uniform((n, 2), 0.1, 0.35, generator) * (torch.rand((n, 1), generator=generator) < erased)
        first = torch.rand((n, 2), generator=generator) * (1 - sides)
        self.erased = torch.stack([first, first + sides], 2)

    def at(self, size):
        """The scene's faces [n, *size] of f32 whole levels: canonical crops, or these enlarged."""
        if size not in self.views:
            (canonical,) = (v for k, v in self.views.items() if k == min(self.views))
            self.views[size] = F.interpolate(canonical[:, None], size, mode="bilinear", align_corners=False)[:, 0].round_()
        return self.views[size]

    def kept(self, size):
        """1 in a picture of `size`, 0 in a rectangle of some: [n, 1, *size]."""
        inside = []
        for axis, length in enumerate(size):
            at = (torch.arange(length) + 0.5) / length
            first, last = self.erased[:, axis, :, None].unbind(1)
            inside.append((at >= first) & (at < last))
        return 1 - (inside[0][:, :, None] & inside[1][:, None, :]).float()[:, None]


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
    """A member's pictures of a scene: `steps` of its representation, and the centre `window` of them."""

    def __init__(self, steps, tables, canonical, window):
        arguments = {key: value for step in steps for key, value in step.items()}
        self.size = tuple(arguments.get("enlarge", canonical))
        self.radius = arguments["lbp"]["radius"] if "lbp" in arguments else None
        self.resize, self.window = arguments["resize"], window
        norm = arguments["normalise"]
        self.table = (torch.from_numpy(tables[arguments["lookup"]]).float() - torch.tensor(norm["mean"])) * torch.tensor(norm["scale"])

    def pictures(self, scene):
        """Network inputs [n, 3, *window], channels last."""
        faces = scene.at(self.size)
        indices = faces.int() if self.radius is None else codes(faces, self.radius)
        x = self.table[indices].permute(0, 3, 1, 2)
        if list(x.shape[2:]) != list(self.resize):
            x = F.interpolate(x, self.resize, mode="bilinear", align_corners=False)
        top, left = ((r - w) // 2 for r, w in zip(self.resize, self.window))
        x = x[:, :, top : top + self.window[0], left : left + self.window[1]]
        return (x * scene.kept(tuple(self.window))).contiguous(memory_format=torch.channels_last)
