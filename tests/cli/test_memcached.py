#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""memcached, unmodified, with the script of examples/memcached."""
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import tempfile
import time
import unittest

from manager import Manager

PROGRAM = os.environ["HUGEPERSIST"]
EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "../../examples/memcached")
ITEMS = 2000


def setting(name):
    with open(f"{EXAMPLE}/hugepersist.conf", encoding="ascii") as file:
        return re.findall(rf"^{name}=(.+)$", file.read(), re.M)[-1]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Memcached(unittest.TestCase):
    def setUp(self):
        self.manager = Manager(int(setting("FileDescriptorStoreMax")))
        self.addCleanup(self.manager.drop)
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)
        self.state = f"{self.folder}/state"
        os.mkdir(self.state)
        os.chmod(self.state, 0o775)
        os.chown(self.state, -1, pwd.getpwnam("memcache").pw_gid)
        self.port = free_port()
        self.configure("-m 64")

    def configure(self, *options):
        """A configuration as Debian's, with other options."""
        with open(f"{self.folder}/conf", "w", encoding="ascii") as file:
            file.write(f"# Of a test\n-d\nlogfile /var/log/memcached.log\n"
                       f"-p {self.port}\n-u memcache # its user\n-l 127.0.0.1\n" +
                       "\n".join(options) + "\n")

    def command(self, name):
        """As systemd reads the line, but for the place and the configuration."""
        command = shlex.split(setting(name))
        self.assertEqual(os.path.dirname(command[0]), "/usr/local/sbin")
        command[0] = f"{EXAMPLE}/{os.path.basename(command[0])}"
        return command + [f"{self.folder}/conf"]

    def environment(self, **more):
        # Any machine has shmem; the pool is for machines that have one
        values = {"STATE_DIRECTORY": self.state, "PAGE": "shmem",
                  "PATH": f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}"}
        return {**values, **more}

    def check(self, **more):
        return self.manager.run(*self.command("ExecStartPre"), **self.environment(**more))

    def start(self):
        self.assertEqual(self.check(), (0, "", ""))
        process = self.manager.start(*self.command("ExecStart"), **self.environment())
        for _ in range(300):
            try:
                return process, socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                self.assertIsNone(process.poll(), process.poll())
                time.sleep(0.1)
        self.fail("memcached does not answer")

    def ask(self, peer, request, end=b"END\r\n"):
        peer.sendall(request)
        answer = b""
        while not answer.endswith(end):
            more = peer.recv(65536)
            self.assertTrue(more, answer)
            answer += more
        return answer

    def stop(self, process, peer, with_signal):
        peer.close()
        process.send_signal(with_signal)
        process.communicate(timeout=60)

    def count(self, peer):
        return sum(self.ask(peer, b"get k%d\r\n" % i) ==
                   b"VALUE k%d 7 6\r\nv%05d\r\nEND\r\n" % (i, i)
                   for i in range(ITEMS))

    def test_items_come_back(self):
        process, peer = self.start()
        for i in range(ITEMS):
            self.assertEqual(self.ask(peer, b"set k%d 7 0 6\r\nv%05d\r\n" % (i, i),
                                      b"\r\n"), b"STORED\r\n")
        for _ in range(2):
            # Without a pause between: the drop-in waits for the clock
            self.stop(process, peer, signal.SIGUSR1)
            process, peer = self.start()
            self.assertEqual(self.count(peer), ITEMS)
        # Never half of it after a crash
        self.stop(process, peer, signal.SIGKILL)
        process, peer = self.start()
        self.assertEqual(self.count(peer), 0)
        # Nor items of zeros, if the memory is gone and the description is not
        self.stop(process, peer, signal.SIGUSR1)
        self.assertTrue(os.path.exists(f"{self.state}/items.meta"))
        self.manager.drop()
        process, peer = self.start()
        self.assertEqual(self.ask(peer, b"get k1\r\n"), b"END\r\n")
        self.stop(process, peer, signal.SIGKILL)

    def refused(self, words, **more):
        before = sorted(os.listdir(self.state))
        status, out, err = self.check(**more)
        self.assertEqual((status, out), (2, ""), err)
        self.assertIn(words, err)
        self.assertEqual(sorted(os.listdir(self.state)), before)

    def test_sizes_that_memcached_cannot_have_are_refused(self):
        for option, words in (
                ("-m 63", "-m 63 is too small for memcached on its own memory: write -m 64"),
                ("-m65", "no multiple of the page size: write -m 66"),
                ("--memory-limit=1g", "-m 1g: this must be a number of MiB"),
                ("--memory-limit 0", "-m 0: this must be a number of MiB"),
                ("-m -64", "-m -64: this must be a number of MiB"),
                ("-m 128 -m 63", "write -m 64")):
            with self.subTest(option):
                self.configure(option)
                self.refused(words)
        for option, words in (("-m 64", "is too small"), ("-m 1536", "write -m 2048")):
            with self.subTest(option, page="1G"):
                self.configure(option)
                self.refused(words, PAGE="1G")
        # The real program needs most with the most classes of items
        for size, runs in (("-m 62", False), ("-m 64", True)):
            with self.subTest(size):
                self.configure(size, "-f 1.01", "-n 8")
                process, peer = self.try_start()
                self.assertEqual(peer is not None, runs)
                if peer:
                    self.stop(process, peer, signal.SIGKILL)
                self.manager.drop()

    def try_start(self):
        """Without the check: None for the peer if memcached ends."""
        process = self.manager.start(*self.command("ExecStart"), **self.environment())
        for _ in range(300):
            try:
                return process, socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                if process.poll() is not None:
                    process.communicate()
                    return process, None
                time.sleep(0.1)
        self.fail("memcached neither answers nor ends")

    def test_a_directory_that_memcached_cannot_write_is_refused(self):
        words = f"memcache cannot write in {self.state}, so memcached would lose all items"
        os.chmod(self.state, 0o755)
        self.refused(words)
        os.chmod(self.state, 0o775)
        os.chown(self.state, -1, 0)
        self.refused(words)
        self.refused("no directory STATE_DIRECTORY", STATE_DIRECTORY="")
        self.refused("no directory STATE_DIRECTORY", STATE_DIRECTORY=f"{self.state}/none")

    def test_options_that_lose_items_are_refused(self):
        for option, words in (("-e /tmp/items", "leave -e out"),
                              ("--memory-file=/tmp/items", "leave --memory-file=/tmp/items out"),
                              ("-o modern,ext_path=/tmp/ext:64m", "leave ext_path out"),
                              ("-u nobody-of-that-name", "there is no such user")):
            with self.subTest(option):
                self.configure("-m 64", option)
                self.refused(words)

    def test_the_clock_must_pass_the_stop(self):
        meta = f"{self.state}/items.meta"
        for seconds, shortest, longest, words in ((-1, 0, 2, ""), (3, 3, 6, ""),
                                                  (1000, 9, 20, "s behind the last stop")):
            with self.subTest(seconds):
                with open(meta, "w", encoding="ascii") as file:
                    file.write(f"Kmaxbytes 67108864\nKstop_time {int(time.time()) + seconds}\n")
                began = time.monotonic()
                status, _, err = self.check()
                took = time.monotonic() - began
                self.assertEqual(status, 0)
                self.assertIn(words, err)
                self.assertTrue(words or not err, err)
                self.assertTrue(shortest <= took <= longest, took)

    def test_another_size_is_refused_and_changes_nothing(self):
        process, peer = self.start()
        self.assertEqual(self.ask(peer, b"set k 0 0 1\r\nv\r\n", b"\r\n"), b"STORED\r\n")
        self.stop(process, peer, signal.SIGUSR1)
        self.configure("-m 80")
        status, _, err = self.manager.run(*self.command("ExecStart"), **self.environment())
        self.assertEqual(status, 2, err)
        self.assertIn("hugepersist drop", err)
        self.configure("-m 64")
        process, peer = self.start()
        self.assertEqual(self.ask(peer, b"get k\r\n"), b"VALUE k 0 1\r\nv\r\nEND\r\n")
        self.stop(process, peer, signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
