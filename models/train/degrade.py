"""What photographs bring, at random, for training: light, noise, blur, few pixels, JPEG, something before the face. On gray faces [n, h, w] of f32 levels, in PyTorch.

Some of the faces meet nothing but mild light; of the others each disturbance meets its share, independent of the rest.
"""

import torch
from torch.nn import functional as F

LIGHT = 0.35
POOR = 0.5
SHARES = {"dark": 0.25, "blurred": 0.25, "small": 0.2, "noisy": 0.45, "coded": 0.3, "covered": 0.3}
NOISE = 30.0
BLUR = 1.6
COVER = (0.2, 0.6)
BLOCK = 8
# The luminance table of the JPEG standard (ITU-T T.81, table K.1), at quality 50.
LUMINANCE = torch.tensor(
    [
        [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56], [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92], [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    dtype=torch.float32,
)
COSINES = torch.stack(
    [torch.full((BLOCK,), (1 / BLOCK) ** 0.5)] + [(2 / BLOCK) ** 0.5 * torch.cos(torch.pi * (torch.arange(BLOCK) + 0.5) * k / BLOCK) for k in range(1, BLOCK)]
)


def uniform(shape, low, high, generator):
    return torch.rand(shape, generator=generator) * (high - low) + low


def lit(faces, exponent, contrast, brightness):
    """255 (v / 255)^exponent, drawn to or from the middle, and lifted; each [n]."""
    exponent, contrast, brightness = (v[:, None, None] for v in (exponent, contrast, brightness))
    return ((255 * (faces / 255) ** exponent - 127.5) * contrast + 127.5 + brightness).clamp_(0, 255)


def blurred(faces, sigma):
    """Gaussian of sigma [n] pixels."""
    n, reach = len(faces), 4
    taps = torch.exp(-(torch.arange(-reach, reach + 1)[None] ** 2) / (2 * sigma[:, None] ** 2))
    taps = taps / taps.sum(1, keepdim=True)
    padded = F.pad(faces[None], (reach,) * 4, mode="replicate")
    rows = F.conv2d(padded, taps[:, None, :, None], groups=n)
    return F.conv2d(rows, taps[:, None, None, :], groups=n)[0]


def small(faces, side):
    """Shrunk to `side` pixels, rounded, and enlarged again."""
    shrunk = F.interpolate(faces[:, None], (side, side), mode="bilinear", antialias=True, align_corners=False).round_()
    return F.interpolate(shrunk, faces.shape[1:], mode="bilinear", align_corners=False)[:, 0]


def coded(faces, quality):
    """As JPEG of quality [n] (from 1 to 100, as libjpeg counts) leaves them."""
    n, height, width = faces.shape
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    table = (LUMINANCE * scale[:, None, None]).round().clamp(1, 255)[:, None, None]
    blocks = (faces - 128).reshape(n, height // BLOCK, BLOCK, width // BLOCK, BLOCK).transpose(2, 3)
    coefficients = COSINES @ blocks @ COSINES.T
    blocks = COSINES.T @ ((coefficients / table).round() * table) @ COSINES
    return (blocks.transpose(2, 3).reshape(n, height, width) + 128).clamp_(0, 255)


def covered(faces, sides, generator):
    """A rectangle of `sides` [n, 2] (parts of the face) holds one level, or a piece of another face."""
    n = len(faces)
    first = torch.rand((n, 2), generator=generator) * (1 - sides)
    inside = []
    for axis, length in enumerate(faces.shape[1:]):
        at = (torch.arange(length) + 0.5) / length
        inside.append((at >= first[:, axis, None]) & (at < (first + sides)[:, axis, None]))
    level = uniform(n, 0, 255, generator)[:, None, None].expand_as(faces)
    other = torch.where(torch.rand((n, 1, 1), generator=generator) < 0.5, level, faces.roll(1, 0))
    return torch.where(inside[0][:, :, None] & inside[1][:, None, :], other, faces)


def scene(faces, generator, share=POOR):
    """Faces as whole levels, after what met them; a `share` of them meets more than mild light."""
    n = len(faces)
    poor = torch.rand(n, generator=generator) < share
    meets = {name: poor & (torch.rand(n, generator=generator) < share) for name, share in SHARES.items()}

    def some(name, change, *values):
        nonlocal faces
        at = meets[name].nonzero()[:, 0]
        if len(at):
            faces = faces.index_copy(0, at, change(faces[at], *(v[at] for v in values)))

    some("covered", lambda part, sides: covered(part, sides, generator), uniform((n, 2), *COVER, generator))
    some("blurred", blurred, uniform(n, 0.4, BLUR, generator))
    some("small", lambda part: small(part, int(torch.randint(12, 36, (1,), generator=generator))))
    dark = meets["dark"]
    exponent = torch.exp(torch.where(dark, uniform(n, -1.0, 1.0, generator), uniform(n, -LIGHT, LIGHT, generator)))
    contrast = torch.where(dark, torch.exp(uniform(n, -2.5, 0.4, generator)), uniform(n, 0.75, 1.3, generator))
    brightness = torch.where(dark, uniform(n, -40, 40, generator) * (1 - contrast.clamp(max=1)), uniform(n, -25, 25, generator))
    faces = lit(faces, exponent, contrast, brightness)
    some("noisy", lambda part, sigma: part + sigma[:, None, None] * torch.randn(part.shape, generator=generator), uniform(n, 2, NOISE, generator) * contrast.clamp(max=1))
    some("coded", coded, uniform(n, 15, 90, generator))
    return faces.clamp(0, 255).round_()
