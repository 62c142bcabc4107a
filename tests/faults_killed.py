"""All five servers are killed at once while clients report, with `durability.ack = "disk"`."""

from __future__ import annotations

import os
import signal
import time

from faults_stage import Check, Options, Result, Stage


def run(options: Options) -> Result:
    seconds = options.seconds or 20.0
    with Stage("killed", options, journals=True, durability={"ack": "disk"}) as stage:
        herd, reporters, network = stage.herd, stage.reporters, stage.network
        stage.fill()
        answered = reporters.answered
        reporters.resume(options.rate)
        time.sleep(seconds)
        for server in herd.servers.values():
            os.kill(server.pid, signal.SIGKILL)
        herd.kill_all()
        reporters.pause()
        stage.say(f"killed all after {reporters.answered - answered:,} more reports; starting them again")
        # Without links: what a server acknowledged has to be on its own disk.
        for link in network.links:
            network.down(*link)
        start = time.monotonic()
        for server in herd.servers.values():
            server.launch()
        ready = stage.wait_until_ready(herd.names, start)
        missing = 0
        for taker, name in enumerate(reporters.names):
            missing += sum(reporters.takers[client] == taker for client in reporters.missing(name))
        stage.say(f"ready {ready:.1f} s after the start; {missing} missing")
        start = time.monotonic()
        network.heal()
        equal = stage.watch.wait_until_equal(start, options.clients)
        missing_together = len(reporters.missing(herd.names[0]))
        stage.say(f"links up {equal.linked:.2f} s, alike {equal.equal:.2f} s after healing; {missing_together} missing")
    return Result(
        [
            Check("acknowledged reports missing at the server that took them, alone", missing, "reports", 0),
            Check("acknowledged reports missing in the herd", missing_together, "reports", 0),
            Check("from the start of all five to readiness", ready, "s"),
            Check("from healing to equal digests", equal.equal, "s", options.within),
        ]
    )
