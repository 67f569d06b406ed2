"""How long many submissions take, and how much memory at most: python measure_batch.py EXERCISE [COUNT [JOBS]]

Every second submission has all answers right, the others have wrong ones among them; prints seconds for each submission,
by the clock and of CPU time, and the largest sum of memory over all processes of the grading (each page that several share
counts once among them). CPU time of all processes, which come and go, is what the kernel adds up for a control group; who may
make none is told the time of the grader's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from deepkit.grade import Exercise, load_exercise


def hand_in(exercise: Exercise, number: int, path: Path) -> None:
    """A submission; the odd ones have a wrong answer to every second task."""
    notebook = json.loads(exercise.release())
    for position, task in enumerate(exercise.tasks):
        wrong = number % 2 and position % 2
        source = task.wrong[number % len(task.wrong)].source if wrong else exercise.reference(task.name)
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == task.name:
                cell["source"] = source
    path.write_text(json.dumps(notebook))


def watch(process: subprocess.Popen, peak: list[float]) -> None:
    """Keep the largest sum of proportional memory over the process and all its descendants, in MB."""
    while process.poll() is None:
        total = 0
        try:
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for member in family:
            try:
                total += member.memory_full_info().pss
            except psutil.Error:
                continue
        peak[0] = max(peak[0], total / 2**20)
        time.sleep(0.5)


class Meter:
    """A control group of its own for this process and all that it starts, for as long as it is measured."""

    def __init__(self) -> None:
        first = Path("/sys/fs/cgroup/cpuacct")
        self.root = first if first.is_dir() else Path("/sys/fs/cgroup")
        self.place = self.root / f"deepkit-{os.getpid()}"
        try:
            self.place.mkdir()
            (self.place / "cgroup.procs").write_text(str(os.getpid()))
        except OSError:
            self.place = None

    def close(self) -> float | None:
        """CPU seconds of all processes of the group, which is empty by now; None where there is none."""
        if self.place is None:
            return None
        usage = self.place / "cpuacct.usage"
        spent = int(usage.read_text()) / 1e9 if usage.exists() else (
            int((self.place / "cpu.stat").read_text().split()[1]) / 1e6
        )
        (self.root / "cgroup.procs").write_text(str(os.getpid()))
        for _ in range(100):
            try:
                self.place.rmdir()
                break
            except OSError:
                time.sleep(0.1)
        return spent


def main(name: str, count: int = 200, jobs: int = 2) -> None:
    """Grade `count` submissions and tell what it took."""
    exercise = load_exercise(name)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "in")
        place.mkdir()
        for number in range(count):
            hand_in(exercise, number, place / f"{number:03}.ipynb")
        command = [sys.executable, "-m", "deepkit", "grade", name, "in", "--quick", "--jobs", str(jobs)]
        began, before, peak, meter = time.monotonic(), os.times(), [0.0], Meter()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        thread = threading.Thread(target=watch, args=(process, peak))
        thread.start()
        status = process.wait()
        thread.join()
        seconds, after = time.monotonic() - began, os.times()
    own = after.children_user + after.children_system - before.children_user - before.children_system
    everything = meter.close()
    whose = " without the answers'" if everything is None else ""
    cpu = f"{(everything or own) / count:.2f} s of CPU time{whose}"
    print(
        f"{count} submissions, {jobs} at a time, exit status {status}: {seconds:.0f} s, {seconds / count:.2f} s each "
        f"({cpu}); at most {peak[0]:.0f} MB"
    )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
