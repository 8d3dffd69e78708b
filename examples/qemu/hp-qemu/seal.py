# SPDX-License-Identifier: MIT
"""The seal: what the held memory says about the guest in it.

It lies in the held memory, so it is as old as the memory is. A record is a line
with the length and the SHA-256 of the text behind it. What comes back is untrusted
input.
"""
import hashlib
import json
import mmap
import os

MAGIC = b"hp-qemu seal 1 "
HEAD = 128
SAMPLES = 256
PAGE = 4096


class Damaged(Exception):
    """There is something, and it is not a seal."""


class Seal:
    def __init__(self, path):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self.memory = mmap.mmap(fd, os.fstat(fd).st_size)
        finally:
            os.close(fd)

    def read(self):
        """The record, or None in new memory."""
        head = bytes(self.memory[:HEAD])
        if not head.strip(b"\0"):
            return None
        words = head.rstrip(b"\0").split(b" ")
        try:
            if not head.startswith(MAGIC):
                raise ValueError
            text = bytes(self.memory[HEAD:HEAD + int(words[3])])
            if hashlib.sha256(text).hexdigest().encode() != words[4]:
                raise ValueError
            return json.loads(text)
        except (ValueError, IndexError):
            raise Damaged("the seal in the held memory is damaged") from None

    def write(self, record):
        """The head last: cut off in the middle it is no seal."""
        text = json.dumps(record).encode()
        if HEAD + len(text) > len(self.memory):
            raise Damaged("the region of the seal is too small")
        self.memory[:HEAD] = b"broken".ljust(HEAD, b"\0")
        self.memory[HEAD:HEAD + len(text)] = text
        head = b"%s%d %s" % (MAGIC, len(text),
                             hashlib.sha256(text).hexdigest().encode())
        self.memory[:HEAD] = head.ljust(HEAD, b"\0")


def sample(path, generation):
    """SHA-256 of some pages of the guest's memory: is it still that memory?"""
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        with mmap.mmap(fd, os.fstat(fd).st_size, prot=mmap.PROT_READ) as memory:
            pages = len(memory) // PAGE
            digest = hashlib.sha256(b"%d" % pages)
            for i in range(SAMPLES):
                word = hashlib.sha256(b"%d %d" % (generation, i)).digest()
                at = int.from_bytes(word[:8], "little") % pages * PAGE
                digest.update(memory[at:at + PAGE])
            return digest.hexdigest()
    finally:
        os.close(fd)
