"""The program `moue`, run."""

import subprocess
from pathlib import Path

BUILT = Path(__file__).resolve().parents[3] / "target" / "release" / "moue"


def moue(program, *arguments, answered=(0,)):
    """What the program prints on stdout; its own message where its exit status is none of `answered`."""
    try:
        run = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace")
    except OSError as error:
        raise SystemExit(f"`{program}` cannot be run ({error.strerror}): build it with `cargo build --release`, or name it with --program")
    if run.returncode not in answered:
        raise SystemExit(f"moue {arguments[0]}: {run.stderr.strip() or f'exit status {run.returncode}'}")
    return run.stdout
