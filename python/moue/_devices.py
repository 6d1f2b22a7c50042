"""The adapters of this machine."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from . import _moue


@dataclass(frozen=True)
class Device:
    """An adapter. ``Recognizer(device.index)`` runs on it."""

    index: int
    """Its place, best first."""
    name: str
    backend: str
    """``vulkan``, ``metal``, ``dx12`` or ``gl``."""
    kind: str
    """``discrete``, ``integrated``, ``virtual``, ``cpu`` or ``other``."""
    driver: str
    pci_bus: str
    """As ``0000:65:00.0``; empty where the backend does not say."""
    subgroup: tuple[int, int]
    """Smallest and largest subgroup, in lanes."""
    max_binding_bytes: int
    """Largest storage binding."""
    features: tuple[str, ...]
    """Those that moue can use: ``subgroup``, ``f16``, ``timestamps``."""


def devices() -> list[Device]:
    """The adapters of this machine, best first; the processor (``cpu``), which is always there, is not among them."""
    found = json.loads(_moue.devices())
    return [Device(**{**one, "subgroup": tuple(one["subgroup"]), "features": tuple(one["features"])}) for one in found]


def chosen(device: str | int | None) -> str | None:
    """What was asked for, or what ``MOUE_DEVICE`` says."""
    if device is None:
        return os.environ.get("MOUE_DEVICE") or None
    return str(device)
