#!/usr/bin/env python3
"""A stand-in for Google's place servers: HTTPS on loopback, for tests.

    python3 tests/google_stub.py --make-cert DIR [--mode MODE] [--until-eof]
    python3 tests/google_stub.py --cert FILE --key FILE [--mode MODE]

Prints the port it listens on, alone on one line, when it is ready. Serves
GET /maps/api/place/nearbysearch/json (legacy) and POST /v1/places:searchNearby (new); both check
the request as Google does. How place requests are answered is the mode (MODES below), which can be
changed while it runs:

    POST /control/mode       with the new mode as its body; also lets go what "hold" holds
    GET  /control/requests   the place requests seen since the last change of mode, as JSON:
                             [{"method", "path", "query", "headers", "body"}, ...]

Python's standard library only. Whole-server tests may import `make_certificate` and `MODES`.
"""

import argparse
import http.server
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

MODES = {
    "ok": "Google's published example, or a small body of our own where that is not at hand",
    "empty": "nothing near",
    "hang": "no answer until the client goes away",
    "hold": "no answer until the mode changes; then the example",
    "close": "the connection is closed without an answer",
    "close-once": "the first connection is closed without an answer; then the example",
    "goaway-once": "the first new connection speaks HTTP/2, takes a request and says GOAWAY; then the example",
    "close-early": "the connection is closed in the middle of the body",
    "bad-json": "a body that stops being JSON half-way, with a right length",
    "not-places": "JSON, but not the object that was asked for",
    "redirect": "302 to another path of this server",
    "400": "HTTP 400 with Google's error body",
    "403": "HTTP 403 with Google's error body, which repeats the key",
    "429": "HTTP 429 with Google's error body",
    "500": "HTTP 500, always",
    "500-once": "HTTP 500 for the first request after the change of mode, then the example",
    "denied": "legacy: HTTP 200 with REQUEST_DENIED and a message that repeats the key; new: as 403",
    "over-limit": "legacy: HTTP 200 with OVER_QUERY_LIMIT; new: as 429",
    "unknown-status": "a failure with a status that no document names, and Google's words for it",
    "no-words": "as denied, with an empty message",
    "control-words": "as denied, with control characters and line ends in the message",
    "spelled-key": "the example; in the first place's name stands the key in JSON's escapes",
    "percent-key": "the example; in the first place's name stands the key in percent-encoding",
    "line-ends": "the example with line ends CR, CR LF and LF, and empty lines",
    "coordinates": "the example; the first latitude is 1e-400, the second one (new only) 95",
    "huge": "a body of 16 MiB",
    "drip": "the example, a byte every 20 ms",
}

LEGACY_PATH = "/maps/api/place/nearbysearch/json"
NEW_PATH = "/v1/places:searchNearby"
HUGE_BYTES = 16 * 1024 * 1024
DRIP_SECONDS = 0.02

# The error word of the new API, and of the legacy one, for an HTTP status.
ERROR_WORDS = {
    400: ("INVALID_ARGUMENT", "INVALID_REQUEST"),
    403: ("PERMISSION_DENIED", "REQUEST_DENIED"),
    429: ("RESOURCE_EXHAUSTED", "OVER_QUERY_LIMIT"),
    500: ("INTERNAL", "UNKNOWN_ERROR"),
}

# Brackets in strings, escapes and numbers that a double cannot hold: whoever cuts this by a careless
# rule or prints its numbers again is found out.
OWN_EXAMPLE = r"""{
   "html_attributions" : [ "Listings by <a href=\"https://example.com/\">Example</a>" ],
   "next_page_token" : "page-2",
   "results" : [
      {
         "business_status" : "OPERATIONAL",
         "geometry" : {
            "location" : { "lat" : 34.06893000000000000001, "lng" : -118.44512700000000000009 },
            "viewport" : {
               "northeast" : { "lat" : 34.070279, "lng" : -118.443778 },
               "southwest" : { "lat" : 34.067581, "lng" : -118.446476 }
            }
         },
         "name" : "The ] and } of \"Westwood\"",
         "place_id" : "stub-1",
         "rating" : 4.50,
         "types" : [ "restaurant", "food" ],
         "user_ratings_total" : 12345678901234567890,
         "vicinity" : "1 Broxton Avenue"
      },
      {
         "geometry" : {
            "location" : { "lat" : 34.0613, "lng" : -118.4467 },
            "viewport" : {
               "northeast" : { "lat" : 34.0626, "lng" : -118.4453 },
               "southwest" : { "lat" : 34.0599, "lng" : -118.4480 }
            }
         },
         "name" : "Caf\u00e9 [\\",
         "place_id" : "stub-2",
         "types" : [ "cafe" ],
         "vicinity" : "2 Weyburn Avenue"
      },
      { "name" : "Third {", "place_id" : "stub-3", "types" : [], "vicinity" : "3 Le Conte Avenue" }
   ],
   "status" : "OK"
}
"""


# What Google says with a status that is not known, and what somebody would say to forge log lines.
UNKNOWN_WORDS = "Billing of this project is suspended."
CONTROL_WORDS = "no\n[2026-01-01 00:00:00.000] forged\r\x1b[2Jand\u2028more\u0085\x00."

# RFC 9113: a SETTINGS frame, and a GOAWAY without an error that promises to answer all streams.
HTTP2_PREFACE_BYTES = 24
HTTP2_SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
HTTP2_GOAWAY = bytes([0, 0, 8, 7, 0, 0, 0, 0, 0]) + bytes([0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0])
HTTP2_HEADERS = 1


def with_first_name(text, spelled):
    """The body with these bytes in the first place's name."""
    return re.sub(r'("(?:name|text)"\s*:\s*")', lambda match: match[1] + spelled, text, count=1)


def with_latitudes(text, *latitudes):
    """The body with these numbers as the latitudes of the first places' locations."""
    rest = iter(latitudes)
    return re.sub(r'("location"\s*:\s*\{\s*"lat(?:itude)?"\s*:\s*)[-+.\dEe]+',
                  lambda match: match[1] + next(rest), text, count=len(latitudes))


def make_certificate(folder, host="localhost"):
    """Makes FOLDER/cert.pem (signed by itself: also the CA file that trusts it) and FOLDER/key.pem."""
    folder = pathlib.Path(folder)
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
         "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True)
    return cert, key


def example_body():
    """The body that legacy answers give: the published example where the shared data is at hand."""
    default = pathlib.Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
    folder = pathlib.Path(os.environ.get("HERD_SHARED_DATA") or default)
    file = folder / "google-nearbysearch.example.json"
    return file.read_text(encoding="utf-8") if file.exists() else OWN_EXAMPLE


def to_new(place):
    """A legacy place in the form of Places API (New)."""
    new = {
        "id": place["place_id"],
        "types": place["types"],
        "formattedAddress": place["vicinity"] + ", Earth",
        "shortFormattedAddress": place["vicinity"],
        "displayName": {"text": place["name"], "languageCode": "en"},
    }
    if "business_status" in place:
        new["businessStatus"] = place["business_status"]
    if "geometry" in place:
        point = lambda p: {"latitude": p["lat"], "longitude": p["lng"]}
        viewport = place["geometry"]["viewport"]
        new["location"] = point(place["geometry"]["location"])
        new["viewport"] = {"low": point(viewport["southwest"]), "high": point(viewport["northeast"])}
    return new


class State:
    """What all connections share: the mode, and the requests since it was set."""

    def __init__(self, mode):
        self.changed = threading.Condition()
        self.mode = mode
        self.requests = []
        self.first_taken = False

    def set_mode(self, mode):
        with self.changed:
            self.mode = mode
            self.requests = []
            self.first_taken = False
            self.changed.notify_all()

    def is_first_for(self, mode):
        """Whether this is the mode, and nothing was asked in it yet; from then on it is not."""
        with self.changed:
            if self.mode != mode or self.first_taken:
                return False
            self.first_taken = True
            return True

    def note(self, request):
        """Remembers a request; gives the mode it is to be answered in and its number, from 1."""
        with self.changed:
            self.requests.append(request)
            return self.mode, len(self.requests)

    def seen(self):
        with self.changed:
            return list(self.requests)

    def wait_for_other_mode(self, mode):
        with self.changed:
            self.changed.wait_for(lambda: self.mode != mode)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state = None

    def log_message(self, format, *args):
        pass

    def do_GET(self):
        self.serve()

    def do_POST(self):
        self.serve()

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if url.path == "/control/mode" and body in MODES:
            self.state.set_mode(body)
            self.reply(200, "{}")
        elif url.path == "/control/requests":
            self.reply(200, json.dumps(self.state.seen()))
        elif url.path in (LEGACY_PATH, NEW_PATH):
            query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
            mode, number = self.state.note({
                "method": self.command, "path": url.path, "query": query,
                "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body})
            legacy = url.path == LEGACY_PATH
            self.answer(Legacy(query) if legacy else New(self.headers, body), mode, number)
        else:
            self.reply(404, "{}")

    def answer(self, api, mode, number):
        if mode == "hang":
            self.wait_for_client_to_leave()
        elif mode == "close" or (mode == "close-once" and number == 1):
            self.close_connection = True
        elif mode == "redirect":
            self.reply(302, "", {"Location": "/elsewhere"})
        elif mode in ("400", "403", "429", "500"):
            self.fail(api, int(mode))
        elif mode == "500-once" and number == 1:
            self.fail(api, 500)
        elif mode in ("denied", "over-limit"):
            status = 403 if mode == "denied" else 429
            self.reply(200 if isinstance(api, Legacy) else status, api.error(status))
        elif mode in ("no-words", "control-words"):
            words = "" if mode == "no-words" else CONTROL_WORDS
            self.reply(200 if isinstance(api, Legacy) else 403, api.error(403, words))
        elif mode == "unknown-status":
            self.reply(*api.unknown_status())
        elif mode == "huge":
            self.send_parts(b" " * 65536, HUGE_BYTES)
        elif mode == "not-places":
            self.reply(200, '[ "neither of the two" ]')
        elif wrong := api.what_is_wrong(self.command):
            self.reply(200 if isinstance(api, Legacy) else 400, api.error(400, wrong))
        else:
            if mode == "hold":
                self.state.wait_for_other_mode("hold")
            self.answer_with_body(api, mode, api.empty() if mode == "empty" else api.example())

    def answer_with_body(self, api, mode, text):
        body = text.encode()
        half = len(body) // 2
        if mode == "bad-json":
            self.reply(200, body[:half].decode(errors="replace") + "]}" + " " * half)
        elif mode == "close-early":
            self.send_head(len(body))
            self.wfile.write(body[:half])
            self.close_connection = True
        elif mode == "spelled-key":
            self.reply(200, with_first_name(text, "".join(f"\\u{ord(c):04x}" for c in api.key())))
        elif mode == "percent-key":
            self.reply(200, with_first_name(text, "?key=" + "".join(f"%{ord(c):02X}" for c in api.key())))
        elif mode == "line-ends":
            self.reply(200, "\r" + text.replace("\n", "\r\n", 2).replace(",\n", ",\n\r\n\r\r\n") + "\r\r\n")
        elif mode == "coordinates":
            self.reply(200, with_latitudes(text, "1e-400", "95"))
        elif mode == "drip":
            self.send_head(len(body))
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(DRIP_SECONDS)
        else:
            self.reply(200, text)

    def fail(self, api, status):
        self.reply(status, api.error(status))

    def send_head(self, length, status=200, headers=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def reply(self, status, text, headers=None):
        body = text.encode()
        self.send_head(len(body), status, headers)
        self.wfile.write(body)

    def send_parts(self, part, length):
        """A body of `length` bytes without saying so first: the reader must bound it itself."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for _ in range(length // len(part)):
            self.wfile.write(part)

    def wait_for_client_to_leave(self):
        self.close_connection = True
        self.rfile.read(1)


class Legacy:
    """Nearby Search (legacy): the key and the question stand in the URL."""

    def __init__(self, query):
        self.query = query

    def what_is_wrong(self, method):
        wanted = {"location", "radius", "key"}
        if method != "GET" or set(self.query) != wanted:
            return f"a GET with exactly {sorted(wanted)} is wanted"
        try:
            lat, lng = map(float, self.query["location"].split(","))
            good = abs(lat) <= 90 and abs(lng) <= 180 and 0 < float(self.query["radius"]) <= 50_000
        except ValueError:
            good = False
        return "" if good else "location or radius is wrong"

    def example(self):
        return example_body()

    def empty(self):
        return '{ "html_attributions" : [], "results" : [], "status" : "ZERO_RESULTS" }'

    def key(self):
        return self.query["key"]

    def unknown_status(self):
        return 200, json.dumps({"error_message": UNKNOWN_WORDS, "results": [], "status": "BILLING_SUSPENDED"})

    def error(self, status, message=None):
        if message is None:
            message = f"The stub was told to fail; the key was {self.query.get('key')}."
        return json.dumps({"error_message": message, "html_attributions": [], "results": [],
                           "status": ERROR_WORDS[status][1]})


class New:
    """Places API (New): the key and the field mask are headers, the question is JSON."""

    def __init__(self, headers, body):
        self.headers = headers
        self.body = body

    def what_is_wrong(self, method):
        if method != "POST" or not self.headers.get("X-Goog-Api-Key"):
            return "a POST with a key is wanted"
        if not self.headers.get("X-Goog-FieldMask"):
            return "FieldMask is a required parameter."
        if self.headers.get("Content-Type") != "application/json":
            return "the body must be JSON"
        try:
            question = json.loads(self.body)
            circle = question["locationRestriction"]["circle"]
            center = circle["center"]
            good = (abs(center["latitude"]) <= 90 and abs(center["longitude"]) <= 180
                    and 0 < circle["radius"] <= 50_000 and 1 <= question["maxResultCount"] <= 20
                    and question["rankPreference"] == "DISTANCE")
        except (KeyError, TypeError, ValueError):
            good = False
        return "" if good else "the question is wrong"

    def example(self):
        places = [to_new(place) for place in json.loads(example_body())["results"]]
        return json.dumps({"places": places[:json.loads(self.body)["maxResultCount"]]}, indent=2)

    def empty(self):
        return "{}\n"

    def key(self):
        return self.headers["X-Goog-Api-Key"]

    def unknown_status(self):
        error = {"code": 409, "message": UNKNOWN_WORDS, "status": "BILLING_SUSPENDED"}
        return 409, json.dumps({"error": error})

    def error(self, status, message=None):
        if message is None:
            message = f"The stub was told to fail; the key was {self.headers.get('X-Goog-Api-Key')}."
        return json.dumps({"error": {"code": status, "message": message,
                                     "status": ERROR_WORDS[status][0]}}, indent=2)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def finish_request(self, request, client_address):
        request.do_handshake()
        if request.selected_alpn_protocol() == "h2":
            self.go_away(request)
        else:
            super().finish_request(request, client_address)

    @staticmethod
    def go_away(connection):
        """HTTP/2: waits for a request, says GOAWAY and leaves."""
        input = connection.makefile("rb")
        input.read(HTTP2_PREFACE_BYTES)
        connection.sendall(HTTP2_SETTINGS)
        while head := input.read(9):
            input.read(int.from_bytes(head[:3], "big"))
            if head[3] == HTTP2_HEADERS:
                Handler.state.note({"method": "HTTP/2", "path": "", "query": {}, "headers": {}, "body": ""})
                connection.sendall(HTTP2_GOAWAY)
                break

    def handle_error(self, request, client_address):
        """Clients that leave or refuse the certificate are what tests are about: no noise."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def shutdown_request(self, request):
        # Without TLS's own goodbye, so that "close" and "close-early" are rude, as a crash would be.
        self.close_request(request)


def main():
    parser = argparse.ArgumentParser(
        description="Stand-in for Google's place servers. Modes: "
        + "; ".join(f"{mode}: {what}" for mode, what in MODES.items()))
    parser.add_argument("--mode", choices=MODES, default="ok")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--make-cert", metavar="DIR", help="make cert.pem and key.pem there and use them")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    arguments = parser.parse_args()
    if arguments.make_cert:
        arguments.cert, arguments.key = make_certificate(arguments.make_cert)
    if not arguments.cert or not arguments.key:
        parser.error("--make-cert, or --cert and --key, is needed")

    Handler.state = State(arguments.mode)
    server = Server(("127.0.0.1", arguments.port), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    http2 = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for one, protocol in ((context, "http/1.1"), (http2, "h2")):
        one.load_cert_chain(arguments.cert, arguments.key)
        one.set_alpn_protocols([protocol])

    def choose(connection, _name, _context):
        if Handler.state.is_first_for("goaway-once"):
            connection.context = http2

    context.sni_callback = choose
    # The handshake is left to the connection's own thread: a client that hangs in it stops no other.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
    if arguments.until_eof:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.buffer.read()
    else:
        server.serve_forever()


if __name__ == "__main__":
    main()
