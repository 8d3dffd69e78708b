# SPDX-License-Identifier: MIT
"""One guest: QEMU as a child, its state to a file and back."""
import ctypes
import hashlib
import os
import signal
import socket
import subprocess
import time

import qmp

LOAD_TIMEOUT = 60
SAVE_TIMEOUT = 60


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def end_with_parent():
    """Two QEMUs on one memory must not be: without hp-qemu there is none."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Guest:
    def __init__(self, command, ram):
        self.command = command
        self.ram = ram
        self.process = None
        self.qmp = None
        self.version = None

    # -- QEMU -----------------------------------------------------------------

    def memory(self):
        size = os.stat(self.ram).st_size
        # A comma in a value is written twice
        path = self.ram.replace(",", ",,")
        return ["-m", "size=%dk" % (size >> 10), "-object",
                "memory-backend-file,id=hp-ram,size=%d,mem-path=%s,share=on,"
                "prealloc=on" % (size, path)]

    def start(self, goes_on):
        """QEMU, with the guest at a standstill."""
        ours, theirs = socket.socketpair()
        args = list(self.command)
        at = next(i for i, a in enumerate(args) if a.lstrip("-") in ("machine", "M"))
        args[at + 1] += ",memory-backend=hp-ram"
        args += self.memory()
        args += ["-S", "-only-migratable",
                 "-chardev", "socket,id=hp-qmp,fd=%d" % theirs.fileno(),
                 "-qmp", "chardev:hp-qmp"]
        if goes_on:
            args += ["-incoming", "defer"]
        os.set_inheritable(theirs.fileno(), True)
        # The memory is a descriptor that it must inherit, so all are left open
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL,
                                        close_fds=False, start_new_session=True,
                                        preexec_fn=end_with_parent)
        theirs.close()
        self.qmp = qmp.Qmp(ours)
        self.version = self.qmp.greet(60)
        self.qmp.call("migrate-set-capabilities", capabilities=[
            {"capability": "x-ignore-shared", "state": True}])

    def end(self):
        """Whatever QEMU does; its exit status."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        return self.process.wait() if self.process else None

    def quit(self):
        """When it has nothing to do any more."""
        try:
            self.qmp.call("quit")
            self.process.wait(30)
        except (qmp.Failed, subprocess.TimeoutExpired):
            pass
        self.end()

    def nodes(self):
        return self.qmp.call("query-named-block-nodes")

    def run(self):
        self.qmp.call("cont")

    def pause(self):
        self.qmp.call("stop")

    # -- Its state ------------------------------------------------------------

    def wait_for_migration(self, timeout):
        end = time.monotonic() + timeout
        while True:
            info = self.qmp.call("query-migrate")
            if info.get("status") == "completed":
                return
            if info.get("status") in ("failed", "cancelled"):
                raise qmp.Failed(info.get("error-desc", "QEMU gave up"))
            if time.monotonic() > end:
                raise qmp.Failed("the state did not move for %d seconds" % timeout)
            time.sleep(0.02)

    def save(self, path):
        """The state of the devices to a file, on the disk; its SHA-256."""
        end_here, end_there = os.pipe()
        try:
            self.qmp.call("getfd", fd=end_there, fdname="hp-state")
        finally:
            os.close(end_there)
        digest = hashlib.sha256()
        with open(end_here, "rb") as state, open(path, "wb") as file:
            self.qmp.call("migrate", uri="fd:hp-state")
            while True:
                piece = state.read(1 << 16)
                if not piece:
                    break
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        self.wait_for_migration(SAVE_TIMEOUT)
        return digest.hexdigest()

    def load(self, state):
        """The bytes that were checked, not a file that could change meanwhile."""
        end_there, end_here = os.pipe()
        try:
            self.qmp.call("getfd", fd=end_there, fdname="hp-state")
        finally:
            os.close(end_there)
        try:
            with open(end_here, "wb") as pipe:
                self.qmp.call("migrate-incoming", uri="fd:hp-state")
                pipe.write(state)
        except BrokenPipeError:
            pass
        end = time.monotonic() + LOAD_TIMEOUT
        while self.qmp.call("query-status")["status"] == "inmigrate":
            info = self.qmp.call("query-migrate")
            if info.get("status") == "failed":
                raise qmp.Failed(info.get("error-desc", "QEMU cannot load the state"))
            if time.monotonic() > end:
                raise qmp.Failed("the state was not loaded in %d seconds"
                                 % LOAD_TIMEOUT)
            time.sleep(0.02)
