"""`moue serve` beside deepface's service: the same requests to both, in turns on the same machine, by oha.

    pip install -r peers/requirements-service.txt
    cargo install oha
    python peers/service.py --moue target/release/moue

Both get the portrait as deepface's clients send it, and answer its emotions. deepface's service is started as its own image starts it, by gunicorn with one process, and once more with a process a core. Its weights and
OpenCV's cascades lie at GitHub. Where they cannot be had (`--made-up`), weights by chance stand in for them, as the time does not depend on their values, and the cascades come from OpenCV's last wheel that has them;
**its answers mean nothing then**, and only times are compared.
"""

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
CASCADES = "opencv-python-headless==4.14.0.94"
WEIGHTS = "facial_expression_model_weights.h5"


def made_up(home):
    """Weights by chance, and the cascades, where deepface looks for them."""
    folder = home / ".deepface" / "weights"
    folder.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", home, CASCADES], check=True)
    with zipfile.ZipFile(next(home.glob("*.whl"))) as wheel:
        for name in ("haarcascade_frontalface_default.xml", "haarcascade_eye.xml"):
            (folder / name).write_bytes(wheel.read(f"cv2/data/{name}"))
    code = f"""
import h5py
from deepface.commons import weight_utils
from keras.src.legacy.saving import legacy_h5_format
weight_utils.download_weights_if_necessary = lambda **_: None
weight_utils.load_model_weights = lambda model, weight_file: model
from deepface.models.demography.tf import Emotion
with h5py.File({str(folder / WEIGHTS)!r}, "w") as file:
    legacy_h5_format.save_weights_to_hdf5_group(file, Emotion.load_model())
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})


@contextmanager
def running(command, port, path, **options):
    """A service, once it answers."""
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, stdout=log, stderr=log, **options) as process:
        try:
            begun = time.monotonic()
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60).read()
                    break
                except (urllib.error.URLError, ConnectionError):
                    if process.poll() is not None or time.monotonic() - begun > 180:
                        log.seek(0)
                        raise SystemExit(f"{command[0]} does not answer: {log.read().decode()[-2000:]}") from None
                    time.sleep(0.2)
            yield
        finally:
            process.terminate()


def load(oha, port, body, requests, clients):
    """Answers a second, and the milliseconds within which half of them came."""
    command = [oha, "-n", str(requests), "-c", str(clients), "--no-tui", "--output-format", "json", "-m", "POST"]
    command += ["-T", "application/json", "-D", body, "-t", "120s", f"http://127.0.0.1:{port}/analyze"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    statuses = found["statusCodeDistribution"]
    if statuses != {"200": requests}:
        raise SystemExit(f"port {port} answered {statuses}, {found['errorDistribution']}")
    return found["summary"]["requestsPerSec"], 1000 * found["latencyPercentiles"]["p50"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moue", type=Path, default=ROOT / "target/release/moue")
    parser.add_argument("--device", default="cpu", help="moue's [default: %(default)s]")
    parser.add_argument("--oha", default="oha")
    parser.add_argument("--made-up", action="store_true", help="weights by chance for deepface")
    parser.add_argument("--requests", type=int, default=64)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    portrait = base64.b64encode((ROOT / "examples/astronaut.png").read_bytes()).decode()
    asked = {"img": f"data:image/png;base64,{portrait}", "actions": ["emotion"], "detector_backend": "opencv"}
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        body = home / "body.json"
        body.write_text(json.dumps(asked))
        if options.made_up:
            made_up(home)
        import deepface

        api = Path(deepface.__file__).parent / "api" / "src"
        own = {**os.environ, "DEEPFACE_HOME": scratch, "TF_CPP_MIN_LOG_LEVEL": "3"} if options.made_up else os.environ
        gunicorn = [sys.executable, "-m", "gunicorn", "--timeout=3600"]
        cores = os.cpu_count()
        services = {
            f"moue serve --device {options.device}": ([options.moue, "serve", "--port", "5301", "--device", options.device], 5301, "/health/ready", {}),
            "deepface, one process": ([*gunicorn, "--workers=1", "--bind=127.0.0.1:5302", "app:create_app()"], 5302, "/", {"cwd": api, "env": own}),
            f"deepface, {cores} processes": ([*gunicorn, f"--workers={cores}", "--bind=127.0.0.1:5303", "app:create_app()"], 5303, "/", {"cwd": api, "env": own}),
        }
        rates = {}
        for _ in range(options.rounds):
            for name, (command, port, path, more) in services.items():
                with running(command, port, path, **more):
                    load(options.oha, port, body, 2 * options.clients, options.clients)
                    alone = load(options.oha, port, body, 16, 1)[1]
                    rates.setdefault(name, []).append((load(options.oha, port, body, options.requests, options.clients)[0], alone))
        print(f"| service | requests a second, {options.clients} clients | one after the other, ms |\n|---|---|---|")
        for name, found in rates.items():
            every = ", ".join(f"{rate:.1f}" for rate, _ in found)
            print(f"| {name} | {median(rate for rate, _ in found):.1f} ({every}) | {median(alone for _, alone in found):.0f} |")


if __name__ == "__main__":
    main()
