"""What a server says of itself on its admin address."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.parse
from collections.abc import Mapping
from typing import Any

from herd_process import Herd
from waiting import DEADLINE


def get(
    running: Herd, name: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(running.host, running.admin_ports[name], timeout=DEADLINE)
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def status(running: Herd, name: str) -> dict[str, Any]:
    code, headers, body = get(running, name, "/v1/status")
    assert code == 200 and headers["Content-Type"] == "application/json", (code, headers)
    return json.loads(body)


def link(running: Herd, name: str, neighbour: str) -> dict[str, Any]:
    (found,) = [entry for entry in status(running, name)["links"] if entry["neighbour"] == neighbour]
    return found


def metric(running: Herd, name: str, series: str) -> float:
    text = get(running, name, "/metrics")[2].decode()
    (line,) = [line for line in text.splitlines() if line.startswith(series + " ")]
    return float(line.rpartition(" ")[2])


def forget(running: Herd, name: str, client: str | bytes, query: str = "") -> tuple[int, dict[str, Any]]:
    """Has a server forget a client; what it answers."""
    path = f"/v1/clients/{urllib.parse.quote(client, safe='')}{query}"
    code, _, body = get(running, name, path, "DELETE", {"X-Herd": "1"})
    return code, json.loads(body)


def digests(running: Herd) -> set[str]:
    return {status(running, name)["digest"] for name in running.names}
