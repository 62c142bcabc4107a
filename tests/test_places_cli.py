#!/usr/bin/env python3
"""`herd places` from outside: import, near, info, their exit codes, and the answer's schema.

    HERD_BINARY=build/debug/herd python3 -m unittest test_places_cli    (in tests/)

The data that all tests share is found through HERD_SHARED_DATA or beside the
repository; what needs it is skipped where it is not there.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from schema import load, loads, validate

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("HERD_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
HERD = os.environ.get("HERD_BINARY", REPOSITORY / "build" / "debug" / "herd")

CSV = """name,lat,lon,type,address,id
Opera House,-33.8568,151.2153,theatre,Bennelong Point,1
"The ""Rocks""\u001b[31m",-33.8599,151.2090,suburb,,2
Fiji,-16.5,179.9999,island,,3
"""


class PlacesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.csv = self.folder / "places.csv"
        self.csv.write_text(CSV, encoding="utf-8")
        self.index = self.folder / "index"

    def herd(self, *arguments, expect=0):
        environment = {**os.environ, "XDG_DATA_HOME": str(self.folder / "data")}
        done = subprocess.run([HERD, "places", *map(str, arguments)], capture_output=True,
                              encoding="utf-8", env=environment, timeout=60, check=False)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def validate(self, text):
        schema = SHARED / "google-nearbysearch.schema.json"
        if not schema.exists():
            self.skipTest(f"{schema.name} is not here; set HERD_SHARED_DATA")
        answer = loads(text)
        validate(load(schema), answer)
        return answer

    def test_near_lists_the_nearest_first_south_and_west_too(self):
        done = self.herd("import", self.csv, "-o", self.index)
        self.assertIn("3 places", done.stdout)
        lines = self.herd("near", "-33.86", "151.21", "--index", self.index).stdout.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[0], r'^ +0\.\d{3} km  suburb +The "Rocks" \[31m$')
        self.assertRegex(lines[1], r"^ +0\.\d{3} km  theatre +Opera House - Bennelong Point$")
        lines = self.herd("near", "-16.5", "-179.9999", "--radius", "1", "--index", self.index).stdout
        self.assertRegex(lines, r"^ +0\.021 km  island +Fiji\n$")

    def test_the_default_index_is_the_herds(self):
        self.herd("import", self.csv)
        self.assertTrue((self.folder / "data/herd/places.index").exists())
        self.assertIn("Opera House", self.herd("near", "-33.86", "151.21").stdout)
        self.assertIn("3 places", self.herd("info").stdout)

    def test_json_is_a_nearby_search_answer(self):
        self.herd("import", self.csv, "-o", self.index, "--attribution", "me")
        text = self.herd("near", "-33.86", "151.21", "--json", "--index", self.index).stdout
        answer = self.validate(text)
        self.assertEqual(answer["html_attributions"], ["me"])
        self.assertEqual([result["place_id"] for result in answer["results"]], ["2", "1"])
        self.assertNotIn("\n\n", text)
        none = self.validate(self.herd("near", "0", "0", "--json", "--index", self.index).stdout)
        self.assertEqual((none["results"], none["status"]), ([], "ZERO_RESULTS"))
        everywhere = self.validate(
            self.herd("near", "90", "0", "--radius", "20100", "--json", "--index", self.index).stdout)
        self.assertEqual(len(everywhere["results"]), 3)

    def test_extracts_give_valid_answers(self):
        files = [SHARED / "andorra.osm.pbf", SHARED / "monaco.osm.gz"]
        if not all(file.exists() for file in files):
            self.skipTest("the extracts are not here; set HERD_SHARED_DATA")
        self.herd("import", *files, "-o", self.index)
        for point in (["42.5075", "1.5218"], ["43.7384", "7.4246"]):
            answer = self.validate(
                self.herd("near", *point, "--max", "20", "--json", "--index", self.index).stdout)
            self.assertEqual(len(answer["results"]), 20)
            self.assertEqual(answer["html_attributions"], ["© OpenStreetMap contributors, ODbL"])
        info = json.loads(self.herd("info", "--json", "--index", self.index).stdout)
        self.assertEqual([source["name"] for source in info["sources"]],
                         ["andorra.osm.pbf", "monaco.osm.gz"])

    def test_a_failed_import_says_why_and_keeps_the_old_index(self):
        self.herd("import", self.csv, "-o", self.index)
        old = self.index.read_bytes()
        self.csv.write_text(CSV + "cut,1\n", encoding="utf-8")
        done = self.herd("import", self.csv, "-o", self.index, expect=1)
        self.assertIn("places.csv:5: has 2 fields", done.stderr)
        self.assertEqual(self.index.read_bytes(), old)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["index", "places.csv"])

    def test_exit_codes(self):
        self.assertIn("make one with", self.herd("info", expect=1).stderr)
        self.herd("near", "91", "0", expect=2)
        self.herd("near", "0", expect=2)
        self.herd("import", expect=2)
        self.index.write_bytes(b"nothing of ours")
        self.assertIn("not a Herd places index", self.herd("info", "--index", self.index, expect=1).stderr)

    def test_help_ends_with_an_example(self):
        for command in ([], ["import"], ["near"], ["info"]):
            self.assertIn("Example:\n  herd places", self.herd(*command, "--help").stdout)


if __name__ == "__main__":
    unittest.main()
