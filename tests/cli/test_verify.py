#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hugepersist verify, as far as a machine without a kexec goes."""
import copy
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

from manager import Manager

PROGRAM = os.environ["HUGEPERSIST"]


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                          timeout=60, check=False)


class Verify(unittest.TestCase):
    def setUp(self):
        self.manager = Manager()
        self.addCleanup(self.manager.drop)
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = f"{self.folder}/record.json"
        status, _, err = self.manager.run(
            PROGRAM, "run", "cache", "--region=pool=2M,shmem",
            f"--state={self.folder}/state", "--", "true")
        self.assertEqual((status, err), (0, ""))
        held = json.loads(run("status", "--json").stdout)
        ids = {name.split(".")[2] for name in self.manager.names()}
        held["sessions"] = [s for s in held["sessions"] if s["id"] in ids]
        self.assertEqual(len(held["sessions"]), 1)
        self.record = {"version": 1, "boot_id": "another", "kernel": "7.3.4",
                       "time_us": 1, "pools": {"2048kB": {"total": 3, "free": 2}},
                       "held": held}

    def verify(self, record, *arguments):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(record if isinstance(record, str) else json.dumps(record))
        return run("verify", f"--record={self.path}", *arguments)

    def test_all_came_back(self):
        result = self.verify(self.record)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("1 session with 1 region came back: 2 MiB", result.stdout)
        self.assertIn("pool 2048kB: 3 pages (2 free) before", result.stdout)
        report = json.loads(self.verify(self.record, "--json").stdout)
        self.assertEqual((report["version"], report["regions"], report["missing"]),
                         (1, 1, []))

    def test_a_region_is_missing(self):
        record = copy.deepcopy(self.record)
        regions = record["held"]["sessions"][0]["regions"]
        regions.append(dict(regions[0], token="00000000000000ff", label="index"))
        result = self.verify(record)
        self.assertEqual(result.returncode, 1)
        self.assertIn("MISSING", result.stdout)
        self.assertIn("00000000000000ff 'index'", result.stdout)
        # What was lost before is not missed
        regions[1]["present"] = False
        self.assertEqual(self.verify(record).returncode, 0)

    def test_a_session_is_missing(self):
        record = copy.deepcopy(self.record)
        record["held"]["sessions"][0]["id"] = "00000000000000ff"
        result = self.verify(record)
        self.assertEqual(result.returncode, 1)
        self.assertIn("did not come back", result.stdout)
        self.assertIn("a reboot in place of a kexec", result.stdout)

    def test_no_update(self):
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        result = self.verify(dict(self.record, boot_id=boot))
        self.assertEqual(result.returncode, 3)
        self.assertIn("has not happened", result.stderr)
        self.assertEqual(run("verify", "--record=/nowhere").returncode, 3)

    def test_any_record(self):
        """A record is input: whatever is in it, verify says what it is."""
        for text in ("", "[]", "{}", '{"version": 2, "boot_id": "x"}',
                     '{"version": 1}', "{" * 5000):
            self.assertEqual(self.verify(text).returncode, 3, text[:40])
        self.assertIn(self.verify('{"version": 1, "boot_id": "x"}').returncode, (0,))
        rng = random.Random(16)
        text = json.dumps(self.record)
        for _ in range(60):
            damaged = list(text)
            for _ in range(3):
                damaged[rng.randrange(len(text))] = rng.choice('{}[]",:0xn')
            self.assertIn(self.verify("".join(damaged)).returncode, (0, 1, 3))
        values = (None, 1, "x", [], {}, [[]], True)
        for key in ("pools", "held", "time_us", "kernel"):
            for value in values:
                self.assertIn(self.verify(dict(self.record, **{key: value})
                                          ).returncode, (0, 1, 3))


if __name__ == "__main__":
    unittest.main()
