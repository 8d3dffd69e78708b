#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hugepersist setup, below a folder of its own."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["HUGEPERSIST"]
MARK = "# Written by hugepersist setup; --remove takes it away.\n"
POOL = "/etc/tmpfiles.d/hugepersist-2M.conf"
GRUB = "/etc/default/grub.d/hugepersist.cfg"
UNIT = "/etc/systemd/system/db.service.d/50-hugepersist.conf"


class Setup(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)

    def setup(self, *arguments, status=0):
        result = subprocess.run(
            [PROGRAM, "setup", f"--root={self.root}", *arguments], timeout=30,
            capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stdout + result.stderr

    def make(self, *more, **status):
        return self.setup("--size=2M", "--pages=512", "--unit=db", *more, **status)

    def tree(self):
        found = {}
        for folder, _, files in os.walk(self.root):
            for name in files:
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    found[path[len(self.root):]] = file.read()
        return found

    def test_writes_and_takes_back(self):
        self.make("--regions=3")
        self.assertEqual(self.tree(), {
            POOL: MARK + "w /sys/kernel/mm/hugepages/hugepages-2048kB/"
                  "nr_hugepages - - - - 512\n",
            GRUB: MARK + 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX kho=on '
                  'liveupdate=on hugetlb_preserve=on"\n',
            UNIT: MARK + "[Service]\nNotifyAccess=main\nFileDescriptorStoreMax=4\n"
                  "FileDescriptorStorePreserve=yes\n"})
        self.setup("--remove")
        self.assertEqual(self.tree(), {})
        self.assertFalse(os.path.exists(self.root + os.path.dirname(UNIT)))

    def report(self, *arguments, status=0):
        result = subprocess.run(
            [PROGRAM, "setup", f"--root={self.root}", "--json", *arguments], timeout=30,
            capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, status, result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual(report["version"], 1)
        self.assertEqual(report["failed"], status != 0)
        return {f["path"][len(self.root):]: (f["state"], f["text"]) for f in report["files"]}

    def test_json(self):
        pool = ["--size=2M", "--pages=512"]
        planned = self.report("--dry-run", *pool)
        self.assertEqual({state for state, _ in planned.values()}, {"new"})
        self.assertEqual(self.tree(), {})
        self.assertEqual(self.report(*pool), planned)
        self.assertEqual(self.tree(), {p: text for p, (_, text) in planned.items()})
        self.assertEqual(self.report(*pool)[GRUB][0], "same")
        self.assertEqual(self.report("--size=2M", "--pages=7")[POOL][0], "changed")
        with open(self.root + POOL, "w", encoding="utf-8") as file:
            file.write("mine\n")
        self.assertEqual(self.report(*pool, status=1)[POOL][0], "not_ours")
        self.assertEqual(self.report("--remove"), {GRUB: ("removed", None)})
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(
                [PROGRAM, "setup", f"--root={self.root}", "--json", *pool], timeout=30,
                stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertNotEqual(done.returncode, 0)

    def test_two_sizes(self):
        self.setup("--size=1G", "--pages=2")
        self.make()
        words = "".join(text for path, text in self.tree().items() if "grub" in path)
        self.assertIn("hugepagesz=1G hugepages=2", words)
        self.assertEqual(words.count("kho=on"), 1)
        self.setup("--remove")
        self.assertEqual(self.tree(), {})

    def test_again(self):
        self.make()
        before = {p: os.stat(self.root + p).st_ino for p in self.tree()}
        self.assertEqual(self.make().count("is so already"), 3)
        self.assertEqual(
            before, {p: os.stat(self.root + p).st_ino for p in self.tree()})
        self.setup("--size=2M", "--pages=7")
        self.assertIn(" 7\n", self.tree()[POOL])

    def test_dry_run(self):
        said = self.make("--dry-run")
        self.assertEqual(self.tree(), {})
        for path in POOL, GRUB, UNIT:
            self.assertIn(self.root + path, said)
        self.make()
        before = self.tree()
        self.setup("--remove", "--dry-run")
        self.assertEqual(self.tree(), before)

    def test_what_is_not_ours_stays(self):
        os.makedirs(self.root + os.path.dirname(GRUB))
        for path in GRUB, os.path.dirname(GRUB) + "/other.cfg":
            with open(self.root + path, "w", encoding="ascii") as file:
                file.write("mine\n")
        said = self.make(status=1)
        self.assertIn("is not of this program", said)
        self.assertEqual(self.tree()[GRUB], "mine\n")
        self.setup("--remove")
        self.assertEqual(sorted(self.tree()), sorted(
            [GRUB, os.path.dirname(GRUB) + "/other.cfg"]))

    def test_mount_and_gigantic_pages(self):
        self.setup("--size=1G", "--pages=2", "--mount")
        tree = self.tree()
        self.assertIn("hugepagesz=1G hugepages=2",
                      tree["/etc/default/grub.d/hugepersist-1G.cfg"])
        mount = tree["/etc/systemd/system/run-hugepersist-1G.mount"]
        self.assertIn("Where=/run/hugepersist/1G\n", mount)
        self.assertIn("Options=pagesize=1G,mode=1777\n", mount)

    def test_wrong_usage(self):
        for arguments in ([], ["--size=2M"], ["--size=3M", "--pages=1"],
                          ["--size=2M", "--pages=x"],
                          ["--size=2M", "--pages=1M"],
                          ["--size=2M", "--pages=1", "--unit=../x"],
                          ["--size=2M", "--pages=1", "--regions=1024"],
                          ["--size=2M", "--pages=1", "more"]):
            self.setup(*arguments, status=2)
        self.assertEqual(self.tree(), {})


if __name__ == "__main__":
    unittest.main()
