#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hugepersist run and status, with a manager that has a store."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from manager import Manager

PROGRAM = os.environ["HUGEPERSIST"]
REGION = "--region=pool=2M,shmem"
WRITE = 'printf %s "$2" | dd of="$1" conv=notrunc status=none'
READ = 'head -c 5 "$1"'


class Run(unittest.TestCase):
    def setUp(self):
        self.manager = Manager()
        self.state = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.state)
        self.addCleanup(self.manager.drop)

    def run_it(self, *arguments, options=(), session="cache", region=REGION,
               **more):
        return self.manager.run(
            PROGRAM, "run", session, region, f"--state={self.state}", *options,
            "--", *arguments, **more)

    def status(self):
        result = subprocess.run([PROGRAM, "status", "--json"], timeout=60,
                                capture_output=True, text=True, check=False)
        report = json.loads(result.stdout)
        self.assertEqual(report["version"], 1)
        ids = {name.split(".")[2] for name in self.manager.names()}
        return [s for s in report["sessions"] if s["id"] in ids]

    def test_memory_outlives_the_program(self):
        self.assertEqual(
            self.run_it("sh", "-c", WRITE, "sh", "@pool@", "hello"), (0, "", ""))
        self.assertEqual(len(self.manager.names()), 2)
        self.assertEqual(self.run_it("sh", "-c", READ, "sh", "@pool@"),
                         (0, "hello", ""))
        self.assertEqual(len(self.manager.names()), 2)

    def test_killed_program(self):
        status, _, _ = self.run_it("sh", "-c", WRITE + "; kill -9 $$", "sh",
                                   "@pool@", "hello")
        self.assertEqual(status, -signal.SIGKILL)
        self.assertEqual(self.run_it("sh", "-c", READ, "sh", "@pool@"),
                         (0, "hello", ""))

    def test_same_process_and_status(self):
        process = self.manager.start(
            PROGRAM, "run", "cache", REGION, f"--state={self.state}", "--",
            "sh", "-c", "echo $$; exit 7")
        out, _ = process.communicate(timeout=60)
        self.assertEqual((int(out), process.returncode), (process.pid, 7))

    def test_path_is_a_link_in_the_state_directory(self):
        status, out, _ = self.run_it("echo", "a@pool@b", "@other@", "@")
        self.assertEqual((status, out), (0, f"a{self.state}/pool"
                                         "b @other@ @\n"))
        self.assertRegex(os.readlink(f"{self.state}/pool"),
                         "^/proc/self/fd/[0-9]+$")

    def test_state_directory_of_the_manager(self):
        status, out, err = self.manager.run(
            PROGRAM, "run", "cache", REGION, "--", "echo", "@pool@",
            STATE_DIRECTORY=f"{self.state}/one:{self.state}/two")
        self.assertEqual((status, out, err), (0, f"{self.state}/one/pool\n", ""))

    def test_a_file_in_place_of_the_link_stays(self):
        with open(f"{self.state}/pool", "w", encoding="ascii") as file:
            file.write("mine")
        status, _, err = self.run_it("true")
        self.assertEqual(status, 2)
        self.assertIn("not a link of ours", err)
        with open(f"{self.state}/pool", encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")

    def test_if_new(self):
        options = ["--if-new", f"echo $HUGEPERSIST_NEW @pool@ >>{self.state}/new"]
        for _ in range(2):
            self.assertEqual(self.run_it("true", options=options)[0], 0)
        with open(f"{self.state}/new", encoding="ascii") as file:
            self.assertEqual(file.read(), f"pool {self.state}/pool\n")

    def test_if_new_fails(self):
        for _ in range(2):
            status, out, err = self.run_it("echo", "started",
                                           options=["--if-new", "exit 3"])
            # Not preserved, so it is new the next time, too
            self.assertEqual((status, out), (2, ""))
            self.assertIn("--if-new failed", err)

    def test_owner_is_the_program(self):
        process = self.manager.start(
            PROGRAM, "run", "cache", REGION, f"--state={self.state}", "--",
            "sh", "-c", "echo up; exec sleep 60")
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "up\n")
        [session] = self.status()
        self.assertEqual(session["taken_by"], process.pid)
        # A second one must not run on the same memory
        status, out, err = self.run_it("echo", "second")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("has the session", err)
        process.kill()
        process.wait()
        self.assertEqual(self.run_it("echo", "third")[:2], (0, "third\n"))

    def test_other_descriptors_move_up(self):
        end, other = socket.socketpair()
        self.addCleanup(end.close)
        self.addCleanup(other.close)
        self.assertEqual(self.run_it("true")[0], 0)
        script = ('echo $LISTEN_FDS $LISTEN_FDNAMES $((LISTEN_PID == $$));'
                  'echo hello >&3; ls /proc/$$/fd')
        stored = list(self.manager.store)
        # Between ours
        self.manager.store = stored[:1] + [("web", end.fileno())] + stored[1:]
        status, out, _ = self.run_it("sh", "-c", script)
        self.manager.store = stored
        lines = out.split("\n")
        self.assertEqual((status, lines[0]), (0, "1 web 1"))
        self.assertEqual(other.recv(100), b"hello\n")
        self.assertNotIn("4", lines)
        self.assertEqual(self.run_it("sh", "-c", "echo [$LISTEN_FDS]")[1], "[]\n")

    def test_other_size(self):
        self.assertEqual(self.run_it("true")[0], 0)
        status, out, err = self.run_it("echo", "started",
                                       region="--region=pool=4M,shmem")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("pool: ", err)
        self.assertEqual(self.run_it("echo", "started")[0], 0)

    def test_full_store(self):
        self.manager.maximum = 1
        status, out, err = self.run_it("echo", "started")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("full", err)

    @unittest.skipIf(os.geteuid(), "only root can become another user")
    def test_user(self):
        os.chmod(self.state, 0o755)
        status, out, err = self.run_it(
            "sh", "-c", "id -un; id -Gn; " + WRITE + "; " + READ, "sh", "@pool@",
            "hello", options=["--user=nobody", "--if-new", f"id -un >&2"])
        self.assertEqual((status, out), (0, "nobody\nnogroup\nhello"))
        self.assertEqual(err, "nobody\n")

    def test_wrong_usage(self):
        for arguments, words in (
                (["run"], "NAME must come first"),
                (["run", "cache", "--", "true"], "--region is missing"),
                (["run", "cache", REGION], "PROGRAM is missing"),
                (["run", "a/b", REGION, "--", "true"], "cannot be a name"),
                (["run", "cache", "-r", "pool", "--", "true"], "LABEL=SIZE"),
                (["run", "cache", "-r", "a b=2M", "--", "true"], "LABEL=SIZE"),
                (["run", "cache", "-r", "pool=3M", "--", "true"], "multiple"),
                (["run", "cache", "-r", "pool=x", "--", "true"], "not a size"),
                (["run", "cache", "-r", "pool=2M,3M", "--", "true"], "power"),
                (["run", "cache", REGION, REGION, "--", "true"], "same label"),
                (["run", "cache", "--wrong"], "--help")):
            status, out, err = self.manager.run(PROGRAM, *arguments)
            self.assertEqual((status, out), (2, ""), arguments)
            self.assertIn(words, err)

    def test_no_such_program(self):
        self.assertEqual(self.run_it("/nowhere/program")[0], 127)
        self.assertEqual(self.run_it("/etc/passwd")[0], 126)
        self.assertEqual(self.run_it("/nowhere/@pool@", options=["--user=nobody1"])[0], 2)

    def test_status(self):
        self.assertEqual(self.run_it("true")[0], 0)
        [session] = self.status()
        [region] = session["regions"]
        self.assertEqual((region["label"], region["bytes"], region["present"]),
                         ("pool", 2 << 20, True))
        self.assertEqual(session["manifest_state"], "read")
        self.assertEqual(session["manifest"]["sealed"], False)
        self.assertEqual(session["restart"]["answer"], "no")
        text = subprocess.run([PROGRAM, "status"], timeout=60, check=False,
                              capture_output=True, text=True).stdout
        self.assertRegex(text, r'2 MiB in pages of [0-9]+[KM]  "pool"')

    def test_a_damaged_manifest_is_not_believed(self):
        self.assertEqual(self.run_it("true")[0], 0)
        self.assertEqual(len(self.status()), 1)
        for name, fd in self.manager.store:
            if name.count(".") == 2:
                size = os.fstat(fd).st_size
                for slot in 0, size // 2:
                    os.pwrite(fd, b"\xff" * 8, slot + 48)
        self.assertEqual(self.status(), [])


class Usage(unittest.TestCase):
    def test_help_and_version(self):
        commands = subprocess.run([PROGRAM, "--help"], capture_output=True,
                                  text=True, timeout=10, check=True).stdout
        names = re.findall(r"^  ([a-z]+) ", commands, re.M)
        self.assertIn("run", names)
        for name in names:
            for option, words in ("--help", f"Usage: hugepersist {name}"), (
                    "--version", f"hugepersist {name}, libhugepersist"):
                result = subprocess.run([PROGRAM, name, option], timeout=10,
                                        capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, 0, (name, option))
                self.assertTrue(result.stdout.startswith(words), (name, option))
            result = subprocess.run([PROGRAM, name, "--wrong"], timeout=10,
                                    capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stdout), (2, ""), name)


if __name__ == "__main__":
    unittest.main()
