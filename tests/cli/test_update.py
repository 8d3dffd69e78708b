#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hugepersist update and the files that it is given."""
import gzip
import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["HUGEPERSIST"]


def note(kind, text):
    def padded(data):
        return data + b"\0" * (-len(data) % 4)
    name, text = b"liveupdate\0", text.encode() + b"\0"
    return struct.pack("<III", len(name), len(text), kind) + padded(name) + padded(text)


def kernel(*formats):
    notes = b"".join(note(1, text) for text in formats)
    head = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 4, 0, 120, 0, 0, len(notes), 0, 0) + notes


def image(payload):
    """A bzImage, as far as update looks."""
    payload += b"\0" * (-len(payload) % 16)
    head = bytearray(2048)
    head[0x1f1] = 3
    struct.pack_into("<I", head, 0x1f4, len(payload) // 16)
    head[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", head, 0x206, 0x20f)
    struct.pack_into("<H", head, 0x20e, 0x200)
    struct.pack_into("<H", head, 0x236, 1)
    struct.pack_into("<I", head, 0x24c, len(payload))
    head[0x400:0x40c] = b"7.3.5 (test)"
    return bytes(head) + payload


def cpio(**files):
    """An archive "newc"; a str is the target of a link."""
    out = b""
    for name, content in list(files.items()) + [("TRAILER!!!", b"")]:
        mode = 0o120777 if isinstance(content, str) else 0o100755
        content = content.encode() if isinstance(content, str) else content
        name = name.encode() + b"\0"
        out += b"070701" + b"".join(b"%08x" % v for v in (
            1, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)) + name
        out += b"\0" * (-len(out) % 4) + content
        out += b"\0" * (-len(out) % 4)
    return out


def dracut(version):
    return cpio(init="usr/lib/systemd/systemd",
                **{f"usr/lib/systemd/libsystemd-shared-{version}.so": b"so"})


class Update(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.image = self.write("vmlinuz", image(gzip.compress(kernel("luo:v1"))))

    def write(self, name, content):
        path = f"{self.folder}/{name}"
        with open(path, "wb") as file:
            file.write(content)
        return path

    def ask(self, *arguments, path=None, line="kho=on liveupdate=on"):
        done = subprocess.run(
            [PROGRAM, "update", path or self.image, f"--append={line}", "--dry-run",
             "--json", *arguments],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertIn(done.returncode, (0, 1, 3), done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["version"], 1)
        return {f["id"]: f for f in report["findings"]}

    def test_whole(self):
        self.assertEqual(self.ask()["image.whole"]["answer"], "yes")
        with open(self.image, "rb") as file:
            short = self.write("short", file.read()[:-16])
        found = self.ask(path=short)["image.whole"]
        self.assertEqual(found["answer"], "no")
        self.assertIn("cut off", found["reason"])

    def test_machine(self):
        self.assertEqual(self.ask()["image.machine"]["answer"], "yes")
        other = self.write("Image", b"\0" * 56 + b"ARM\x64" + b"\0" * 1024)
        found = self.ask(path=other)["image.machine"]
        self.assertEqual(found["answer"], "no")
        self.assertIn("aarch64", found["reason"])

    def test_parameters(self):
        for line, answer in (("kho=on liveupdate=on", "yes"), ("kho=on", "no"),
                             ("liveupdate=on xkho=on", "no"), ("", "no"),
                             # As the kernel reads them, and the last one counts
                             ("kho=1 liveupdate=y", "yes"), ("kho liveupdate=on", "no"),
                             ("kho=T liveupdate=ON", "yes"), ("kho=t liveupdate=Y", "yes"),
                             ("kho=n liveupdate=on", "no"), ("kho=0 liveupdate=on", "no"),
                             ("kho=on liveupdate=o", "no"), ("kho=on liveupdate=OF", "no"),
                             ("kho=on liveupdate=on kho=off", "no"),
                             ("kho=off kho=on liveupdate=on", "yes"),
                             ("kho=on kho=what liveupdate=on", "yes")):
            self.assertEqual(self.ask(line=line)["next.parameters"]["answer"],
                             answer, line)

    def test_bounds(self):
        with open("/proc/cmdline", encoding="ascii") as file:
            now = file.read().strip()
        for more, answer in (("", "yes"), (" mem=400M", "no"), (" memmap=1M$1M", "no"),
                             (" mem=1G mem=2G", "no")):
            found = self.ask(line=f"kho=on liveupdate=on {now}{more}")["next.bounds"]
            self.assertEqual(found["answer"], answer, found)
            self.assertIn(more.split("=")[0].strip(), found["reason"])

    def test_initrd(self):
        early = cpio(code=b"code") + b"\0" * 512
        for content, answer, words in (
                (dracut("262.1-1"), "yes", ""),
                (early + gzip.compress(dracut("261")), "yes", ""),
                (gzip.compress(dracut("257.9-1")), "no", "older than 261"),
                (dracut("252"), "no", "older than 261"),
                (dracut("x"), "unknown", "cannot be seen"),
                # Of initramfs-tools: systemd's library, and a shell first
                (cpio(init=b"#!/bin/sh", **{"usr/lib/libsystemd-shared-257.so": b""}),
                 "yes", ""),
                (dracut("262")[:-40], "no", "damaged"),
                (gzip.compress(dracut("262"))[:-9], "no", "damaged"),
                (cpio(x=b""), "no", "damaged"),
                (b"BZh91AY", "no", "damaged"),
                (b"LZMA" * 100, "unknown", "compressed"),
                (b"", "no", "damaged")):
            path = self.write("initrd", content)
            found = self.ask(f"--initrd={path}")["next.initrd"]
            self.assertEqual(found["answer"], answer, content[:40])
            self.assertIn(words, found["reason"])
        self.assertEqual(self.ask("--initrd=/nowhere")["next.initrd"]["answer"], "no")

    def test_initrd_left_out(self):
        had = False
        if os.path.exists("/sys/kernel/boot_params/data"):
            with open("/sys/kernel/boot_params/data", "rb") as file:
                had = file.read()[0x21c:0x220] != bytes(4)
        self.assertEqual(self.ask()["next.initrd"]["answer"], "no" if had else "yes")
        self.assertEqual(self.ask("--initrd=none")["next.initrd"]["answer"], "yes")

    def test_tools(self):
        for tool in "zstd", "xz":
            packed = subprocess.run([tool, "-c"], input=dracut("257"),
                                    capture_output=True, check=True).stdout
            path = self.write("initrd", packed)
            self.assertIn("older", self.ask(f"--initrd={path}")["next.initrd"]["reason"])

    def test_wrong_usage(self):
        for arguments in ([], ["/etc/passwd"],
                          ["/etc/passwd", "--append=x", "--reuse-cmdline"],
                          ["/etc/passwd", "--append=x", "--json"],
                          ["a", "b", "--append=x"], ["--reboot", "a"],
                          ["--reboot", "--append=x"], ["--reboot", "--initrd=x"],
                          ["--reboot", "--save=relative"]):
            done = subprocess.run([PROGRAM, "update", *arguments], capture_output=True,
                                  text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)

    def test_no_image(self):
        for path in "/etc/passwd", "/nowhere", "/", "/dev/zero":
            done = subprocess.run([PROGRAM, "update", path, "--append=kho=on", "--yes"],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""), path)

    def test_reboot(self):
        done = subprocess.run([PROGRAM, "update", "--reboot", "--dry-run", "--json"],
                              capture_output=True, text=True, check=False)
        self.assertIn(done.returncode, (0, 1, 3))
        ids = {f["id"].split(".")[0] for f in json.loads(done.stdout)["findings"]}
        self.assertLessEqual(ids, {"held", "save"})


if __name__ == "__main__":
    unittest.main()
