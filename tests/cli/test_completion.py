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
                     "verify", "--help"):
            self.assertIn(name, every)

    def test_options(self):
        self.assertEqual(completed("status", "--s"), ["--short"])
        self.assertEqual(completed("update", "x", "--reuse"), ["--reuse-cmdline"])
        self.assertIn("--unit", completed("doctor", "--"))

    def test_values(self):
        self.assertEqual(completed("run", "x", "--user", "nob"), ["nobody"])
        self.assertIn("/etc/passwd", completed("update", "/etc/passw"))


if __name__ == "__main__":
    unittest.main()
