"""Kills the processes of a real radio at random moments and counts what is lost: `python tools/killing.py`.

Starts `dusktape radio` on a folder of its own, listens to it, orders tracks, and sends kill -9 to a worker, the playout
and the server in turn, `--times` each. Then it waits until every order is done and looks whether every track is there
and whole. Prints tables; exits 1 if something was lost, or the listener was without sound or connection for over 3 s.

The playout is ahead of what is heard by some seconds, so its death is heard only if the ring stands still for longer.
Loopback only; needs psutil.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from radio_runs import RATE, ROLES, Listener, Radio, Watcher, table

from dusktape.core.seed import Seed
from dusktape.radio.state import State

ALLOWED_S = 3.0
SLOT = RATE // 2
SHORT = {"kind": "track", "spec": {"minutes": 0.5, "recipe": "dusk"}}
DONE = ("done", "failed", "cancelled")


@dataclass
class Deaths:
    """What came of killing one role."""

    role: str
    back_s: list[float] = field(default_factory=list)
    sound_s: list[float] = field(default_factory=list)


def main() -> int:
    """Run, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="Kill the processes of a radio and count what is lost.")
    parser.add_argument("--times", type=int, default=20, help="of each role")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--roles", nargs="+", choices=sorted(ROLES), default=sorted(ROLES))
    parser.add_argument("--jobs", type=int, default=12, help="tracks that are ordered, evenly over the run")
    parser.add_argument("--wait", type=float, default=900.0, help="seconds that the last orders may take")
    options = parser.parse_args()
    seed = Seed(options.seed).at("killing")
    with Radio() as radio:
        watcher, listener = Watcher(radio.ring).start(), Listener(radio).start()
        if radio.wait(lambda: listener.received, 60.0) is None:
            raise SystemExit("no sound after a minute")
        deaths = {role: Deaths(role) for role in options.roles}
        accepted: list[str] = []
        seen: set[str] = set()
        order = [role for _ in range(options.times) for role in options.roles]
        for number, role in enumerate(order):
            if number * options.jobs // len(order) != (number - 1) * options.jobs // len(order):
                accepted += [job["id"] for job in radio.ask("/api/v1/jobs", SHORT) or ()]
            seen |= {track["id"] for track in radio.ask("/api/v1/tracks?limit=200") or ()}
            time.sleep(seed.at("wait", number).between(0.3, 5.0))
            _kill(radio, role, deaths[role], watcher, listener)
        lost = _lost(radio, accepted, seen, options.wait)
        watcher.stop()
        listener.stop()
    print(_report(deaths, watcher, listener, lost))
    late = listener.longest_dry_s > ALLOWED_S or any(
        s > ALLOWED_S for role in deaths if role == "server" for s in deaths[role].sound_s
    )
    return 1 if late or lost["jobs"] or lost["tracks"] or watcher.missing or watcher.repeated else 0


def _kill(radio: Radio, role: str, deaths: Deaths, watcher: Watcher, listener: Listener) -> None:
    victim = radio.processes().get(role)
    if victim is None:
        raise SystemExit(f"there is no {role}")
    number = watcher.last.number if watcher.last else 0
    reconnects = listener.reconnects
    victim.kill()
    begun = time.monotonic()

    def back() -> bool:
        now = radio.processes().get(role)
        return now is not None and now.pid != victim.pid

    def sounding() -> bool:
        if role == "server":
            return listener.reconnects > reconnects and listener.last_at > begun
        return watcher.last is not None and watcher.last.number > number

    took = radio.wait(back, 30.0)
    sound = radio.wait(sounding, 30.0)
    deaths.back_s.append(30.0 if took is None else took)
    deaths.sound_s.append(30.0 if sound is None else time.monotonic() - begun)
    number = watcher.last.number if watcher.last else 0
    print(
        f"{role} (slot {number}): back after {deaths.back_s[-1]:.2f} s, sound after {deaths.sound_s[-1]:.2f} s",
        file=sys.stderr,
    )


def _lost(radio: Radio, accepted: list[str], seen: set[str], wait: float) -> dict[str, Any]:
    """Wait for the orders; return how many are lost, and how many tracks are gone or not whole."""
    jobs: dict[str, Any] = {}

    def finished() -> bool:
        for job in accepted:
            if jobs.get(job, {}).get("state") not in DONE and (told := radio.ask(f"/api/v1/jobs/{job}")):
                jobs[job] = told
        return all(jobs.get(job, {}).get("state") in DONE for job in accepted)

    radio.wait(finished, wait)
    with State.open(radio.folder) as state:
        there = {made.id: made for made in state.tracks(limit=10_000)}
        broken = [
            f"{made.id} {name}"
            for made in there.values()
            for name, blob in made.files.items()
            if hashlib.sha256(state.blob(blob).read_bytes()).hexdigest() != blob.partition(".")[0]
        ]
    wanted = seen | {job["track"] for job in jobs.values() if job.get("track")}
    states = [jobs.get(job, {}).get("state", "gone") for job in accepted]
    return {
        "accepted": len(accepted),
        "jobs": sum(state != "done" for state in states),
        "states": ", ".join(f"{states.count(one)} {one}" for one in sorted(set(states))),
        "errors": sorted({str(job["error"]) for job in jobs.values() if job.get("error")}),
        "all": len(wanted),
        "tracks": len(wanted - set(there)) + len(broken),
    }


def _report(deaths: dict[str, Deaths], watcher: Watcher, listener: Listener, lost: dict[str, Any]) -> str:
    head = ["killed", "times", "process back (s): median, worst", "sound made or sent again (s): median, worst"]
    rows = [
        [
            role,
            len(one.back_s),
            f"{statistics.median(one.back_s):.2f}, {max(one.back_s):.2f}",
            f"{statistics.median(one.sound_s):.2f}, {max(one.sound_s):.2f}",
        ]
        for role, one in deaths.items()
    ]
    seams = [abs(seam) for seam in listener.seams]
    facts = [
        ["jobs accepted, lost", f"{lost['accepted']}, {lost['jobs']} ({lost['states'] or 'none'})"],
        ["tracks seen, lost or not whole", f"{lost['all']}, {lost['tracks']}"],
        ["frames of the ring missing, repeated", f"{watcher.missing}, {watcher.repeated}"],
        ["steepest seam, of the steps beside it", f"{watcher.steepest:.2f}"],
        ["silent slots of the ring", f"{len(watcher.silent)} of {watcher.slots}"],
        [
            "listener: came back",
            f"{len(seams)} times, at most {max(seams, default=0) / RATE:.2f} s from where it stopped",
        ],
        ["listener: heard", f"{listener.received / RATE:.0f} s"],
        ["listener: without sound", f"{listener.dry_s:.2f} s in all, {listener.longest_dry_s:.2f} s at once"],
    ]
    parts = [table(head, rows), table(["what", "found"], facts), *watcher.log[:20], *lost["errors"][:20]]
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
