"""Network namespaces of our own: one for each server, a real link for each pair of neighbours.

    the program that runs this: the hub, in a namespace of its own
        │           │           │      a veth pair to each server: clients and the admin address
     Goloman ─── Hands ──── Wilkes …   a veth pair for each link: what neighbours say

So a single link can be cut or made lossy, and nothing else notices. There is no route round a link:
each neighbour's address leads over the one device.

Everything vanishes with the processes that hold it: a namespace lives as long as its holder, and a
holder ends as soon as we do, however we end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable

SKIPPED = 77
"""The exit code of a program that cannot do its work here."""

_INSIDE = "HERD_INSIDE_NAMESPACE"
_TOOLS = ("ip", "nft", "nsenter", "tc", "unshare")

# What is used below, tried out in a namespace that nobody needs.
_TRIAL = """
ip link set lo up &&
ip link add name a type veth peer name b &&
tc qdisc add dev a root tbf rate 1mbit burst 32kb latency 50ms &&
nft 'add table inet t; add chain inet t c { type filter hook input priority 0; }' &&
nft 'add rule inet t c numgen random mod 100 < 50 drop'
"""


def enter() -> None:
    """Runs this program anew in a network namespace of its own, unless it is in one: then prepares it.

    Ends the program with SKIPPED, and says why, where that cannot be.
    """
    if os.environ.pop(_INSIDE, None):
        _run(("ip", "link", "set", "lo", "up"))
        return
    why = f"{', '.join(missing)} not found" if (missing := [t for t in _TOOLS if not shutil.which(t)]) else ""
    # Not root, or root without the right: one may be root of a user namespace.
    for unshare in () if why else (("unshare", "-n"), ("unshare", "-Urn")):
        trial = subprocess.run(
            [*unshare, "sh", "-c", _TRIAL], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        if trial.returncode == 0:
            os.execvpe(unshare[0], [*unshare, sys.executable, *sys.argv], {**os.environ, _INSIDE: "1"})
        why = (trial.stderr.strip().splitlines() or ["?"])[0]
    print(f"SKIPPED: no network namespaces with links and nftables here: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def _run(command: Iterable[str], text: str | None = None) -> None:
    done = subprocess.run(list(command), input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{text or ''}\n{done.stderr}"


class Namespace:
    """A network namespace, held by a process that ends with its standard input: with us at the latest."""

    def __init__(self) -> None:
        self.holder = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec cat > /dev/null"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us, who take it away in order
        )
        assert self.holder.stdout is not None
        assert self.holder.stdout.readline() == b"up\n", "no network namespace"

    @property
    def pid(self) -> int:
        return self.holder.pid

    @property
    def prefix(self) -> tuple[str, ...]:
        """A command that runs another one inside."""
        return ("nsenter", "-n", "-t", str(self.pid))

    def run(self, script: str) -> None:
        """Runs lines of shell inside."""
        _run((*self.prefix, "sh", "-e"), script)

    def close(self) -> None:
        # Its standard input ends.
        self.holder.communicate()


class Network:
    """The namespaces of some servers, joined link by link and each with the hub. A context manager.

    A pair of servers in the arguments below is a link; the order tells a direction where it matters.
    """

    def __init__(self, names: Iterable[str], links: Iterable[tuple[str, str]]) -> None:
        self.names = tuple(names)
        self.links = tuple(links)
        self.namespaces: dict[str, Namespace] = {}
        self.loss: dict[tuple[str, str], int] = {}  # percent of what goes from the first to the second
        self.downs: set[tuple[str, str]] = set()
        self.narrows: set[tuple[str, str]] = set()

    def peer_address(self, name: str) -> str:
        return f"10.77.0.{self.names.index(name) + 1}"

    def hub_address(self, name: str) -> str:
        """Where clients and those who look after a server reach it, whatever its links are like."""
        return f"10.78.{self.names.index(name) + 1}.2"

    def __enter__(self) -> Network:
        try:
            self._make()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        # The system takes a namespace away some time after its last process: what the next network
        # would make anew goes now.
        for number in range(1, len(self.namespaces) + 1):
            subprocess.run(["ip", "link", "del", f"hub-{number}"], stderr=subprocess.DEVNULL, check=False)
        for namespace in self.namespaces.values():
            namespace.close()

    def _make(self) -> None:
        for number, name in enumerate(self.names, 1):
            namespace = self.namespaces[name] = Namespace()
            _run(("ip", "link", "add", "name", f"hub-{number}", "type", "veth", "peer", "name", "hub", "netns",
                  str(namespace.pid)))  # fmt: skip
            _run(("ip", "address", "add", f"10.78.{number}.1/30", "dev", f"hub-{number}"))
            _run(("ip", "link", "set", f"hub-{number}", "up"))
            namespace.run(
                f"ip address add {self.hub_address(name)}/30 dev hub\n"
                f"ip link set hub up\n"
                f"ip address add {self.peer_address(name)}/32 dev lo\n"
                f"nft 'add table inet faults; add chain inet faults in {{ type filter hook input priority 0; }}'\n"
            )
        for one, other in self.links:
            self.namespaces[one].run(
                f"ip link add name {self._device(other)} type veth"
                f" peer name {self._device(one)} netns {self.namespaces[other].pid}"
            )
        for link in self.links:
            self._bring_up(*link)
            self._bring_up(*reversed(link))

    def _device(self, neighbour: str) -> str:
        """The name of the end of a link at the other server."""
        return f"to-{self.names.index(neighbour) + 1}"

    def _bring_up(self, here: str, there: str) -> None:
        device = self._device(there)
        self.namespaces[here].run(
            f"ip link set dev {device} up\n"
            f"ip route replace {self.peer_address(there)}/32 dev {device} src {self.peer_address(here)}\n"
        )

    def down(self, here: str, there: str) -> None:
        """Takes the device of a link down at one end; the other end loses its carrier."""
        self.downs.add((here, there))
        self.namespaces[here].run(f"ip link set dev {self._device(there)} down")

    def drop(self, source: str, target: str, percent: int) -> None:
        """Drops so much, at random, of what goes over a link in this direction; 100 is a cut in one direction.

        The sender's system notices nothing: the packets get lost on the way.
        """
        self.loss[source, target] = percent
        self._apply_losses(target)

    def _apply_losses(self, target: str) -> None:
        rules = [
            f'iifname "{self._device(source)}" ' + (f"numgen random mod 100 < {percent} " if percent < 100 else "") + "drop"
            for (source, to), percent in self.loss.items()
            if to == target
        ]
        commands = ["flush chain inet faults in", *(f"add rule inet faults in {rule}" for rule in rules)]
        _run((*self.namespaces[target].prefix, "nft", "-f", "-"), "\n".join(commands) + "\n")

    def narrow(self, source: str, target: str, kbit: int) -> None:
        """Lets only so many kilobits a second through a link in this direction."""
        self.narrows.add((source, target))
        self.namespaces[source].run(
            f"tc qdisc add dev {self._device(target)} root tbf rate {kbit}kbit burst 64kb latency 100ms"
        )

    def heal(self) -> None:
        """Makes all links whole again."""
        targets = {target for _, target in self.loss}
        self.loss.clear()
        for target in targets:
            self._apply_losses(target)
        while self.downs:
            self._bring_up(*self.downs.pop())
        while self.narrows:
            source, target = self.narrows.pop()
            self.namespaces[source].run(f"tc qdisc del dev {self._device(target)} root")
