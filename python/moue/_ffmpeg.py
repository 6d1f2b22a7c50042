"""The program that decodes videos."""

from __future__ import annotations

import importlib
import os
import shutil


def find() -> None:
    """Takes that of ``moue[video]`` where the system has none and ``MOUE_FFMPEG`` names none."""
    if os.environ.get("MOUE_FFMPEG") or shutil.which("ffmpeg"):
        return
    try:
        found = importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        # moue says then that there is none.
        return
    os.environ["MOUE_FFMPEG"] = str(found)
