# SPDX-License-Identifier: MIT
"""The same as a service: hugepersist run gives the memory, a manager's store holds it."""
import os
import shutil
import signal
import sys
import time
import unittest

import test_qemu
from manager import Failed, Manager

PROGRAM = os.environ["HUGEPERSIST"]


class Service(test_qemu.Guest):
    """The manager is in the place of systemd, and the memory is shmem."""

    def setUp(self):
        super().setUp()
        self.m = Manager(
            [PROGRAM, "run", "vm-test", "--region", "ram=64M,shmem", "--region",
             "seal=2M,shmem", "--state", self.state, "--", sys.executable, "-B",
             test_qemu.WRAPPER, "run", "--ram=@ram@", "--seal=@seal@",
             "--state=" + self.state, "--", test_qemu.QEMU] + self.options(),
            start_timeout=60)
        self.addCleanup(self.m.close)

    def counts_on(self):
        before = len(self.counts())
        end = time.monotonic() + 60
        while len(self.counts()) < before + 5:
            self.assertIsNone(self.m.reap(), self.m.log())
            self.assertLess(time.monotonic(), end, self.m.log())
            time.sleep(0.05)

    def stop(self):
        self.m.signal(signal.SIGTERM)
        self.assertEqual(self.m.wait(60), 0, self.m.log())
        self.assertIn("the guest is saved", self.m.log())

    def start(self):
        self.m.start()
        self.counts_on()

    def test_restarts_and_a_kexec(self):
        self.start()
        names = self.m.names()
        # The manifest, the memory and the seal
        self.assertEqual(len(names), 3)
        for kexec in False, True, False, True:
            self.stop()
            if kexec:
                self.m.kexec()
            self.start()
            self.assertEqual(self.m.names(), names)
        self.check_one_life()
        self.stop()

    def test_killed(self):
        self.start()
        self.m.kill()
        with self.assertRaises(Failed):
            self.m.start()
        self.assertEqual(self.m.status, 2)
        self.assertIn("the guest was not saved", self.m.log())

    def test_memory_is_lost(self):
        self.start()
        self.stop()
        self.m.drop(lambda name: name.count(".") == 4)
        with self.assertRaises(Failed):
            self.m.start()
        self.assertIn("memory is lost", self.m.log())


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2)
