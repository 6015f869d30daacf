"""Runs commands in turn and keeps what each took."""
import os
import pathlib
import statistics
import subprocess
import time
from dataclasses import dataclass, field


SLOW = 3


class Failed(Exception):
    """A side did not do its work: its time means nothing."""


@dataclass
class Side:
    """One way to do the work: a command, and what has to be there before each run of it.

    `command` is an argv, or a text for bash. `prepare` runs before the clock starts.
    """
    name: str
    command: object
    prepare: object = None
    env: dict = field(default_factory=dict)
    seconds: list = field(default_factory=list)
    cpu_seconds: list = field(default_factory=list)
    peak_bytes: list = field(default_factory=list)
    failure: str = ""

    def run(self):
        if self.prepare:
            self.prepare()
        command = self.command
        if isinstance(command, str):
            command = ["bash", "-euo", "pipefail", "-c", command]
        with open(os.environ.get("BENCH_LOG", os.devnull), "a+b") as log:
            start = time.monotonic()
            process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL, env={**os.environ, **self.env})
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise Failed(f"{self.name}: exit {process.returncode}")
        self.seconds.append(seconds)
        self.cpu_seconds.append(usage.ru_utime + usage.ru_stime)
        self.peak_bytes.append(usage.ru_maxrss * 1024)

    def figures(self):
        if self.failure:
            return {"name": self.name, "failure": self.failure}
        return {
            "name": self.name,
            "seconds": [round(value, 3) for value in self.seconds],
            "median_seconds": round(statistics.median(self.seconds), 3),
            "cpu_seconds": round(statistics.median(self.cpu_seconds), 3),
            "peak_bytes": max(self.peak_bytes),
        }


def in_turn(sides, runs, say):
    """Runs all sides one after the other, `runs` times, so that a slow minute meets all of them.

    A side that fails is left out of the later rounds and says so in its figures. One that took over
    SLOW times as long as the first side, which is sluice, runs once only: it would take
    most of the time of all, and is not near.
    """
    for turn in range(runs):
        for side in sides:
            is_slow = turn > 0 and side.seconds and side.seconds[0] > SLOW * sides[0].seconds[0]
            if side.failure or is_slow:
                continue
            try:
                side.run()
                say(f"  run {turn + 1}  {side.name:44} {side.seconds[-1]:8.2f} s")
            except Failed as error:
                side.failure = str(error)
                say(f"  run {turn + 1}  {error}")


def ratio(ours, theirs):
    """How many times as fast `ours` is: pairs of one turn each, their median, least and most."""
    pairs = [peer / own for own, peer in zip(ours.seconds, theirs.seconds)]
    if not pairs or ours.failure or theirs.failure:
        return None
    return {
        "ours": ours.name,
        "theirs": theirs.name,
        "times_as_fast": round(statistics.median(pairs), 3),
        "least": round(min(pairs), 3),
        "most": round(max(pairs), 3),
    }


def machine():
    model = ""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "memory_bytes": memory}
