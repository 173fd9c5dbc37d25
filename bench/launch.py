"""Runs the command given as arguments; prints its wall time, processor time and peak memory as JSON. POSIX only.

Memory is that of the command and its children together: on Linux the sum of their proportional set sizes, looked at ten
times a second; elsewhere the largest resident size of the command alone.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path


def family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def memory_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def watch(pid: int, seen: list[int]) -> None:
    while True:
        try:
            seen.append(sum(memory_kb(p) for p in family(pid)))
        except OSError:
            if not Path(f"/proc/{pid}/smaps_rollup").exists():
                return
        time.sleep(0.1)


start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
together: list[int] = []
threading.Thread(target=watch, args=(child.pid, together), daemon=True).start()
_, status, used = os.wait4(child.pid, 0)
wall = time.perf_counter() - start
child.returncode = os.waitstatus_to_exitcode(status)
alone = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
peak = max([alone, *(kb * 1024 / 1e6 for kb in together)])
print(json.dumps({"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": peak}))
sys.exit(child.returncode)
