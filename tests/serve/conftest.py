"""The program as a service on a free port, on the processor."""

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
PORTRAIT = ROOT / "examples" / "astronaut.png"


@pytest.fixture(scope="session")
def portrait():
    return PORTRAIT


@pytest.fixture(scope="session")
def service():
    """Its address."""
    program = os.environ.get("MOUE_PROGRAM", ROOT / "target" / "release" / "moue")
    arguments = [program, "serve", "--port", "0", "--device", "cpu"]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        try:
            address = next(line.split()[-1] for line in process.stderr if "listens on" in line)
            # Nothing it says waits for a reader.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            begun = time.monotonic()
            while requests.get(f"{address}/health/ready", timeout=60).status_code != 200:
                assert time.monotonic() - begun < 60, "it does not get ready"
                time.sleep(0.02)
            yield address
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def record(service):
    """The portrait's, by the service's own interface."""
    answer = requests.post(f"{service}/v1/analyze?landmarks=5", data=PORTRAIT.read_bytes(), timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()
