#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""status, drop and doctor --unit with a systemd that knows what a file says."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from manager import Manager

PROGRAM = os.environ["HUGEPERSIST"]
FAKE = os.environ["FAKE_SYSTEMD"]


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.manager = Manager()
        self.addCleanup(self.manager.drop)
        self.state = f"{self.folder}/state"
        self.describe()
        self.systemd = subprocess.Popen(
            [FAKE, f"{self.folder}/bus", self.state], stdout=subprocess.PIPE,
            text=True)
        self.addCleanup(self.systemd.stdout.close)
        self.addCleanup(self.systemd.wait)
        self.addCleanup(self.systemd.kill)
        self.assertEqual(self.systemd.stdout.readline(), "ready\n")

    def hold(self):
        # Where memory is scattered it says that the pages of shmem stay small
        status, _, err = self.manager.run(
            PROGRAM, "run", "my cache", "--region=pool=2M,shmem",
            "--region=index=4M,shmem", f"--state={self.folder}/memory", "--", "true")
        self.assertEqual(status, 0, err)

    def describe(self, name="db.service", load="loaded", active="inactive",
                 sub="dead-resources-pinned", file="enabled", preserve="yes",
                 maximum=4, version="262.1", entries=None):
        lines = [f"version {version}",
                 "unit other.service loaded active running enabled restart 0",
                 f"unit {name} {load} {active} {sub} {file} {preserve} {maximum}"]
        for entry, fd in self.manager.store if entries is None else entries:
            info = os.fstat(fd)
            lines.append(f"entry {entry} {os.major(info.st_dev)} "
                         f"{os.minor(info.st_dev)} {info.st_ino}")
        with open(self.state, "w", encoding="ascii") as file_:
            file_.write("\n".join(lines) + "\n")

    def run_it(self, *arguments, **more):
        return subprocess.run(
            [PROGRAM, *arguments], capture_output=True, text=True, timeout=60,
            check=False, stdin=subprocess.DEVNULL,
            env=dict(os.environ,
                     DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={self.folder}/bus"), **more)

    def session(self, title="db.service/my%20cache"):
        report = json.loads(self.run_it("status", "--json").stdout)
        [found] = [s for s in report["sessions"] if s["title"] == title]
        return found

    def test_status(self):
        self.hold()
        self.describe()
        found = self.session()
        self.assertEqual((found["unit"], found["name"], found["unit_gone"]),
                         ("db.service", "my%20cache", False))
        self.assertEqual(
            {(r["label"], r["bytes"], r["listed"], r["present"])
             for r in found["regions"]},
            {("pool", 2 << 20, True, True), ("index", 4 << 20, True, True)})
        self.assertEqual(found["free_since_us"], 1700000000000000)
        self.assertEqual((found["restart"]["answer"], found["stop"]["answer"]),
                         ("yes", "yes"))
        # This machine's kernel hands nothing over
        self.assertEqual(found["kexec"]["answer"], "no")
        short = self.run_it("status", "--short").stdout
        self.assertIn("db.service/my%20cache 6 MiB, 2 regions, not sealed, user root\n", short)
        self.assertIn("not taken since 2023-11-14", self.run_it("status").stdout)

    def test_lost_and_unlisted(self):
        self.hold()
        manifest, first, second = self.manager.store
        stray = first[0].rsplit(".", 2)[0] + ".00000000000000ff.00000000000000ff"
        self.describe(entries=[manifest, first, (stray, second[1])])
        found = self.session()
        self.assertEqual(sorted((r["listed"], r["present"]) for r in found["regions"]),
                         [(False, True), (True, False), (True, True)])
        result = self.run_it("status")
        self.assertEqual(result.returncode, 1)
        self.assertIn("LOST", result.stdout)
        self.assertIn("(not listed)", result.stdout)

    def test_settings(self):
        self.hold()
        for settings, stop in (
                ({"preserve": "restart"}, "no"),
                ({"version": "257.9", "file": "static"}, "no"),
                ({"version": "257.9"}, "yes"),
                ({"preserve": "on-success"}, "unknown")):
            self.describe(**settings)
            self.assertEqual(self.session()["stop"]["answer"], stop, settings)

    def test_without_a_dump(self):
        """systemd 252 tells how much its store has, and not what."""
        self.hold()
        self.describe(version="252.38")
        report = json.loads(self.run_it("status", "--json").stdout)
        self.assertEqual(report["systemd"], 252)
        self.assertEqual([s for s in report["sessions"]
                          if s["unit"] == "db.service"], [])

    def test_gone_unit(self):
        self.hold()
        self.describe(load="not-found")
        self.assertTrue(self.session()["unit_gone"])
        self.assertEqual(self.run_it("status").returncode, 1)

    def test_drop_asks_and_refuses(self):
        self.hold()
        self.describe()
        result = self.run_it("drop", "db/my cache")
        self.assertEqual(result.returncode, 1)
        self.assertIn("db.service/my%20cache: 6 MiB, 2 regions", result.stdout)
        self.assertIn("4 MiB  index", result.stdout)
        self.assertIn("Nothing was changed", result.stdout)
        # It is not seen to be empty
        result = self.run_it("drop", "db.service/my%20cache", "--yes")
        self.assertEqual(result.returncode, 1)
        self.assertIn("not seen to be empty", result.stderr)
        self.assertEqual(self.systemd.stdout.readline(),
                         "clean db.service fdstore\n")
        self.describe(active="active")
        result = self.run_it("drop", "db/my cache", "--yes")
        self.assertEqual(result.returncode, 1)
        self.assertIn("Unit is not inactive", result.stderr)
        for title in "db/other", "other/my cache":
            result = self.run_it("drop", title, "--yes")
            self.assertEqual(result.returncode, 1)
            self.assertIn("there is no session", result.stderr)
        self.assertEqual(self.run_it("drop", "cache").returncode, 2)

    def test_what_is_not_there(self):
        """No, or not known to who may not look at everything."""
        self.hold()
        self.describe()
        for command in (["save", "db/none", f"{self.folder}/save"],
                        ["save", "--replace", "--json", "db/none", f"{self.folder}/save"],
                        ["drop", "db/none", "--yes"]):
            done = self.run_it(*command)
            self.assertIn(done.returncode, (1, 3))
            self.assertIn("none", done.stderr)
            if os.geteuid() == 0:
                self.assertEqual(done.returncode, 1)
        if os.geteuid() == 0:
            done = self.run_it("save", "db/none", "/nowhere", user=65534)
            self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(self.run_it("drop", "db/my cache", "--json").returncode, 2)

    def test_load_for_a_program_that_is_not_there(self):
        """As a shell says it, and nothing is saved or passed."""
        done = self.run_it("load", "none", f"{self.folder}/save", "--", "/no/such")
        self.assertEqual(done.returncode, 127, done.stderr)
        self.assertIn("cannot start /no/such", done.stderr)
        self.assertEqual(self.run_it("load", "none", f"{self.folder}/save").returncode, 2)
        done = self.run_it("load", "none", f"{self.folder}/save", "--replace", "true")
        self.assertEqual(done.returncode, 2)
        self.assertIn("See hugepersist load --help", done.stderr)

    def test_load_without_a_store(self):
        """The memory would end with the command: the program must not start."""
        with open(f"{self.folder}/save", "w", encoding="utf-8"):
            pass
        done = self.run_it("load", "none", f"{self.folder}/save", "--", "echo", "started")
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn("no service manager here has a store", done.stderr)

    def test_doctor_of_a_unit(self):
        self.hold()
        self.describe(preserve="restart")
        text = self.run_it("doctor", "--unit=db").stdout
        self.assertIn("FileDescriptorStorePreserve=yes", text)
        report = json.loads(self.run_it("doctor", "--unit=db", "--json").stdout)
        answers = {f["id"]: f["answer"] for f in report["findings"]}
        self.assertEqual((answers["unit.restart"], answers["unit.stop"],
                          answers["unit.kexec"]), ("yes", "no", "no"))
        report = json.loads(self.run_it("doctor", "--unit=none", "--json").stdout)
        answers = {f["id"]: f["answer"] for f in report["findings"]}
        self.assertEqual(answers["unit.kexec"], "unknown")
        report = json.loads(self.run_it("doctor", "--unit=other", "--json").stdout)
        answers = {f["id"]: f["answer"] for f in report["findings"]}
        self.assertEqual(answers["unit.restart"], "no")

    def test_setup_of_a_unit(self):
        """What the store has is not dropped by a lower maximum."""
        def setup(*more):
            return self.run_it("setup", "--size=2M", "--pages=1", "--dry-run", *more)
        self.describe(maximum=0)
        self.assertIn("FileDescriptorStoreMax=3\n",
                      setup("--unit=db", "--regions=2").stdout)
        self.hold()
        self.describe(maximum=40)
        done = setup("--unit=db", "--regions=2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("FileDescriptorStoreMax=40\n", done.stdout)
        self.describe(maximum=2)
        done = setup("--unit=db", "--regions=1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("its store has 3 descriptors", done.stderr)
        self.assertNotIn("FileDescriptorStore", done.stdout)
        self.describe(load="not-found", maximum=0, entries=[])
        done = setup("--unit=db")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("db.service: there is no such unit yet", done.stderr)


if __name__ == "__main__":
    unittest.main()
