"""``python -m moue``: the command line, in this process."""

from __future__ import annotations

import os
import signal
import sys

from . import _ffmpeg, _moue


def main() -> None:
    """Runs the command line with the arguments of the process, and ends it with its exit status."""
    closed = sys.stdout is None  # pyright: ignore[reportUnnecessaryComparison]
    # As the program does before any thread runs: Mesa's layer complains where there is no display, and to wgpu an empty variable is set.
    if "XDG_RUNTIME_DIR" not in os.environ and "DISPLAY" not in os.environ:
        os.environ["NODEVICE_SELECT"] = "1"
    for name in [name for name, value in os.environ.items() if name.startswith("WGPU_") and not value]:
        del os.environ[name]
    _ffmpeg.find()
    # Python's own handler would only run once the command is done.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_moue.cli(["moue", *sys.argv[1:]], closed))


if __name__ == "__main__":
    main()
