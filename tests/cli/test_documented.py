#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every command of the program that a page shows can be typed as it stands."""
import glob
import os
import re
import shlex
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["HUGEPERSIST"]
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PAGES = (["README.md", "docs/systemd.md", "docs/design.md"] +
         [os.path.relpath(p, TOP) for pattern in ("docs/man/*.scd", "examples/*/README.md")
          for p in glob.glob(os.path.join(TOP, pattern))])
COMMANDS = ("doctor", "setup", "status", "drop", "run", "update", "verify", "save",
            "load")
# Words that stand for something, and no example
WORDS = re.compile(r"_|\[|\(|[A-Z]{3,}|\.\.\.")


def shown():
    """Commands in code, as (page, words)."""
    found = []
    for page in PAGES:
        with open(os.path.join(TOP, page), encoding="utf-8") as file:
            text = file.read()
        spans = re.findall(r"`(hugepersist [a-z][^`\n]*)`", text)
        spans += re.findall(r"^(?: {4}|ExecStart=\S*/)?(hugepersist [a-z].*)$", text, re.M)
        spans += re.findall(r"\*(hugepersist [a-z]+ --[^*]+)\*", text)
        for span in spans:
            span = span.strip().rstrip(".:")
            if span.split()[1] in COMMANDS and not WORDS.search(
                    span.replace("STATE_DIRECTORY", "")):
                found.append((page, span))
    return sorted(set(found))


class Documented(unittest.TestCase):
    def test_some_of_each(self):
        have = {span.split()[1] for _, span in shown()}
        self.assertEqual(have, set(COMMANDS))

    def test_each_is_understood(self):
        """Wrong usage points to --help; what it says of this machine is no matter."""
        with tempfile.TemporaryDirectory() as folder:
            for page, span in shown():
                words = shlex.split(span)[1:]
                if len(words) == 1 and words[0] not in ("status", "verify", "doctor"):
                    continue  # a name, and not a line to type
                if words[0] == "setup":
                    words.insert(1, f"--root={folder}")
                if words[0] == "run":
                    words[2:2] = [f"--state={folder}/state"]
                done = subprocess.run(
                    [PROGRAM, *words], capture_output=True, text=True, timeout=60,
                    check=False, stdin=subprocess.DEVNULL, cwd=folder)
                self.assertNotIn("--help", done.stderr, (page, span))

    def test_a_wrong_one_is_noticed(self):
        done = subprocess.run([PROGRAM, "status", "--shorter"], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--help", done.stderr)

    def test_options_of_the_pages(self):
        """--help and the page of a command have the same options."""
        for command in COMMANDS:
            usage = subprocess.run([PROGRAM, command, "--help"], capture_output=True,
                                   text=True, check=True).stdout
            with open(f"{TOP}/docs/man/hugepersist-{command}.1.scd",
                      encoding="utf-8") as file:
                page = file.read().split("# OPTIONS")[1].split("\n# ")[0]
            wanted = set(re.findall(r"^  -\w, (--[a-z-]+)", usage, re.M))
            have = set(re.findall(r"\*-\w, (--[a-z-]+)", page))
            self.assertEqual(have, wanted, command)


if __name__ == "__main__":
    unittest.main()
