#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The completion of bash, with the program at hand."""
import os
import subprocess
import unittest

PROGRAM = os.environ["HUGEPERSIST"]
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../cli/completion/hugepersist")


def completed(*words):
    script = (f'. "{SCRIPT}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_hugepersist; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", PROGRAM, *words],
                          capture_output=True, text=True, timeout=30, check=True)
    assert done.stderr == "", done.stderr
    return done.stdout.split()


class Completion(unittest.TestCase):
    def test_commands(self):
        self.assertEqual(completed("st"), ["status"])
        every = completed("")
        for name in ("doctor", "setup", "status", "drop", "run", "update",
                     "verify", "save", "load", "--help"):
            self.assertIn(name, every)

    def test_options(self):
        self.assertEqual(completed("status", "--s"), ["--short"])
        self.assertEqual(completed("update", "x", "--reuse"), ["--reuse-cmdline"])
        self.assertIn("--unit", completed("doctor", "--"))
        for command in ("status", "drop", "save", "update", "verify", "doctor"):
            self.assertEqual(completed(command, "--js"), ["--json"])
        self.assertEqual(completed("load", "--he"), ["--help"])
        self.assertEqual(completed("run", "cache", "--ho"), ["--hold"])
        self.assertEqual(completed("update", "--re"), ["--reboot", "--reuse-cmdline"])

    def test_values(self):
        self.assertEqual(completed("run", "x", "--user", "nob"), ["nobody"])
        self.assertIn("/etc/passwd", completed("update", "/etc/passw"))
        self.assertEqual(completed("save", "db/db", "/etc/defaul"), ["/etc/default"])
        self.assertEqual(completed("status", "/etc/passw"), [])


if __name__ == "__main__":
    unittest.main()
