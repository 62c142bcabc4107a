"""Links are cut, dropped from and narrowed, servers killed and started again; and then all is whole.

Clients report all the while to whatever server takes it. They pause at the moment of healing, since
digests are equal only when nothing is on its way, and the time until they are is taken.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from faults_stage import Check, Options, Result, Stage, computed_by_all, load_average

KILLS = ("killed", "killed and its journal lost")


class Faults:
    """Chooses faults, each kind as often as any other, and makes them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.random = stage.random
        self.killed: dict[str, str] = {}
        network = stage.network
        self.of_links: dict[str, Callable[[str, str], None]] = {
            "down": network.down,
            "cut": lambda one, other: self._both(one, other, 100),
            "cut one way": lambda one, other: network.drop(one, other, 100),
            "lossy": lambda one, other: self._both(one, other, self.random.randint(5, 60)),
            "lossy one way": lambda one, other: network.drop(one, other, self.random.randint(5, 60)),
            "narrow": lambda one, other: network.narrow(one, other, self.random.choice((256, 1000, 4000))),
        }
        self.kinds = self._endless(list(self.of_links) + list(KILLS))
        self.rounds = 0  # how often every kind has been chosen

    def _endless(self, kinds: list[str]) -> Iterator[str]:
        while True:
            self.random.shuffle(kinds)
            yield from kinds
            self.rounds += 1

    def _both(self, one: str, other: str, percent: int) -> None:
        self.stage.network.drop(one, other, percent)
        self.stage.network.drop(other, one, percent)

    def make(self) -> list[str]:
        """Makes one to three faults of different links and servers; what they are, in words."""
        links = self.random.sample(self.stage.network.links, 3)
        servers = self.random.sample(self.stage.network.names, 3)
        made = []
        for _ in range(self.random.randint(1, 3)):
            kind = next(self.kinds)
            if kind in KILLS:
                name = servers.pop()
                self.stage.herd[name].kill()
                self.killed[name] = kind
                made.append(f"{name} {kind}")
            else:
                link = list(links.pop())
                self.random.shuffle(link)
                self.of_links[kind](link[0], link[1])
                made.append(f"{link[0]}-{link[1]} {kind}")
        return made

    def heal(self) -> tuple[str, ...]:
        """Makes all whole; the servers that have been launched again."""
        launched = tuple(self.killed)
        for name, kind in self.killed.items():
            if kind == KILLS[1]:
                shutil.rmtree(f"{self.stage.journals}/{name}")
            self.stage.herd[name].launch()
        self.killed.clear()
        self.stage.network.heal()
        return launched


def run(options: Options) -> Result:
    seconds = options.seconds or 120.0
    with Stage("healing", options, journals=True) as stage:
        stage.fill()
        faults = Faults(stage)
        episodes: list[dict[str, Any]] = []
        faulty = 0.0
        while faulty < seconds or faults.rounds == 0:
            # From too short to be noticed as silence to long enough that dials are as rare as they get.
            length = stage.random.uniform(*stage.random.choice(((0.3, 3), (0.3, 3), (0.3, 3), (3, 8)))) * options.silence
            faulty += length
            episodes.append(_episode(stage, faults, length))
            stage.say(_in_words(episodes[-1]))
            stage.wait_for_journals()
    return Result(_checks(options, episodes), {"episodes": episodes})


def _episode(stage: Stage, faults: Faults, length: float) -> dict[str, Any]:
    reporters, herd = stage.reporters, stage.herd
    answered = reporters.answered
    reporters.resume(stage.options.rate)
    made = faults.make()
    kills = len(faults.killed)
    time.sleep(length)
    reporters.pause()
    start = time.monotonic()
    before_all = computed_by_all() - time.process_time()
    before = {name: server.cpu_seconds() for name, server in herd.servers.items() if server.is_running()}
    launched = faults.heal()
    ready = stage.wait_until_ready(launched, start)
    equal = stage.watch.wait_until_equal(start)
    cpu = _since(before, {name: server.cpu_seconds() for name, server in herd.servers.items()})
    all_cpu = computed_by_all() - time.process_time() - before_all
    # All are alike, so any of them tells what all have.
    missing = reporters.missing(stage.random.choice(herd.names))
    if kills:
        # What only a killed server had may be gone; it comes with the clients' next reports.
        reporters.forgive(missing)
    return {
        "faults": made,
        "seconds": length,
        "reports": reporters.answered - answered,
        "kills": kills,
        "ready_s": ready if launched else None,
        "linked_s": equal.linked,
        "equal_s": equal.equal,
        "cpu_s": {name: computed for name, (computed, _) in cpu.items()},
        "cpu_wait_s": {name: waited for name, (_, waited) in cpu.items()},
        "cpu_others_s": max(0.0, all_cpu - sum(computed for computed, _ in cpu.values())),
        "missing": len(missing),
        "load_average": load_average(),
    }


def _since(before: Mapping[str, tuple[float, float]], now: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """What the servers have computed and waited for a processor since then, or since they started."""
    none = (0.0, 0.0)
    return {
        name: (computed - before.get(name, none)[0], waited - before.get(name, none)[1])
        for name, (computed, waited) in now.items()
    }


def _in_words(episode: dict[str, Any]) -> str:
    ready = "" if episode["ready_s"] is None else f"ready {episode['ready_s']:.2f} s, "
    return (
        f"{', '.join(episode['faults'])}: {episode['seconds']:.1f} s, {episode['reports']:,} reports; after healing: {ready}"
        f"links {episode['linked_s']:.2f} s, alike {episode['equal_s']:.2f} s"
        f" (CPU {sum(episode['cpu_s'].values()):.2f} s, waits for it up to {max(episode['cpu_wait_s'].values()):.2f} s,"
        f" others' {episode['cpu_others_s']:.2f} s);"
        f" {episode['missing']} missing"
    )


def _checks(options: Options, episodes: list[dict[str, Any]]) -> list[Check]:
    calm = [episode for episode in episodes if not episode["kills"]]
    kills = [episode for episode in episodes if episode["kills"]]
    lost = sum(episode["missing"] for episode in calm)
    return [
        Check("times that faults were healed", len(episodes), "times"),
        Check(
            "from healing links to equal digests, longest",
            max((episode["equal_s"] for episode in calm), default=0.0),
            "s",
            options.within,
        ),
        Check(
            "from starting killed servers to equal digests, longest",
            max((episode["equal_s"] for episode in kills), default=0.0),
            "s",
            options.within,
        ),
        Check("acknowledged reports missing where no server was killed", lost, "reports", 0),
        Check("those that a killed server took with it", sum(episode["missing"] for episode in kills), "reports"),
    ]
