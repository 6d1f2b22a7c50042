"""Programs that answer in turns: each is started once, says that it is ready, and for every line it reads runs once and says the seconds that it took, and whatever follows them."""

import os
import platform
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

# Threads of one program go on spinning for a while after its answer.
PAUSE_S = 0.1


class Program:
    """One of them; `failed` says why it gives no answers any more."""

    def __init__(self, name, command, more=None):
        self.name, self.failed, self.first, self.seconds, self.errors = name, None, None, [], tempfile.TemporaryFile("w+")
        try:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                text=True,
                env={**os.environ, **(more or {})},
            )
        except OSError as error:
            self.process, self.failed, self.says = None, str(error), None
            return
        self.says = self.line(lambda line: line.removeprefix("ready ") if line.startswith("ready ") else None)

    def line(self, wanted):
        """What `wanted` makes of the next line that it makes something of; None where the program ended before."""
        for line in self.process.stdout:
            found = wanted(line.strip())
            if found is not None:
                return found
        self.failed = self.reason()
        return None

    def run(self, asked=""):
        """Seconds of one run; None where it failed. `rest` is what the program said after them."""
        if self.failed:
            return None
        try:
            self.process.stdin.write(f"{asked}\n")
            self.process.stdin.flush()
        except OSError:
            # It ended: `line` says why.
            pass
        said = self.line(parted)
        if not said:
            return None
        seconds, self.rest = said
        self.first = self.first or seconds
        return seconds

    def reason(self):
        status = self.process.wait()
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if line.strip()]
        return lines[-1][:300] if lines and status > 0 else f"it ended with {status}"

    def close(self):
        if self.process:
            try:
                self.process.stdin.close()
            except OSError:
                pass
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()

    def entry(self):
        """What a report says of its times."""
        if self.failed:
            return {"failed": self.failed}
        return {"median_ms": rounded(statistics.median(self.seconds)), "ms": [rounded(seconds) for seconds in self.seconds]} if self.seconds else {}


def processor(threads):
    """The machine's, as reports name it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {threads} threads"


def parted(line):
    """The seconds at its beginning and the rest of it; None where there are none."""
    first, _, rest = line.partition(" ")
    try:
        return float(first), rest
    except ValueError:
        return None


def rounded(seconds):
    return round(1e3 * seconds, 3)


def in_turns(programs, turns, runs, asked=""):
    """Each turn begins with another program; of a program's runs of a turn the fastest counts, as the first finds the caches of another. The first turn is not counted."""
    for turn in range(turns + 1):
        at = turn % max(len(programs), 1)
        for program in programs[at:] + programs[:at]:
            seconds = [program.run(asked) for _ in range(runs)]
            if turn and not program.failed:
                program.seconds.append(min(seconds))
            time.sleep(PAUSE_S)
