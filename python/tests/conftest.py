"""What the tests read: the portrait, and a program to be held against."""

import json
import os
import subprocess
import sys
from pathlib import Path

import moue
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PORTRAIT = ROOT / "examples/astronaut.png"


@pytest.fixture(scope="session")
def portrait():
    return PORTRAIT


@pytest.fixture(scope="session")
def pixels():
    with Image.open(PORTRAIT) as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.fixture(scope="session")
def recognizer():
    return moue.Recognizer("cpu")


@pytest.fixture(scope="session")
def adapter():
    """An adapter in software, as CI has one."""
    found = [device.name for device in moue.devices() if "llvmpipe" in device.name]
    if not found:
        pytest.skip("no llvmpipe here: Mesa's Vulkan driver in software")
    return found[0]


@pytest.fixture(scope="session")
def program():
    """Runs the command line: the program that MOUE_PROGRAM names, or this package's; its lines of JSON."""
    named = os.environ.get("MOUE_PROGRAM")

    def run(*arguments):
        command = [named] if named else [sys.executable, "-m", "moue"]
        ran = subprocess.run([*command, *map(os.fspath, arguments)], stdout=subprocess.PIPE, check=False)
        return [json.loads(line) for line in ran.stdout.splitlines()]

    return run
